"""Columns to files: CSV as Fivetran delivers it, JSON lines, Parquet."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from knowledge.sources.sample.columns import NEVER, Ints
from knowledge.sources.sql import connect

SYNCED: Final = "2026-11-01 02:10:19"
Columns = Mapping[str, Any]


def stamp(moment: Ints) -> pa.Array:
    """Turn seconds into timestamps without zone, empty where the moment never comes."""
    known = moment < NEVER
    return pa.array(np.where(known, moment, 0).astype("datetime64[s]"), mask=~known)


def iso(moment: Ints, zone: str = "Z", offset_hours: int = 0) -> pa.Array:
    """Turn seconds into ISO text with a zone."""
    local = stamp(np.where(moment < NEVER, moment + offset_hours * 3_600, NEVER))
    text = pc.replace_substring(local.cast(pa.string()), " ", "T")
    return pc.binary_join_element_wise(text, zone, "")


def label(codes: Ints, values: Any) -> pa.Array:
    """Look codes up in values; -1 is empty."""
    known = np.asarray(codes >= 0)
    index = pa.array(np.where(known, codes, 0).astype(np.int32), mask=~known)
    return pc.take(pa.array(np.asarray(values)), index)


def blank(values: Any, where: Any) -> pa.Array:
    """Empty some of the values."""
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    return pc.if_else(pa.array(where), pa.scalar(None, array.type), array)


def serial(prefix: str, numbers: Ints) -> pa.Array:
    """Make ids of a prefix and a number."""
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")


def write_csv(path: Path, columns: Columns) -> int:
    """Write a CSV file with Fivetran's own column and return its number of rows."""
    table = _table(columns)
    table = table.append_column("_fivetran_synced", pa.repeat(SYNCED, len(table)))
    return _copy(path, table, "FORMAT csv, HEADER true")


def write_jsonl(path: Path, columns: Columns) -> int:
    """Write a file of JSON lines and return its number of rows."""
    return _copy(path, _table(columns), "FORMAT json")


def _copy(path: Path, table: pa.Table, form: str) -> int:
    """Let DuckDB write, which quotes only what needs it; on one thread, so in order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with connect() as connection:
        connection.execute("SET threads = 1")
        connection.register("lines", table)
        target = str(path).replace("'", "''")
        connection.execute(f"COPY (SELECT * FROM lines) TO '{target}' ({form})")  # noqa: S608
    return len(table)


def write_parquet(path: Path, columns: Columns) -> int:
    """Write a Parquet file and return its number of rows."""
    table = _table(columns)
    path.parent.mkdir(parents=True, exist_ok=True)
    pa.parquet.write_table(table, path, compression="zstd")
    return len(table)


def _table(columns: Columns) -> pa.Table:
    return pa.table({name: _array(values) for name, values in columns.items()})


def _array(values: Any) -> Any:
    if isinstance(values, str | bool):
        raise TypeError("give a column, not a single value")
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    return pa.array(values)
