# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""Write staged rows to the Delta tables of the warehouse, raw, canonical and marts."""

from collections.abc import Callable
from typing import Any

import duckdb

from knowledge.sources.sql import count, literal, only_row, quoted
from knowledge.warehouse.canonical import CHANGED, CanonicalWriter
from knowledge.warehouse.lake import Lake
from knowledge.warehouse.mapping import Mapping
from knowledge.warehouse.mart import JOURNEYS
from knowledge.warehouse.quality import is_reference_issue, stage_issues, stage_orphans
from knowledge.warehouse.refresh import Refresh, refresh_identity, refresh_journeys
from knowledge.warehouse.schema import STANDARD_SEGMENTS, TABLES
from knowledge.warehouse.staging import (
    SourceFile,
    Stage,
    Staged,
)
from knowledge.warehouse.versions import WarehouseVersion, now

WIDE = ("campaign", "product")
EVENT_TIMES = {
    "touch": "at",
    "stage_change": "at",
    "assignment": "at",
    "person": "created_at",
    "opportunity": "created_at",
}


def write_load(
    stage: Stage,
    lake: Lake,
    pinned: WarehouseVersion | None,
    *,
    staged: list[Staged],
    pending: list[SourceFile],
    say: Callable[[str, float], None],
) -> tuple[dict[str, int], dict[str, Any]]:
    """Write a whole load; what it wrote is visible only once its version is committed.

    Returns:
        Rows written per table, and the meta data of the version.
    """
    connection, mapping, load_id = stage.connection, stage.mapping, stage.load_id
    say("Writing rows as received", 0.5)
    for part in staged:
        listed = ", ".join(literal(file) for file in part.counts)
        lake.drop_rows(part.raw_name, f"_file IN ({listed})")
        lake.append(connection, part.raw_name, part.raw)
    writer = CanonicalWriter(stage, lake, is_first=pinned is None)
    for place, part in enumerate(staged):
        say(f"Writing {part.label}", 0.55 + 0.2 * place / len(staged))
        writer.write(part)
    writer.write_load_rows(staged, pending)
    _write_issues(connection, lake, mapping, staged, load_id)
    say("Checking references", 0.75)
    _write_reference_issues(connection, lake, load_id)
    say("Resolving people", 0.8)
    writer.note("identity", refresh_identity(connection, lake, load_id))
    say("Refreshing journeys", 0.85)
    own = _own_segments(pinned, mapping)
    stages = _stages(pinned, mapping)
    before = None if pinned is None else pinned.meta
    rebuild = (
        before is None
        or (before["stages"], before["own_segments"]) != (stages, own)
        # Few rows that very many journeys show: not worth tracing back.
        or count(connection, f'SELECT count(*) FROM {CHANGED} WHERE "table" IN {WIDE}') > 0
    )
    mart = Refresh(stages, tuple(own), {} if pinned is None else dict(pinned.tables))
    writer.note(JOURNEYS, refresh_journeys(connection, lake, mart, CHANGED, rebuild=rebuild))
    return dict(writer.written), _meta(connection, lake, pinned, mapping, stages=stages, own=own)


def _write_issues(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    mapping: Mapping,
    staged: list[Staged],
    load_id: str,
) -> None:
    """Replace the issues of the files that were read anew."""
    stage_issues(connection, "new_issues", mapping.source, load_id)
    pairs = [f"({literal(p.label)}, {literal(file)})" for p in staged for file in p.counts]
    scope = (
        f"NOT ({is_reference_issue()}) AND t.source = {literal(mapping.source)} "
        f"AND (t.source_id, t.file) IN ({', '.join(pairs)})"
    )
    lake.sync(connection, "quality_issue", "new_issues", scope=scope)


def _write_reference_issues(
    connection: duckdb.DuckDBPyConnection, lake: Lake, load_id: str
) -> None:
    tables, raw = {}, {}
    for path in sorted(lake.tables.iterdir()):
        name = path.name
        if name in TABLES:
            tables[name] = lake.select(name, TABLES[name].columns, lake.version(name))
        elif name.startswith("raw_"):
            raw[name] = lake.select(name, {}, lake.version(name))
    stage_orphans(connection, "staged_reference_issues", tables, raw, load_id)
    lake.sync(connection, "quality_issue", "staged_reference_issues", scope=is_reference_issue())


def _own_segments(pinned: WarehouseVersion | None, mapping: Mapping) -> list[str]:
    before = [] if pinned is None else pinned.meta["own_segments"]
    return list(dict.fromkeys([*before, *mapping.own_segments]))


def _stages(pinned: WarehouseVersion | None, mapping: Mapping) -> list[str]:
    if pinned is None or set(pinned.meta["sources"]) <= {mapping.source}:
        return list(mapping.stages)
    return list(pinned.meta["stages"])


def _meta(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    pinned: WarehouseVersion | None,
    mapping: Mapping,
    *,
    stages: list[str],
    own: list[str],
) -> dict[str, Any]:
    sources: dict[str, Any] = {} if pinned is None else dict(pinned.meta["sources"])
    declared = mapping.as_of_time
    moment = declared or _newest_event(connection, lake, mapping) or now()
    sources[mapping.source] = {"as_of": moment.isoformat(), "time_zone": mapping.time_zone}
    journeys = lake.select(JOURNEYS, {}, lake.version(JOURNEYS))
    names = (*STANDARD_SEGMENTS, *own)
    held = ", ".join(f"count({quoted(name)})" for name in names)
    filled = only_row(connection, f"SELECT {held} FROM ({journeys}) j")
    return {
        "as_of": max(part["as_of"] for part in sources.values()),
        "stages": stages,
        "stage_version": mapping.stage_map.version,
        "segments": [n for n, held in zip(names, filled, strict=True) if held],
        "own_segments": own,
        "time_zone": next(iter(sources.values()))["time_zone"],
        "sources": sources,
    }


def _newest_event(connection: duckdb.DuckDBPyConnection, lake: Lake, mapping: Mapping) -> Any:
    sources = {mapping.source, *(t.source for t in mapping.tables.values() if t.source)}
    listed = ", ".join(map(literal, sources))
    newest = []
    for name, column in EVENT_TIMES.items():
        query = lake.select(name, TABLES[name].columns, lake.version(name))
        (found,) = only_row(
            connection,
            f"SELECT max({quoted(column)}) FROM ({query}) e WHERE source IN ({listed})",
        )
        newest += [] if found is None else [found]
    return max(newest, default=None)
