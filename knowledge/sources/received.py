# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""A file as it was received: a table of a connection, each row with its line."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from knowledge.sources.issues import RowIssue
from knowledge.sources.sql import literal, quoted
from knowledge.sources.survey import SourceFileError

LINE = "_line"
DOCUMENT = "document"


class ReadOptions(NamedTuple):
    """Say how text is laid out where that can't be seen from the file.

    Attributes:
        delimiter: Of CSV; found in the header where None.
        encoding: Of text; UTF-8 where None.
    """

    delimiter: str | None = None
    encoding: str | None = None


@dataclass
class SourceTable:
    """Describe a file that was read into a table of a DuckDB connection.

    Attributes:
        name: The table: ``_line`` and the columns as received (one JSON ``document`` a row for
            JSON lines).
        path: The file.
        columns: Columns that the file has; keys that occur, for JSON lines.
        issues: Rows that could not be kept.
        rows: Rows kept.
        is_json: Whether columns are reached through the document.
    """

    name: str
    path: Path
    columns: list[str]
    issues: list[RowIssue]
    rows: int = 0
    is_json: bool = False

    def check(self, wanted: Sequence[str]) -> None:
        """Refuse a file that lacks a column which the mapping reads.

        Raises:
            SourceFileError: Names the file, the column and what was probably meant.
        """
        for column in wanted:
            name = column.split(".")[0] if self.is_json else column
            if name not in self.columns:
                near = get_close_matches(column, self.columns, n=1, cutoff=0.6)
                there = ", ".join(self.columns[:20])
                hint = f"did you mean '{near[0]}'?" if near else f"it has {there}."
                raise SourceFileError(
                    f"{self.path.name} has no column '{column}', which the mapping reads; {hint}"
                )

    def text(self, wanted: Sequence[str]) -> str:
        """Write the SQL that gives ``_line`` and the wanted columns, all as text."""
        if not self.is_json:
            parts = [f"CAST({quoted(c)} AS VARCHAR) AS {quoted(c)}" for c in wanted]
            return f"SELECT {', '.join([LINE, *parts])} FROM {quoted(self.name)}"
        # All paths at once, so that each document is parsed once.
        paths = ", ".join(literal(json_path(column)) for column in wanted)
        parts = [f"held[{place}] AS {quoted(c)}" for place, c in enumerate(wanted, start=1)]
        return (
            f"SELECT {', '.join([LINE, *parts])} FROM "
            f"(SELECT {LINE}, json_extract_string({DOCUMENT}, [{paths}]) AS held "
            f"FROM {quoted(self.name)}) d"
        )


def json_path(column: str) -> str:
    """Write the JSON path of a column name, whose dots reach inside."""
    return "$" + "".join(f'."{part}"' for part in column.split("."))
