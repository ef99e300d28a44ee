"""Versions of the warehouse: each pins a Delta version of every table, and a snapshot reads one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import duckdb
import narwhals as nw
import sqlalchemy as sa

from knowledge.database import reading
from knowledge.errors import BadInputError, WeirError
from knowledge.sources.sql import connect
from knowledge.warehouse.lake import Lake
from knowledge.warehouse.mart import JOURNEYS, mart_columns
from knowledge.warehouse.schema import TABLES, Kind
from knowledge.warehouse.stages import StageMap

VERSIONS = sa.table(
    "warehouse_version",
    sa.column("version", sa.Integer),
    sa.column("created_at", sa.String),
    sa.column("load_id", sa.String),
    sa.column("kind", sa.String),
    sa.column("tables", sa.JSON),
    sa.column("meta", sa.JSON),
)


class NothingLoadedError(BadInputError):
    """Report a warehouse without any version."""


@dataclass(frozen=True)
class WarehouseVersion:
    """Pin a Delta version of every table.

    Attributes:
        version: Number, from 1.
        created_at: When it was committed, naive UTC.
        load_id: The load that made it.
        kind: What made it, such as ``load``.
        tables: Table name to Delta version.
        meta: What readers need beside the rows: as_of, stages, segments, time zone, sources.
    """

    version: int
    created_at: datetime
    load_id: str
    kind: str
    tables: Mapping[str, int]
    meta: Mapping[str, Any]


def now() -> datetime:
    """Tell the time in UTC, without zone."""
    return datetime.now(UTC).replace(tzinfo=None)


class Warehouse:
    """Open a warehouse folder with the ledger of its versions."""

    def __init__(self, folder: Path, database: sa.Engine) -> None:
        self.folder = folder
        self.database = database
        self.lake = Lake(folder)

    def versions(self) -> list[WarehouseVersion]:
        """List all versions, oldest first."""
        with reading(self.database).connect() as connection:
            rows = connection.execute(sa.select(VERSIONS).order_by(VERSIONS.c.version)).all()
        return [_as_version(row) for row in rows]

    def newest(self) -> WarehouseVersion | None:
        """Give the newest version, None where nothing was loaded."""
        query = sa.select(VERSIONS).order_by(VERSIONS.c.version.desc()).limit(1)
        with reading(self.database).connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else _as_version(row)

    def commit(
        self, load_id: str, kind: str, tables: Mapping[str, int], meta: Mapping[str, Any]
    ) -> WarehouseVersion:
        """Make a new version visible; this one row is the whole commit of a load."""
        with self.database.begin() as connection:
            last = connection.execute(sa.select(sa.func.max(VERSIONS.c.version))).scalar()
            made = WarehouseVersion(int(last or 0) + 1, now(), load_id, kind, tables, meta)
            row = {**asdict(made), "created_at": made.created_at.isoformat()}
            connection.execute(sa.insert(VERSIONS).values(row))
        return made

    def snapshot(self, version: int | None = None) -> "Snapshot":
        """Open a version for reading; the newest where none is named.

        Raises:
            BadInputError: Nothing is loaded, or there is no such version.
        """
        if version is None:
            found = self.newest()
            if found is None:
                raise NothingLoadedError(
                    "Nothing is loaded yet; run `weir ingest sample`, or `weir ingest FOLDER "
                    "--mapping MAPPING.yaml` for your own data."
                )
            return Snapshot(self.lake, found)
        query = sa.select(VERSIONS).where(VERSIONS.c.version == version)
        with reading(self.database).connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise BadInputError(
                f"There is no warehouse version {version}; leave it out to use the newest."
            )
        return Snapshot(self.lake, _as_version(row))


def _as_version(row: sa.Row[Any]) -> WarehouseVersion:
    return WarehouseVersion(
        version=row.version,
        created_at=datetime.fromisoformat(row.created_at),
        load_id=row.load_id,
        kind=row.kind,
        tables=row.tables,
        meta=row.meta,
    )


class Snapshot:
    """Read one whole version of the warehouse; close it, or use it as a context manager."""

    def __init__(self, lake: Lake, pinned: WarehouseVersion) -> None:
        self._lake = lake
        self._pinned = pinned

    @property
    def version(self) -> int:
        """Number the warehouse version that every figure from here names."""
        return self._pinned.version

    @property
    def pinned(self) -> WarehouseVersion:
        """Give the version with its load and its tables."""
        return self._pinned

    @property
    def as_of(self) -> datetime:
        """Tell until when the data speaks, naive UTC."""
        return datetime.fromisoformat(self._pinned.meta["as_of"])

    @property
    def stage_map(self) -> StageMap:
        """Give the stages of the funnel in order."""
        meta = self._pinned.meta
        return StageMap(tuple(meta["stages"]), meta["stage_version"])

    @property
    def segments(self) -> tuple[str, ...]:
        """Name the segment columns of the journeys mart that hold any value."""
        return tuple(self._pinned.meta["segments"])

    @property
    def time_zone(self) -> str:
        """Name the time zone of the first source, for calendars and reports."""
        return str(self._pinned.meta["time_zone"])

    def names(self) -> tuple[str, ...]:
        """Name the canonical and mart tables."""
        return (*TABLES, JOURNEYS)

    def raw_names(self) -> tuple[str, ...]:
        """Name the tables that hold rows as received."""
        return tuple(name for name in self._pinned.tables if name.startswith("raw_"))

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """Open the embedded engine; one connection a snapshot."""
        return connect()

    def table(self, name: str) -> nw.LazyFrame[Any]:
        """Give a table as a lazy frame; one that was never loaded has its columns and no rows.

        Raises:
            WeirError: There is no such table.
        """
        return nw.from_native(self.relation(name))

    def relation(self, name: str) -> duckdb.DuckDBPyRelation:
        """Give a table as a DuckDB relation, for what only the embedded engine can do."""
        return self.connection.sql(self.select(name))

    def select(self, name: str) -> str:
        """Write the SQL that reads a table at this version."""
        if name not in self.names() and name not in self._pinned.tables:
            raise WeirError(f"There is no table '{name}'; use one of {', '.join(self.names())}.")
        return self._lake.select(name, self._columns(name), self._pinned.tables.get(name))

    def _columns(self, name: str) -> Mapping[str, Kind]:
        if name in TABLES:
            return TABLES[name].columns
        return mart_columns(self.stage_map, tuple(self._pinned.meta["own_segments"]))

    def close(self) -> None:
        """Close the engine."""
        if "connection" in self.__dict__:
            self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
