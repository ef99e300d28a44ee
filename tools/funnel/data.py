"""What the funnel needs of a warehouse version."""

from datetime import datetime
from typing import Any, Protocol

import narwhals as nw

from knowledge.errors import BadInputError
from knowledge.warehouse.stages import StageMap

NO_VALUE = "(none)"  # how a missing segment value is written


class FunnelData(Protocol):
    """Offer journeys, stages and the date that the data speaks for.

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


def check_segments(data: FunnelData, by: tuple[str, ...]) -> None:
    """Refuse segment columns that the journeys lack.

    Raises:
        BadInputError: The sentence lists the columns that exist.
    """
    for column in by:
        if column not in data.segments:
            known = ", ".join(data.segments) or "none: name some in the mapping file"
            raise BadInputError(f"There is no segment {column!r}; choose from: {known}.")


def read_segment(text: str) -> dict[str, Any]:
    """Read ``column=value``; ``(none)`` stands for leads without a value.

    Raises:
        BadInputError: There is no equals sign, or nothing on one side of it.
    """
    column, mark, value = (part.strip() for part in text.partition("="))
    if not (column and mark and value):
        raise BadInputError(f"{text!r} names no segment; write column=value, such as region=EMEA.")
    return {column: None if value == NO_VALUE else value}


def same_value(found: Any, wanted: Any) -> bool:
    """Compare segment values as people write them: case does not matter."""
    if found is None or wanted is None:
        return found is wanted
    return str(found).casefold() == str(wanted).casefold()
