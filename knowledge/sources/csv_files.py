"""Read a CSV file into a table: in compiled code where a line is a row, else row by row."""

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from knowledge.sources.batches import exact_batches, fill, is_plain, plain_batches
from knowledge.sources.csv_rows import Layout, decoded_lines, read_rows, split_line
from knowledge.sources.received import ReadOptions, SourceTable
from knowledge.sources.survey import SourceFileError, Survey

if TYPE_CHECKING:
    from knowledge.sources.issues import RowIssue

DELIMITERS = (",", ";", "\t", "|")
STAMPS = {"_line", "_file", "_load_id", "_id"}


def read_csv(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    path: Path,
    found: Survey,
    options: ReadOptions,
) -> SourceTable:
    """Read a CSV file; rows that are not whole are reported, the others kept."""
    _, first, _ = next(decoded_lines(path, options.encoding))
    if first is None:
        raise SourceFileError(f"The header of {path.name} is not UTF-8 text; save it as UTF-8.")
    separator = options.delimiter or max(DELIMITERS, key=first.count)
    columns = _header(path, first, separator)
    issues: list[RowIssue] = []
    # Without quotes and oddities a line is a row, and compiled code reads it to the same result.
    if is_plain(found, options) and not found.quotes and len(columns) > 1:
        batches = plain_batches(path, columns, separator, issues)
    else:
        layout = Layout(separator, len(columns), options.encoding)
        batches = exact_batches(read_rows(path, layout, issues), columns)
    fill(connection, name, columns, batches)
    return SourceTable(name, path, columns, issues)


def _header(path: Path, first: str, delimiter: str) -> list[str]:
    fields = split_line(first, delimiter)
    if fields is None or not any(part.strip() for part in fields):
        raise SourceFileError(
            f"The first line of {path.name} is no header; it must name the columns."
        )
    names = [part.strip() or f"unnamed_{place}" for place, part in enumerate(fields, start=1)]
    seen: set[str] = set()
    for column in names:
        if column.lower() in seen:
            raise SourceFileError(
                f"The header of {path.name} has the column '{column}' twice; rename one of them."
            )
        if column.lower() in STAMPS:
            raise SourceFileError(
                f"The header of {path.name} has a column '{column}', a name that the warehouse "
                "uses itself; rename it."
            )
        seen.add(column.lower())
    return names
