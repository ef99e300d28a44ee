"""What reading a warehouse version takes, so that engines run on frames in memory as well."""

from datetime import datetime
from typing import Any, Protocol

import narwhals as nw

from knowledge.warehouse.stages import StageMap


class ReadsWarehouse(Protocol):
    """Offer tables, stages and the date that the data speaks for.

    ``knowledge.warehouse.versions.Snapshot`` is one; frames in memory do as well.
    """

    @property
    def version(self) -> int:
        """Number the warehouse version."""

    @property
    def as_of(self) -> datetime:
        """Date the newest event (UTC, no zone)."""

    @property
    def stage_map(self) -> StageMap:
        """Order the stages."""

    @property
    def segments(self) -> tuple[str, ...]:
        """Name the segment columns of the journeys."""

    def table(self, name: str) -> nw.LazyFrame[Any]:
        """Open a canonical or mart table."""

    def names(self) -> tuple[str, ...]:
        """Name the tables that exist."""
