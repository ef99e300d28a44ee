# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""Turn lines of text into Arrow batches, and batches into a table, without holding a file."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import csv as arrow_csv

from knowledge.sources.issues import RowIssue
from knowledge.sources.received import LINE, ReadOptions
from knowledge.sources.sql import quoted
from knowledge.sources.survey import Survey

BATCH_ROWS = 20_000
BLOCK_BYTES = 16 << 20
NOT_JSON = "not a JSON object"


def is_plain(found: Survey, options: ReadOptions) -> bool:
    """Tell whether compiled code may split the lines: UTF-8, no blank line, usual line ends."""
    odd = found.blank_lines or found.lone_returns or not found.utf8
    return options.encoding is None and not odd


def schema_of(columns: Sequence[str]) -> pa.Schema:
    """Give the Arrow schema of a table as received: the line and text columns."""
    return pa.schema([(LINE, pa.int64()), *((column, pa.string()) for column in columns)])


def plain_batches(
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
            [pa.array(lines, pa.int64()), *batch.columns], schema=schema_of(columns)
        )


def exact_batches(
    rows: Iterator[tuple[int, list[str]]], columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Yield batches of rows that were read one by one."""
    schema = schema_of(columns)
    while chunk := list(islice(rows, BATCH_ROWS)):
        lines = pa.array([line for line, _ in chunk], pa.int64())
        fields = zip(*(fields for _, fields in chunk), strict=True)
        texts = [pa.array([part or None for part in column], pa.string()) for column in fields]
        yield pa.RecordBatch.from_arrays([lines, *texts], schema=schema)


def fill(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[str],
    batches: Iterator[pa.RecordBatch],
) -> None:
    """Make a table of batches, a batch at a time."""
    reader = pa.RecordBatchReader.from_batches(schema_of(columns), batches)
    connection.register("incoming", reader)
    connection.execute(f"CREATE TABLE {quoted(name)} AS SELECT * FROM incoming")
    connection.unregister("incoming")
