"""What a reader could not read."""

from typing import NamedTuple

SHOWN = 200


class RowIssue(NamedTuple):
    """Report one row of a source file that could not be kept.

    Attributes:
        line: Line in the file, counted from 1.
        reason: Why, in plain words.
        value: The row or value as received, cut to what helps to find it.
    """

    line: int
    reason: str
    value: str
