# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""Read a file of JSON lines into a table of documents."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from knowledge.sources.batches import NOT_JSON, exact_batches, fill, is_plain, plain_batches
from knowledge.sources.csv_rows import WRONG_ENCODING, decoded_lines
from knowledge.sources.issues import RowIssue
from knowledge.sources.received import DOCUMENT, LINE, ReadOptions, SourceTable
from knowledge.sources.sql import quoted
from knowledge.sources.survey import Survey

UNIT_SEPARATOR = "\x1f"  # never inside JSON text, so a line read with it as delimiter stays whole


def read_json_lines(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    path: Path,
    found: Survey,
    options: ReadOptions,
) -> SourceTable:
    """Read a file of JSON lines; lines that are no JSON object are reported, the others kept."""
    issues: list[RowIssue] = []
    if is_plain(found, options):
        batches = plain_batches(path, [DOCUMENT], UNIT_SEPARATOR, issues, header=False)
    else:
        batches = exact_batches(_json_rows(path, options.encoding, issues), [DOCUMENT])
    fill(connection, name, [DOCUMENT], batches)
    table = quoted(name)
    bad = f"NOT coalesce(json_valid({DOCUMENT}), false) OR json_type({DOCUMENT}) <> 'OBJECT'"
    rows = connection.execute(f"SELECT {LINE}, {DOCUMENT} FROM {table} WHERE {bad}").fetchall()
    if rows:
        issues += [RowIssue(line, NOT_JSON, value or "") for line, value in rows]
        issues.sort()
        connection.execute(f"DELETE FROM {table} WHERE {bad}")
    keys = connection.execute(
        f"SELECT DISTINCT unnest(json_keys({DOCUMENT})) AS k FROM {table} ORDER BY k"
    ).fetchall()
    return SourceTable(name, path, [key for (key,) in keys], issues, is_json=True)


def _json_rows(
    path: Path, encoding: str | None, issues: list[RowIssue]
) -> Iterator[tuple[int, list[str]]]:
    for number, text, raw in decoded_lines(path, encoding):
        if text is None:
            issues.append(RowIssue(number, WRONG_ENCODING, raw.decode("latin-1")))
        elif text.strip():
            yield number, [text]
