# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""Refresh identity and the journeys mart: only what the changed rows can have touched."""

from dataclasses import dataclass

import duckdb
import narwhals as nw

from knowledge.sources.sql import columns_of, count, literal
from knowledge.warehouse.identity import resolve_people
from knowledge.warehouse.journeys import TABLES_READ, journeys
from knowledge.warehouse.lake import Change, Lake
from knowledge.warehouse.mart import JOURNEYS
from knowledge.warehouse.schema import TABLES, Kind
from knowledge.warehouse.stages import StageMap

# Above this share a whole rebuild is cheaper than a merge.
REBUILD_SHARE = 0.5


@dataclass(frozen=True)
class Refresh:
    """Say what defines the mart, and what was there before the load.

    Attributes:
        stages: Stages of the funnel in order.
        own_segments: Segments that mappings named themselves.
        before: Delta versions before the load.
    """

    stages: list[str]
    own_segments: tuple[str, ...]
    before: dict[str, int]


def refresh_identity(connection: duckdb.DuckDBPyConnection, lake: Lake, load_id: str) -> Change:
    """Recompute who is who, and write what changed."""
    people = lake.select("person", TABLES["person"].columns, lake.version("person"))
    frame = resolve_people(nw.from_native(connection.sql(people)).lazy())
    resolved = frame.with_columns(load_id=nw.lit(load_id)).to_native()
    connection.execute("DROP TABLE IF EXISTS staged_identity")
    resolved.create("staged_identity")
    return lake.sync(connection, "identity", "staged_identity", scope="true")


def refresh_journeys(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    mart: Refresh,
    changed: str,
    *,
    rebuild: bool,
) -> Change:
    """Recompute the journeys that changed rows can have touched, and write what differs.

    Args:
        connection: Holds the table of changed ids.
        lake: The Delta tables, already written.
        mart: What defines the mart, and the state before.
        changed: Table (``table``, ``id``) of the rows that this load wrote or removed.
        rebuild: Compute the mart anew as a whole.
    """
    stage_map = StageMap(tuple(mart.stages))
    relations = {
        name: connection.sql(lake.select(name, TABLES[name].columns, lake.version(name)))
        for name in TABLES_READ
    }
    frames = {name: nw.from_native(relation).lazy() for name, relation in relations.items()}
    only = None
    if not rebuild:
        _affected(connection, lake, changed, mart.before)
        affected = count(connection, "SELECT count(*) FROM affected")
        held = count(connection, f"SELECT count(*) FROM ({_query(lake, JOURNEYS, mart.before)}) j")
        rebuild = affected > REBUILD_SHARE * held
        if not rebuild:
            only = nw.from_native(connection.table("affected")).lazy()
    result = journeys(frames, stage_map, mart.own_segments, only)
    connection.execute("DROP TABLE IF EXISTS staged_journeys")
    result.to_native().create("staged_journeys")
    if rebuild:
        lake.overwrite(connection, JOURNEYS, "SELECT * FROM staged_journeys")
        written = count(connection, "SELECT count(*) FROM staged_journeys")
        return Change(written, 0, "SELECT id FROM staged_journeys")
    scope = "t.id IN (SELECT journey_id FROM affected)"
    return lake.sync(connection, JOURNEYS, "staged_journeys", scope=scope)


def _query(lake: Lake, name: str, versions: dict[str, int]) -> str:
    minimal: dict[str, Kind] = {"id": "text", "journey_id": "text"}
    columns = TABLES[name].columns if name in TABLES else minimal
    return lake.select(name, columns, versions.get(name))


def _affected(
    connection: duckdb.DuckDBPyConnection, lake: Lake, changed: str, before: dict[str, int]
) -> None:
    """Make the table ``affected`` of the journeys that the changed rows belong or belonged to."""
    now = {name: version for name in TABLES_READ if (version := lake.version(name)) is not None}
    entities, ids = [], []
    for versions in (before, now):
        tables = {name: f"({_query(lake, name, versions)})" for name in TABLES_READ}

        def rows(name: str, column: str, tables: dict[str, str] = tables) -> str:
            return (
                f"SELECT {column} AS id FROM {tables[name]} r WHERE r.id IN "
                f'(SELECT id FROM {changed} WHERE "table" = {literal(name)})'
            )

        ids += [rows("stage_change", "journey_id"), rows("assignment", "journey_id")]
        ids += [rows("opportunity", "r.id")]
        people = [
            rows("person", "r.id"),
            rows("opportunity", "person_id"),
            rows("touch", "person_id"),
            rows("touch", "'anonymous:' || anonymous_id"),
            rows("identity", "r.id"),
        ]
        known = " UNION ALL ".join(people)
        entities.append(
            f"SELECT entity_id AS id FROM {tables['identity']} i WHERE i.id IN ({known})"
        )
    found = " UNION ".join(entities)
    mart = f"({_query(lake, JOURNEYS, before)})"
    parts = [f"SELECT id AS journey_id FROM ({' UNION '.join(ids)})"]
    parts.append(f"SELECT id FROM ({_query(lake, 'identity', now)}) i WHERE entity_id IN ({found})")
    parts.append(
        f"SELECT id FROM ({_query(lake, 'identity', before)}) i WHERE entity_id IN ({found})"
    )
    if "person_id" in columns_of(connection, f"(SELECT * FROM {mart})"):
        for column, name in (("account_id", "account"), ("owner_id", "owner")):
            parts.append(
                f"SELECT id FROM {mart} j WHERE {column} IN "
                f'(SELECT id FROM {changed} WHERE "table" = {literal(name)})'
            )
    connection.execute(
        "CREATE OR REPLACE TABLE affected AS SELECT DISTINCT journey_id "
        f"FROM ({' UNION '.join(parts)}) a WHERE journey_id IS NOT NULL"
    )
