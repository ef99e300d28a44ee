"""What the funnel needs of a warehouse version."""

from typing import Any

from knowledge.errors import BadInputError
from knowledge.warehouse.reads import ReadsWarehouse

NO_VALUE = "(none)"  # how a missing segment value is written


def check_segments(data: ReadsWarehouse, by: tuple[str, ...]) -> None:
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
