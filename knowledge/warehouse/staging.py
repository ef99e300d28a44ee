"""Read the files of one mapping table into staged rows: typed, keyed, each id once."""

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import narwhals as nw

from knowledge.sources.files import LINE, SourceTable, read_file
from knowledge.sources.sql import columns_of, count, literal, quoted
from knowledge.sources.survey import SourceFileError
from knowledge.warehouse import conform as conforming
from knowledge.warehouse.lake import SQL_TYPES
from knowledge.warehouse.mapping import EVENT_LOG, EVENT_TABLES, NEEDED, Mapping, TableMapping
from knowledge.warehouse.mapping import target_columns
from knowledge.warehouse.parse import Typing, type_table
from knowledge.warehouse.quality import DUPLICATE, REJECTED, Reporter
from knowledge.warehouse.schema import Kind

ORDER = "_order"


@dataclass(frozen=True)
class SourceFile:
    """Name one file of one mapping table.

    Attributes:
        label: Table of the mapping.
        path: Where it lies.
        name: Path relative to the folder; what issues and lineage show.
        sha256: Digest of its bytes.
    """

    label: str
    path: Path
    name: str
    sha256: str


@dataclass(frozen=True)
class Staged:
    """Describe the staged rows of one mapping table.

    Attributes:
        label: Table of the mapping.
        table: What the mapping says about it.
        source: Source whose name prefixes the ids.
        rows: Table of the connection with the typed rows, each id once.
        raw: Tables of the connection with rows as received, one a file.
        counts: File name to rows read (kept and unread).
    """

    label: str
    table: TableMapping
    source: str
    rows: str
    raw: dict[str, str]
    counts: dict[str, int]

    @property
    def raw_name(self) -> str:
        """Name the Delta table that keeps the rows as received."""
        return raw_name(self.source, self.label)


def raw_name(source: str, label: str) -> str:
    """Name the Delta table of a mapping table's rows as received."""
    return f"raw_{source}__{label}"


def stage_table(
    connection: duckdb.DuckDBPyConnection,
    mapping: Mapping,
    label: str,
    files: list[SourceFile],
    *,
    load_id: str,
    latest: datetime,
) -> Staged:
    """Read a mapping table's files.

    Args:
        connection: Holds the staged rows and the issues table.
        mapping: The whole mapping.
        label: Which of its tables.
        files: The files to read, in order; a later one wins where an id comes again.
        load_id: This load.
        latest: Newest time that an event may have, naive UTC.

    Raises:
        SourceFileError: A file as a whole can't be read.
    """
    table = mapping.tables[label]
    source = table.source or mapping.source
    rows = f"rows_{label}"
    raw: dict[str, str] = {}
    counts: dict[str, int] = {}
    for order, file in enumerate(files):
        report = Reporter(connection, label, table.into, file.name)
        received = _read(connection, mapping, table, file, f"received_{label}_{order}")
        report.unread(received.issues)
        counts[file.name] = received.rows + len(received.issues)
        conformed, typed = f"conformed_{label}", f"typed_{label}"
        frame = nw.from_native(connection.sql(received.text))
        result = conforming.conform(
            frame, table, label=label, source=source, stages=tuple(mapping.stages)
        )
        native = result.to_native()
        connection.execute(f"DROP TABLE IF EXISTS {conformed}")
        native.create(conformed)
        raw[file.name] = _raw_view(connection, received, conformed, file.name, load_id)
        type_table(connection, conformed, typed, _typing(mapping, table, latest), report)
        _reject(typed, table, mapping, report)
        _report_duplicates(typed, report)
        _collect(connection, typed, rows, order)
    _keep_last(connection, rows)
    return Staged(label, table, source, rows, raw, counts)


def _read(
    connection: duckdb.DuckDBPyConnection,
    mapping: Mapping,
    table: TableMapping,
    file: SourceFile,
    name: str,
) -> SourceTable:
    try:
        return read_file(
            connection,
            name,
            file.path,
            table.source_columns,
            delimiter=table.delimiter,
            encoding=table.encoding,
        )
    except SourceFileError as error:
        raise SourceFileError(f"{mapping.name}, table {file.label}: {error}") from None


def _raw_view(
    connection: duckdb.DuckDBPyConnection,
    received: SourceTable,
    conformed: str,
    file: str,
    load_id: str,
) -> str:
    view = f"raw_{received.name}"
    ids = f"ids_{received.name}"
    connection.execute(f"CREATE TABLE {ids} AS SELECT {LINE}, id FROM {conformed}")
    connection.execute(
        f"CREATE VIEW {view} AS SELECT c.id AS _id, {literal(file)} AS _file, "
        f"{literal(load_id)} AS _load_id, r.* "
        f"FROM {quoted(received.name)} r LEFT JOIN {ids} c ON r.{LINE} = c.{LINE}"
    )
    return view


