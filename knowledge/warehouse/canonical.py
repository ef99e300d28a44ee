# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""Write staged rows to the canonical tables, and note which ids changed."""

from collections import Counter

from knowledge.sources.sql import count, literal, quoted
from knowledge.warehouse import conform as conforming
from knowledge.warehouse.lake import Change, Lake, empty_select
from knowledge.warehouse.mapping import EVENT_LOG, IGNORE, target_columns
from knowledge.warehouse.quality import ISSUES
from knowledge.warehouse.schema import TABLES, Kind
from knowledge.warehouse.stages import EXITS
from knowledge.warehouse.staging import SourceFile, Stage, Staged, canonical_select
from knowledge.warehouse.versions import now

CHANGED = "all_changed"


class CanonicalWriter:
    """Write staged parts to canonical tables and note which ids changed."""

    def __init__(
        self,
        stage: Stage,
        lake: Lake,
        *,
        is_first: bool,
    ) -> None:
        self.connection = stage.connection
        self.lake = lake
        self.mapping = stage.mapping
        self.load_id = stage.load_id
        self.is_first = is_first
        self.written: Counter[str] = Counter()
        self.connection.execute(f'CREATE TABLE {CHANGED} ("table" VARCHAR, id VARCHAR)')

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
                "SELECT count(DISTINCT line) FROM " + ISSUES + " "
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
