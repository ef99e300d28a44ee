"""Read CSV, JSON lines and Parquet files exactly as received, each row with its line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import csv as arrow_csv

from knowledge.sources.csv_rows import WRONG_ENCODING, decoded_lines, read_rows, split_line
from knowledge.sources.issues import RowIssue
from knowledge.sources.sql import columns_of, count, literal, only_row, quoted
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


@dataclass
class SourceTable:
    """Describe a file that was read into a table of a DuckDB connection.

    Attributes:
        name: The table: ``_line`` and the columns as received (one JSON ``document`` a row for
            JSON lines).
        text: SQL that gives ``_line`` and the wanted columns, all as text.
        rows: Rows kept.
        issues: Rows that could not be kept.
    """

    name: str
    text: str
    rows: int
    issues: list[RowIssue] = field(default_factory=list)


def read_file(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    path: Path,
    wanted: Sequence[str],
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> SourceTable:
    """Read one file into a new table of a connection.

    Args:
        connection: Where the table is made.
        name: Name of the new table.
        path: ``.csv``, ``.tsv``, ``.jsonl``, ``.ndjson`` (all also ``.gz``) or ``.parquet``.
        wanted: Source columns that must be there; in JSON lines a dotted name reaches inside.
        delimiter: Of CSV; found in the header where None.
        encoding: Of text; UTF-8 where None.

    Raises:
        SourceFileError: The file as a whole can't be read; one sentence with the remedy.
    """
    if path.suffix == ".parquet":
        return _read_parquet(connection, name, path, wanted)
    found = survey(path)
    _check_text(path, found, encoding)
    if path.name.removesuffix(".gz").endswith((".jsonl", ".ndjson")):
        return _read_json_lines(connection, name, path, wanted, found, encoding)
    return _read_csv(connection, name, path, wanted, found, delimiter, encoding)


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
    wanted: Sequence[str],
    found: Survey,
    delimiter: str | None,
    encoding: str | None,
) -> SourceTable:
    _, first, _ = next(decoded_lines(path, encoding))
    if first is None:
        raise SourceFileError(f"The header of {path.name} is not UTF-8 text; save it as UTF-8.")
    separator = delimiter or max(DELIMITERS, key=first.count)
    columns = _header(path, first, separator)
    _check_wanted(path, columns, wanted)
    issues: list[RowIssue] = []
    plain = found.utf8 and not (found.quotes or found.blank_lines or found.lone_returns)
    if plain and encoding is None and len(columns) > 1:
        batches = _plain_batches(path, columns, separator, issues)
    else:
        rows = read_rows(
            path, delimiter=separator, width=len(columns), encoding=encoding, issues=issues
        )
        batches = _exact_batches(rows, columns)
    _fill(connection, name, columns, batches)
    text = f"SELECT {', '.join(map(quoted, (LINE, *wanted)))} FROM {quoted(name)}"
    return _counted(connection, path, SourceTable(name, text, 0, issues))


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


def _check_wanted(path: Path, columns: Sequence[str], wanted: Sequence[str]) -> None:
    for column in wanted:
        if column not in columns:
            near = get_close_matches(column, columns, n=1, cutoff=0.6)
            hint = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(columns[:20])}."
            raise SourceFileError(
                f"{path.name} has no column '{column}', which the mapping reads; {hint}"
            )


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


def _counted(connection: duckdb.DuckDBPyConnection, path: Path, table: SourceTable) -> SourceTable:
    table.rows = count(connection, f"SELECT count(*) FROM {quoted(table.name)}")
    if table.rows + len(table.issues) == 0:
        raise SourceFileError(
            f"{path.name} has no rows; export it again or take it out of the mapping."
        )
    return table


def _read_json_lines(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    path: Path,
    wanted: Sequence[str],
    found: Survey,
    encoding: str | None,
) -> SourceTable:
    issues: list[RowIssue] = []
    rows = _json_rows(path, encoding, issues)
    if found.utf8 and not found.lone_returns and not found.blank_lines and encoding is None:
        batches = _plain_batches(path, [DOCUMENT], UNIT_SEPARATOR, issues, header=False)
    else:
        batches = _exact_batches(rows, [DOCUMENT])
    _fill(connection, name, [DOCUMENT], batches)
    table = quoted(name)
    bad = f"json_valid({DOCUMENT}) IS NOT TRUE OR json_type({DOCUMENT}) IS DISTINCT FROM 'OBJECT'"
    for line, value in connection.execute(
        f"SELECT {LINE}, {DOCUMENT} FROM {table} WHERE {bad} ORDER BY {LINE}"
    ).fetchall():
        issues.append(RowIssue(line, NOT_JSON, value or ""))
    connection.execute(f"DELETE FROM {table} WHERE {bad}")
    issues.sort()
    paths = {column: _json_path(column) for column in wanted}
    if paths:
        present = only_row(
            connection,
            "SELECT "
            + ", ".join(
                f"coalesce(bool_or(json_exists({DOCUMENT}, {literal(path)})), false)"
                for path in paths.values()
            )
            + f" FROM {table}",
        )
        keys = [
            row[0]
            for row in connection.execute(
                f"SELECT DISTINCT unnest(json_keys({DOCUMENT})) FROM {table} LIMIT 100"
            ).fetchall()
        ]
        lacking = [c for c, there in zip(paths, present, strict=True) if not there]
        if lacking and len(keys) > 0:
            _check_wanted(path, sorted(keys), lacking[:1])
    parts = [
        f"json_extract_string({DOCUMENT}, {literal(where)}) AS {quoted(column)}"
        for column, where in paths.items()
    ]
    text = f"SELECT {', '.join([LINE, *parts])} FROM {table}"
    return _counted(connection, path, SourceTable(name, text, 0, issues))


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


def _read_parquet(
    connection: duckdb.DuckDBPyConnection, name: str, path: Path, wanted: Sequence[str]
) -> SourceTable:
    table = quoted(name)
    try:
        connection.execute(
            f"CREATE TABLE {table} AS SELECT file_row_number + 1 AS {LINE}, "
            "* EXCLUDE (file_row_number) "
            f"FROM read_parquet({literal(str(path))}, file_row_number = true)"
        )
    except duckdb.Error as error:
        raise SourceFileError(
            f"{path.name} can't be read as Parquet ({str(error).splitlines()[0]}); export it again."
        ) from None
    columns = columns_of(connection, table)[1:]
    _check_wanted(path, columns, wanted)
    parts = [f"CAST({quoted(column)} AS VARCHAR) AS {quoted(column)}" for column in wanted]
    text = f"SELECT {', '.join([LINE, *parts])} FROM {table}"
    return _counted(connection, path, SourceTable(name, text, 0))
