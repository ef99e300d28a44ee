# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""Write staged rows to the Delta tables of the warehouse, raw, canonical and marts."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import duckdb

from knowledge.sources.sql import count, literal, only_row, quoted
from knowledge.warehouse import conform as conforming
from knowledge.warehouse.lake import Change, Lake, empty_select
from knowledge.warehouse.mapping import EVENT_LOG, IGNORE, Mapping, target_columns
from knowledge.warehouse.mart import JOURNEYS
from knowledge.warehouse.quality import is_reference_issue, stage_issues, stage_orphans
from knowledge.warehouse.refresh import Refresh, refresh_identity, refresh_journeys
from knowledge.warehouse.schema import STANDARD_SEGMENTS, TABLES, Kind
from knowledge.warehouse.stages import EXITS
from knowledge.warehouse.staging import (
    SourceFile,
    Staged,
    Stage,
    canonical_select,
)
from knowledge.warehouse.versions import WarehouseVersion, now

CHANGED = "all_changed"
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
    writer = _Writer(connection, lake, mapping, load_id, is_first=pinned is None)
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


class _Writer:
    """Write staged parts to canonical tables and note which ids changed."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        lake: Lake,
        mapping: Mapping,
        load_id: str,
        *,
        is_first: bool,
    ) -> None:
        self.connection = connection
        self.lake = lake
        self.mapping = mapping
        self.load_id = load_id
        self.is_first = is_first
        self.written: Counter[str] = Counter()
        connection.execute(f'CREATE TABLE {CHANGED} ("table" VARCHAR, id VARCHAR)')

    def note(self, name: str, change: Change) -> None:
        """Count a change and keep its ids."""
        self.written[name] += change.written + change.deleted
        if not self.is_first:  # the first load builds the mart as a whole
            self.connection.execute(
                f"INSERT INTO {CHANGED} SELECT DISTINCT {literal(name)}, id FROM ({change.ids}) c"
            )

    def write(self, part: Staged) -> None:
        """Write one mapping table's rows, and the stage changes that lie in them."""
        if part.table.into == EVENT_LOG:
            self._write_event_log(part)
            return
        table = part.table
        columns = self._columns(table.into)
        owned = {*table.columns, *table.constant, "source", "source_id"}
        if table.into == "opportunity" and table.journey:
            owned.add("person_id")
        self._sync(
            table.into,
            canonical_select(part, table.into, columns, self.load_id),
            owned=owned,
        )
        if table.stages:
            self._write_stage_dates(part)

    def _columns(self, name: str) -> dict[str, Kind]:
        columns = dict(TABLES[name].columns)
        allowed = target_columns(name, tuple(self.mapping.segments))
        return columns | {n: kind for n, kind in allowed.items() if n not in columns}

    def _sync(
        self,
        name: str,
        query: str,
        *,
        owned: set[str] | None = None,
        scope: str | None = None,
        keep_filled: bool = False,
    ) -> None:
        staged = f"staged_{name}"
        self.connection.execute(f"CREATE OR REPLACE VIEW {staged} AS {query}")
        change = self.lake.sync(
            self.connection,
            name,
            staged,
            scope=scope,
            owned=None if owned is None else owned.__contains__,
            keep_filled=keep_filled,
        )
        self.note(name, change)

    def _write_stage_dates(self, part: Staged) -> None:
        prefix = literal(f"{part.source}:{part.label}:")
        queries = [
            f"SELECT {prefix} || source_id || {literal('#' + stage)} AS id, "
            f"{conforming.JOURNEY} AS journey_id, NULL::VARCHAR AS from_stage, "
            f'{literal(stage)} AS to_stage, {quoted(conforming.stage_column(stage))} AS "at", '
            "NULL::VARCHAR AS by_id, NULL::VARCHAR AS reason, "
            f"{literal(part.source)} AS source, source_id, {literal(self.load_id)} AS load_id "
            f"FROM {part.rows} WHERE {quoted(conforming.stage_column(stage))} IS NOT NULL"
            for stage in part.table.stages
        ]
        # A stage date that was taken back in the source must go here as well.
        scope = (
            f"starts_with(t.id, {prefix}) AND regexp_replace(t.id, '#[a-z0-9_]+$', '') "
            f"IN (SELECT {prefix} || source_id FROM {part.rows})"
        )
        self._sync("stage_change", " UNION ALL ".join(queries), scope=scope)

    def _write_event_log(self, part: Staged) -> None:
        rows = part.rows
        filled = {*part.table.columns, *part.table.constant}
        source, load_id = literal(part.source), literal(self.load_id)
        stages = ", ".join(map(literal, (*self.mapping.stages, *EXITS)))
        people = self._columns("person")
        parts = [
            f'arg_max({quoted(name)}, "at") AS {quoted(name)}'
            for name in people
            if name in filled and name not in {"id", "created_at"}
        ]
        listed = ", ".join(["case_ AS id", *parts])
        cases = f'SELECT *, "case" AS case_ FROM {rows}'
        grouped = f"SELECT {listed} FROM ({cases}) c GROUP BY case_"
        tail = (
            f"{source} AS source, substr(id, {len(part.source) + 2}) AS source_id, "
            f"{load_id} AS load_id"
        )
        self.connection.execute(
            f"CREATE OR REPLACE TABLE case_people AS SELECT *, {tail} FROM ({grouped}) g"
        )
        self._fill_up("case_people", people)
        self._sync("person", "SELECT * FROM case_people", keep_filled=True)
        is_stage = f"lower(activity) IN ({stages})"
        provenance = f"{source} AS source, source_id, {load_id} AS load_id"
        self._sync(
            "stage_change",
            'SELECT id, "case" AS journey_id, NULL::VARCHAR AS from_stage, '
            'lower(activity) AS to_stage, "at", NULL::VARCHAR AS by_id, NULL::VARCHAR AS reason, '
            f"{provenance} FROM {rows} WHERE {is_stage}",
        )
        own = [
            quoted(name)
            for name in TABLES["touch"].columns
            if name in filled and name not in {"at", "person_id", "action"}
        ]
        self.connection.execute(
            "CREATE OR REPLACE TABLE case_touches AS SELECT "
            + ", ".join(
                ["id", '"case" AS person_id', '"at"', "activity AS action", *own, provenance]
            )
            + f" FROM {rows} WHERE NOT {is_stage} AND activity <> {literal(IGNORE)}"
        )
        self._fill_up("case_touches", TABLES["touch"].columns)
        self._sync("touch", "SELECT * FROM case_touches")

    def _fill_up(self, table: str, columns: dict[str, Kind]) -> None:
        """Give a staged table all columns of its canonical table."""
        empty = f"{table}_empty"
        self.connection.execute(f"CREATE OR REPLACE TABLE {empty} AS {empty_select(columns)}")
        self.connection.execute(f"INSERT INTO {empty} BY NAME SELECT * FROM {table}")
        self.connection.execute(f"DROP TABLE {table}")
        self.connection.execute(f"ALTER TABLE {empty} RENAME TO {table}")

    def write_load_rows(self, staged: list[Staged], pending: list[SourceFile]) -> None:
        """Record each file that was read, with its digest."""
        counts = {(p.label, name): rows for p in staged for name, rows in p.counts.items()}
        self.connection.execute(
            "CREATE TABLE staged_load AS SELECT NULL::VARCHAR AS id, NULL::VARCHAR AS file, "
            'NULL::VARCHAR AS "table", NULL::VARCHAR AS sha256, NULL::VARCHAR AS mapping_sha256, '
            'NULL::BIGINT AS "rows", NULL::BIGINT AS rejected, NULL::TIMESTAMP AS loaded_at, '
            "NULL::VARCHAR AS source, NULL::VARCHAR AS source_id, NULL::VARCHAR AS load_id "
            "WHERE false"
        )
        moment = now()
        for file in pending:
            rejected = count(
                self.connection,
                "SELECT count(DISTINCT line) FROM staged_issues "
                "WHERE label = ? AND file = ? AND severity = 'rejected'",
                [file.label, file.name],
            )
            self.connection.execute(
                f"INSERT INTO staged_load VALUES ({', '.join('?' * 11)})",
                [
                    f"{self.load_id}:{file.label}:{file.name}",
                    file.name,
                    file.label,
                    file.sha256,
                    self.mapping.digest,
                    counts[file.label, file.name],
                    rejected,
                    moment,
                    self.mapping.source,
                    f"{file.label}:{file.name}",
                    self.load_id,
                ],
            )
        self.lake.append(self.connection, "load", "SELECT * FROM staged_load")


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
