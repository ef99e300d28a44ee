# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""Read CSV, JSON lines and Parquet files exactly as received, each row with its line."""

from pathlib import Path

import duckdb

from knowledge.sources.csv_files import read_csv
from knowledge.sources.csv_rows import decoded_lines
from knowledge.sources.json_lines import read_json_lines
from knowledge.sources.received import LINE, ReadOptions, SourceTable
from knowledge.sources.sql import columns_of, count, literal, quoted
from knowledge.sources.survey import SourceFileError, Survey, survey

# A few bad lines are reported; a file with more is in another encoding as a whole.
BAD_LINES, BAD_SHARE = 10, 0.01

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".parquet")


def read_file(
    connection: duckdb.DuckDBPyConnection, name: str, path: Path, options: ReadOptions
) -> SourceTable:
    """Read one file into a new table of a connection.

    Args:
        connection: Where the table is made.
        name: Name of the new table.
        path: ``.csv``, ``.tsv``, ``.jsonl``, ``.ndjson`` (all also ``.gz``) or ``.parquet``.
        options: Delimiter and encoding.

    Raises:
        SourceFileError: The file as a whole can't be read; one sentence with the remedy.
    """
    if path.suffix == ".parquet":
        table = _read_parquet(connection, name, path)
    else:
        found = survey(path)
        _check_text(path, found, options.encoding)
        is_json = path.name.removesuffix(".gz").endswith((".jsonl", ".ndjson"))
        read = read_json_lines if is_json else read_csv
        table = read(connection, name, path, found, options)
    table.rows = count(connection, f"SELECT count(*) FROM {quoted(name)}")
    if table.rows + len(table.issues) == 0:
        raise SourceFileError(
            f"{path.name} has no rows; export it again or take it out of the mapping."
        )
    return table


def _check_text(path: Path, found: Survey, encoding: str | None) -> None:
    if found.size == 0:
        raise SourceFileError(
            f"{path.name} is empty; export it again or take it out of the mapping."
        )
    if encoding is not None:
        return
    if found.utf16 or found.nul:
        raise SourceFileError(
            f"{path.name} is not UTF-8 text (it looks like UTF-16 or a binary file); save it as "
            "UTF-8, or name its `encoding:` in the mapping."
        )
    if found.utf8:
        return
    total = bad = 0
    for _, text, _ in decoded_lines(path, None):
        total += 1
        bad += text is None
    if bad >= max(total - 1, 1) or (bad > BAD_LINES and bad > BAD_SHARE * total):
        raise SourceFileError(
            f"{path.name} is not UTF-8 text ({bad} of {total} lines can't be decoded); save it as "
            "UTF-8, or name its `encoding:` (such as latin-1) in the mapping."
        )


def _read_parquet(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> SourceTable:
    try:
        connection.execute(
            f"CREATE TABLE {quoted(name)} AS SELECT file_row_number + 1 AS {LINE}, "
            "* EXCLUDE (file_row_number) "
            f"FROM read_parquet({literal(str(path))}, file_row_number = true)"
        )
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise SourceFileError(
            f"{path.name} can't be read as Parquet ({reason}); export it again."
        ) from None
    return SourceTable(name, path, columns_of(connection, quoted(name))[1:], [])
