# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""Read CSV, JSON lines and Parquet files exactly as received, each row with its line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
from pyarrow import csv as arrow_csv

from knowledge.sources.csv_rows import WRONG_ENCODING, Layout, decoded_lines, read_rows, split_line
from knowledge.sources.issues import RowIssue
from knowledge.sources.sql import columns_of, count, literal, quoted
from knowledge.sources.survey import SourceFileError, Survey, survey

LINE = "_line"
NOT_JSON = "not a JSON object"
DOCUMENT = "document"
DELIMITERS = (",", ";", "\t", "|")
BATCH_ROWS = 20_000
BLOCK_BYTES = 16 << 20
UNIT_SEPARATOR = "\x1f"  # never inside JSON text, so a line read with it as delimiter stays whole
# A few bad lines are reported; a file with more is in another encoding as a whole.
BAD_LINES, BAD_SHARE = 10, 0.01

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".parquet")


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
        paths = ", ".join(literal(_json_path(column)) for column in wanted)
        parts = [f"held[{place}] AS {quoted(c)}" for place, c in enumerate(wanted, start=1)]
        return (
            f"SELECT {', '.join([LINE, *parts])} FROM "
            f"(SELECT {LINE}, json_extract_string({DOCUMENT}, [{paths}]) AS held "
            f"FROM {quoted(self.name)}) d"
        )


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
        read = _read_json_lines if is_json else _read_csv
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


def _read_csv(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    path: Path,
    found: Survey,
    options: ReadOptions,
) -> SourceTable:
    _, first, _ = next(decoded_lines(path, options.encoding))
    if first is None:
        raise SourceFileError(f"The header of {path.name} is not UTF-8 text; save it as UTF-8.")
    separator = options.delimiter or max(DELIMITERS, key=first.count)
    columns = _header(path, first, separator)
    issues: list[RowIssue] = []
    # Without quotes and oddities a line is a row, and compiled code reads it to the same result.
    if _is_plain(found, options) and not found.quotes and len(columns) > 1:
        batches = _plain_batches(path, columns, separator, issues)
    else:
        layout = Layout(separator, len(columns), options.encoding)
        batches = _exact_batches(read_rows(path, layout, issues), columns)
    _fill(connection, name, columns, batches)
    return SourceTable(name, path, columns, issues)


def _is_plain(found: Survey, options: ReadOptions) -> bool:
    odd = found.blank_lines or found.lone_returns or not found.utf8
    return options.encoding is None and not odd


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
        if column.startswith("_") and column.lower() in {"_line", "_file", "_load_id", "_id"}:
            raise SourceFileError(
                f"The header of {path.name} has a column '{column}', a name that the warehouse "
                "uses itself; rename it."
            )
        seen.add(column.lower())
    return names


def _schema(columns: Sequence[str]) -> pa.Schema:
    return pa.schema([(LINE, pa.int64()), *((column, pa.string()) for column in columns)])


def _plain_batches(
    path: Path,
    columns: Sequence[str],
    delimiter: str,
    issues: list[RowIssue],
    *,
    header: bool = True,
) -> Iterator[pa.RecordBatch]:
    """Yield batches of a file without quotes, where a line is a row, in compiled code."""

    def report(row: Any) -> str:
        reason = (
            NOT_JSON
            if not header
            else f"wrong number of fields: {row.actual_columns} instead of {row.expected_columns}"
        )
        issues.append(RowIssue(row.number, reason, row.text))
        return "skip"

    reader = arrow_csv.open_csv(
        path,
        arrow_csv.ReadOptions(
            use_threads=False,
            block_size=BLOCK_BYTES,
            column_names=list(columns),
            skip_rows=int(header),
        ),
        arrow_csv.ParseOptions(
            delimiter=delimiter,
            quote_char=False,
            double_quote=False,
            ignore_empty_lines=False,
            invalid_row_handler=report,
        ),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        ),
    )
    following, reported = 1 + int(header), 0
    for batch in reader:
        # Rows that were skipped took a line each, so the lines of the others follow from theirs.
        skipped = [issue.line for issue in issues[reported:]]
        lines: list[int] = []
        total = batch.num_rows
        start = following
        for line in skipped:
            step = min(line - start, total - len(lines))
            lines.extend(range(start, start + step))
            if len(lines) >= total:
                break
            start = line + 1
            reported += 1
        rest = total - len(lines)
        lines.extend(range(start, start + rest))
        following = start + rest
        yield pa.RecordBatch.from_arrays(
            [pa.array(lines, pa.int64()), *batch.columns], schema=_schema(columns)
        )


def _exact_batches(
    rows: Iterator[tuple[int, list[str]]], columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    schema = _schema(columns)
    while chunk := list(islice(rows, BATCH_ROWS)):
        lines = pa.array([line for line, _ in chunk], pa.int64())
        fields = zip(*(fields for _, fields in chunk), strict=True)
        texts = [pa.array([part or None for part in column], pa.string()) for column in fields]
        yield pa.RecordBatch.from_arrays([lines, *texts], schema=schema)


def _fill(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[str],
    batches: Iterator[pa.RecordBatch],
) -> None:
    reader = pa.RecordBatchReader.from_batches(_schema(columns), batches)
    connection.register("incoming", reader)
    connection.execute(f"CREATE TABLE {quoted(name)} AS SELECT * FROM incoming")
    connection.unregister("incoming")


def _read_json_lines(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    path: Path,
    found: Survey,
    options: ReadOptions,
) -> SourceTable:
    issues: list[RowIssue] = []
    if _is_plain(found, options):
        batches = _plain_batches(path, [DOCUMENT], UNIT_SEPARATOR, issues, header=False)
    else:
        batches = _exact_batches(_json_rows(path, options.encoding, issues), [DOCUMENT])
    _fill(connection, name, [DOCUMENT], batches)
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


def _json_path(column: str) -> str:
    return "$" + "".join(f'."{part}"' for part in column.split("."))


def _json_rows(
    path: Path, encoding: str | None, issues: list[RowIssue]
) -> Iterator[tuple[int, list[str]]]:
    for number, text, raw in decoded_lines(path, encoding):
        if text is None:
            issues.append(RowIssue(number, WRONG_ENCODING, raw.decode("latin-1")))
        elif text.strip():
            yield number, [text]


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
