# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""Delta Lake tables in a folder: read at a version, written by diff, restored after a crash."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable, write_deltalake

from knowledge.sources.sql import columns_of, count, literal, quoted
from knowledge.warehouse.schema import Kind

SQL_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "flag": "BOOLEAN",
    "time": "TIMESTAMP",
}
BATCH_ROWS = 100_000


@dataclass(frozen=True)
class Change:
    """Count what a diff wrote.

    Attributes:
        written: Rows inserted or updated.
        deleted: Rows removed.
        ids: SQL of the ids of all of them, valid until the next diff of the same table.
    """

    written: int
    deleted: int
    ids: str


def empty_select(columns: Mapping[str, Kind]) -> str:
    """Write the SQL of a table with these columns and no rows."""
    parts = [f"CAST(NULL AS {SQL_TYPES[kind]}) AS {quoted(n)}" for n, kind in columns.items()]
    return f"SELECT {', '.join(parts)} WHERE false"


class Lake:
    """Hold the Delta tables of a warehouse folder; only the loader writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def tables(self) -> Path:
        """Locate the folder that holds one folder a table."""
        return self.folder / "tables"

    def open(self, name: str, version: int | None = None) -> DeltaTable:
        """Open a table, at its newest version where none is given."""
        return DeltaTable(str(self.tables / name), version=version)

    def version(self, name: str) -> int | None:
        """Tell a table's newest version, None where there is no such table."""
        path = str(self.tables / name)
        return int(DeltaTable(path).version()) if DeltaTable.is_deltatable(path) else None

    def select(self, name: str, columns: Mapping[str, Kind], version: int | None) -> str:
        """Write the SQL that reads a table at a version.

        Args:
            name: Table.
            columns: What to give where the table does not exist or lacks a column.
            version: Delta version; None for a table that does not exist.
        """
        files = [] if version is None else self.open(name, version).file_uris()
        if not files:
            return empty_select(columns)
        listed = ", ".join(literal(file) for file in files)
        return f"SELECT * FROM read_parquet([{listed}], union_by_name = true)"

    def restore(self, pinned: Mapping[str, int]) -> None:
        """Bring every table back to its pinned version, so that a killed load leaves no trace."""
        if not self.tables.is_dir():
            return
        for path in sorted(self.tables.iterdir()):
            wanted = pinned.get(path.name)
            if wanted is None:
                shutil.rmtree(path)  # no version ever named it, so nobody reads it
            elif self.version(path.name) != wanted:
                self.open(path.name).restore(wanted)

    def append(self, connection: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
        """Append a query's rows to a table, making the table or new columns where needed."""
        self.tables.mkdir(parents=True, exist_ok=True)
        write_deltalake(
            str(self.tables / name),
            connection.sql(query).to_arrow_reader(BATCH_ROWS),
            mode="append",
            schema_mode="merge",
        )

    def overwrite(self, connection: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
        """Replace a table's rows by a query's."""
        self.tables.mkdir(parents=True, exist_ok=True)
        write_deltalake(
            str(self.tables / name),
            connection.sql(query).to_arrow_reader(BATCH_ROWS),
            mode="overwrite",
            schema_mode="overwrite",
        )

    def drop_rows(self, name: str, predicate: str) -> None:
        """Delete the rows of an existing table that meet a predicate."""
        if self.version(name) is not None:
            self.open(name).delete(predicate)

    def sync(
        self,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        staged: str,
        *,
        scope: str | None = None,
        owned: Callable[[str], bool] | None = None,
        keep_filled: bool = False,
    ) -> Change:
        """Make a table agree with staged rows by id, writing only what differs.

        Args:
            connection: Holds the staged rows.
            name: Delta table; made where it does not exist.
            staged: A table or view of the connection, each ``id`` once, with the same columns
                as the Delta table or more.
            scope: Rows of the Delta table (as ``t``) that the staged rows replace as a whole:
                those in scope that are not staged are deleted. None deletes nothing.
            owned: Tells the columns that an update may set; all where None.
            keep_filled: Let a staged null leave the value that is there.
        """
        changed, gone = f"changed_{name}", f"gone_{name}"
        columns = columns_of(connection, staged)
        current = self.version(name)
        if current is None:
            self.append(connection, name, f"SELECT * FROM {staged}")
            written = count(connection, f"SELECT count(*) FROM {staged}")
            return Change(written, 0, f"SELECT id FROM {staged}")
        target = f"target_{name}"
        query = self.select(name, dict.fromkeys(columns, "text"), current)
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {target} AS {query}")
        there = columns_of(connection, target)
        mine = [c for c in columns if c not in {"id", "load_id"} and (not owned or owned(c))]
        connection.execute(
            f"CREATE OR REPLACE TABLE {changed} AS SELECT s.id, t.id IS NULL AS is_new "
            f"FROM {staged} s LEFT JOIN {target} t ON s.id = t.id "
            f"WHERE t.id IS NULL OR {_differs(mine, there, keep_filled)}"
        )
        connection.execute(
            f"CREATE OR REPLACE TABLE {gone} AS SELECT t.id FROM {target} t "
            f"WHERE ({scope or 'false'}) AND t.id NOT IN (SELECT id FROM {staged})"
        )
        written = count(connection, f"SELECT count(*) FROM {changed}")
        updated = count(connection, f"SELECT count(*) FROM {changed} WHERE NOT is_new")
        deleted = count(connection, f"SELECT count(*) FROM {gone}")
        rows = f"SELECT s.* FROM {staged} s"
        if written < count(connection, f"SELECT count(*) FROM {staged}"):
            rows += f" WHERE s.id IN (SELECT id FROM {changed})"
        if deleted:
            merger = self._merger(connection, name, f"SELECT id FROM {gone}")
            merger.when_matched_delete().execute()
        if updated:
            settings = {
                f'"{c}"': f'coalesce(s."{c}", t."{c}")'
                if keep_filled and c in there
                else f's."{c}"'
                for c in [*mine, *(["load_id"] if "load_id" in columns else [])]
            }
            merger = self._merger(connection, name, rows)
            merger.when_matched_update(settings).when_not_matched_insert_all().execute()
        elif written:
            self.append(connection, name, rows)
        ids = f"SELECT id FROM {changed} UNION ALL SELECT id FROM {gone}"
        return Change(written, deleted, ids)

    def _merger(self, connection: duckdb.DuckDBPyConnection, name: str, query: str) -> Any:
        return self.open(name).merge(
            connection.sql(query).to_arrow_reader(BATCH_ROWS),
            't."id" = s."id"',
            source_alias="s",
            target_alias="t",
            merge_schema=True,
        )


def _differs(columns: list[str], there: list[str], keep_filled: bool) -> str:
    """Write the SQL condition that a staged row ``s`` would change the row ``t``."""
    parts = []
    for column in columns:
        name = quoted(column)
        filled = f"s.{name} IS NOT NULL"
        if column not in there:
            parts.append(filled)
        elif keep_filled:
            parts.append(f"({filled} AND s.{name} IS DISTINCT FROM t.{name})")
        else:
            parts.append(f"s.{name} IS DISTINCT FROM t.{name}")
    return " OR ".join(parts) or "false"
