"""A warehouse version as it would have been on an earlier day, without what came after."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import narwhals as nw

from knowledge.warehouse.reads import ReadsWarehouse
from knowledge.warehouse.stages import StageMap

# When each event table says that something happened.
HAPPENED = {"touch": "at", "stage_change": "at", "assignment": "at"}
TIMES = ("first_", "last_")
# What the mart sums up to its own day, and can't be told for an earlier one.
SUMMED = ("touches", "handoffs", "recycles", "is_open", "value")


@dataclass(frozen=True)
class Past:
    """Read a warehouse version as of an earlier time.

    Attributes:
        now: The version.
        as_of: The earlier time, naive UTC.
    """

    now: ReadsWarehouse
    as_of: datetime

    @property
    def version(self) -> int:
        """Number the warehouse version."""
        return self.now.version

    @property
    def stage_map(self) -> StageMap:
        """Order the stages."""
        return self.now.stage_map

    @property
    def segments(self) -> tuple[str, ...]:
        """Name the segment columns."""
        return self.now.segments

    def names(self) -> tuple[str, ...]:
        """Name the tables that can be told for an earlier time."""
        return ("journeys", "identity", *HAPPENED)

    def table(self, name: str) -> nw.LazyFrame[Any]:
        """Open a table without later rows, and without later values in the journeys."""
        frame = self.now.table(name)
        if name in HAPPENED:
            return frame.filter(nw.col(HAPPENED[name]) <= self.as_of)
        return self._journeys(frame) if name == "journeys" else frame

    def _journeys(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        names = frame.collect_schema().names()
        times = [name for name in names if name.startswith(TIMES)]
        # A lead that moved since stood somewhere else; which exit it may have come from is lost.
        stage = nw.when(nw.col("current_since") <= self.as_of).then(nw.col("current_stage"))
        return (
            frame.filter(nw.col("created_at") <= self.as_of)
            .with_columns(
                *(
                    nw.when(nw.col(name) <= self.as_of).then(nw.col(name)).alias(name)
                    for name in times
                ),
                current_stage=stage.otherwise(nw.lit(self.stage_map.stages[0])),
            )
            .select(*(name for name in names if name not in SUMMED))
        )