def _typing(mapping: Mapping, table: TableMapping, latest: datetime) -> Typing:
    targets = target_columns(table.into, tuple(mapping.segments))
    filled = {*table.columns, *table.constant}
    kinds: dict[str, Kind] = {name: kind for name, kind in targets.items() if name in filled}
    kinds |= {conforming.stage_column(stage): "time" for stage in table.stages}
    formats = {name: spec.format for name, spec in table.columns.items() if spec.format}
    formats |= {
        conforming.stage_column(stage): rule.format
        for stage, rule in table.stages.items()
        if rule.format
    }
    strict = {conforming.stage_column(stage) for stage in table.stages}
    strict |= set(NEEDED.get(table.into, ()))
    strict |= {name for name, spec in table.columns.items() if spec.column in table.required}
    return Typing(kinds, formats, table.time_zone or mapping.time_zone, latest, strict)


def _reject(typed: str, table: TableMapping, mapping: Mapping, report: Reporter) -> None:
    """Mark the rows that can't be kept, and report what else is wrong with a row."""
    kept = f"NOT {REJECTED}"
    key = "+".join(table.key)
    report.rows(typed, f"{kept} AND id IS NULL", key, "no key", "NULL", strict=True)
    missing = quoted(conforming.MISSING)
    report.rows(
        typed,
        f"{kept} AND {missing} IS NOT NULL",
        "",
        "required column is empty",
        missing,
        strict=True,
    )
    columns = set(columns_of(report.connection, typed))
    for name in conforming.STAGE_COLUMNS.get(table.into, ()):
        was = conforming.original_column(name)
        if was in columns:
            unknown = f"{kept} AND {quoted(was)} IS NOT NULL AND {quoted(name)} IS NULL"
            reason = "unknown stage: add it to values in the mapping"
            report.rows(typed, unknown, name, reason, quoted(was), strict=name == "to_stage")
    for name in NEEDED.get(table.into, ()):
        empty = f"{kept} AND {quoted(name)} IS NULL"
        if name != "to_owner_id":  # an assignment to nobody is what a governance gap looks like
            report.rows(typed, empty, name, f"no {name}", "NULL", strict=True)
    for name in table.expected:
        empty = f"{kept} AND {quoted(conforming.expected_column(name))} IS NULL"
        report.rows(typed, empty, name, "expected column is empty", "NULL", strict=False)


def _report_duplicates(typed: str, report: Reporter) -> None:
    repeated = (
        f"NOT {REJECTED} AND {LINE} NOT IN "
        f"(SELECT max({LINE}) FROM {typed} WHERE NOT {REJECTED} GROUP BY id)"
    )
    total = count(report.connection, f"SELECT count(*) FROM {typed} WHERE NOT {REJECTED}")
    different = count(
        report.connection, f"SELECT count(DISTINCT id) FROM {typed} WHERE NOT {REJECTED}"
    )
    if total > different:
        report.rows(typed, repeated, "id", DUPLICATE, "id", strict=True)


def _collect(connection: duckdb.DuckDBPyConnection, typed: str, rows: str, order: int) -> None:
    query = f"SELECT *, {order} AS {ORDER} FROM {typed} WHERE NOT {REJECTED}"
    if order == 0:
        connection.execute(f"CREATE TABLE {rows} AS {query}")
    else:
        connection.execute(f"INSERT INTO {rows} BY NAME {query}")
    connection.execute(f"DROP TABLE {typed}")


def _keep_last(connection: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Keep an id's row of the last file; an earlier file's is an older state, not an error."""
    if count(connection, f"SELECT count(*) - count(DISTINCT id) FROM {rows}"):
        connection.execute(
            f"DELETE FROM {rows} WHERE (id, {ORDER}) NOT IN "
            f"(SELECT (id, max({ORDER})) FROM {rows} GROUP BY id)"
        )


def canonical_select(staged: Staged, canonical: str, columns: Dict[str, Kind], load_id: str) -> str:
    """Write the SQL of staged rows as rows of a canonical table."""
    parts = [
        quoted(name)
        if name in _filled(staged)
        else f"CAST(NULL AS {SQL_TYPES[kind]}) {quoted(name)}"
        for name, kind in columns.items()
        if name not in {"source", "source_id", "load_id"}
    ]
    if canonical == "opportunity" and staged.table.journey and "person_id" not in _filled(staged):
        parts = [p for p in parts if not p.endswith('"person_id"')]
        own = f"CASE WHEN {conforming.JOURNEY} <> id THEN {conforming.JOURNEY} END"
        parts.append(f"{own} AS person_id")
    parts += [
        f"{literal(staged.source)} AS source",
        "source_id",
        f"{literal(load_id)} AS load_id",
    ]
    return f"SELECT {', '.join(parts)} FROM {staged.rows}"


def _filled(staged: Staged) -> set[str]:
    return {"id", *staged.table.columns, *staged.table.constant}


def is_event_log(staged: Staged) -> bool:
    """Tell whether the rows are a plain event log."""
    return staged.table.into == EVENT_LOG


def is_event(staged: Staged) -> bool:
    """Tell whether the rows are events that nothing refers to."""
    return staged.table.into in EVENT_TABLES
