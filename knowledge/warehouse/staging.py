# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""Read the files of one mapping table into staged rows: typed, keyed, each id once."""

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import narwhals as nw

from knowledge.sources.files import read_file
from knowledge.sources.received import LINE, ReadOptions, SourceTable
from knowledge.sources.sql import columns_of, count, literal, quoted
from knowledge.sources.survey import SourceFileError
from knowledge.warehouse import conform as conforming
from knowledge.warehouse.lake import SQL_TYPES
from knowledge.warehouse.mapping import NEEDED, STAGE_COLUMNS, Mapping, TableMapping, target_columns
from knowledge.warehouse.parse import Typing, type_table
from knowledge.warehouse.quality import DUPLICATE, FILE, REJECTED, Problem, Reporter
from knowledge.warehouse.schema import Kind

ORDER = conforming.ORDER


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
        raw: SQL of the rows as received.
        counts: File name to rows read (kept and unread).
    """

    label: str
    table: TableMapping
    source: str
    rows: str
    raw: str
    counts: dict[str, int]

    @property
    def raw_name(self) -> str:
        """Name the Delta table that keeps the rows as received."""
        return raw_name(self.source, self.label)


def raw_name(source: str, label: str) -> str:
    """Name the Delta table of a mapping table's rows as received."""
    return f"raw_{source}__{label}"


@dataclass
class Stage:
    """Hold what one load reads, so that a file which several tables map is read once.

    Attributes:
        connection: Holds the staged rows and the issues table.
        mapping: The whole mapping.
        load_id: This load.
        latest: Newest time that an event may have, naive UTC.
        received: What was read, by file and options.
    """

    connection: duckdb.DuckDBPyConnection
    mapping: Mapping
    load_id: str
    latest: datetime
    received: dict[tuple[Path, ReadOptions], SourceTable] = field(default_factory=dict)

    def add(self, label: str, files: list[SourceFile]) -> Staged:
        """Read a mapping table's files, in order; a later one wins where an id comes again.

        Raises:
            SourceFileError: A file as a whole can't be read.
        """
        table = self.mapping.tables[label]
        source = table.source or self.mapping.source
        report = Reporter(self.connection, label, table.into)
        texts, counts, raws = [], {}, []
        for order, file in enumerate(files):
            received, is_first = self._read(table, file)
            if is_first:
                report.unread(file.name, received.issues)
            counts[file.name] = received.rows + len(received.issues)
            stamp = f"{literal(file.name)} AS {FILE}, {order} AS {ORDER}"
            texts.append(f"SELECT *, {stamp} FROM ({received.text(table.source_columns)}) x")
            raws.append((received.name, file.name, order, is_first))
        rows = f"rows_{label}"
        frame = nw.from_native(self.connection.sql(" UNION ALL ".join(texts)))
        result = conforming.conform(
            frame, table, label=label, source=source, stages=tuple(self.mapping.stages)
        )
        conformed = f"conformed_{label}"
        result.to_native().create_view(conformed)
        type_table(self.connection, conformed, rows, self._typing(table), report)
        self.connection.execute(
            f"CREATE TABLE ids_{label} AS SELECT {ORDER}, {LINE}, id FROM {rows}"
        )
        report.problems(rows, _problems(rows, table, set(columns_of(self.connection, rows))))
        _keep_last(report, rows)
        return Staged(label, table, source, rows, self._raw(label, raws), counts)

    def _read(self, table: TableMapping, file: SourceFile) -> tuple[SourceTable, bool]:
        options = ReadOptions(table.delimiter, table.encoding)
        held = self.received.get((file.path, options))
        try:
            received = held or read_file(
                self.connection, f"received_{len(self.received)}", file.path, options
            )
            received.check(table.source_columns)
        except SourceFileError as error:
            raise SourceFileError(f"{self.mapping.name}, table {file.label}: {error}") from None
        self.received[file.path, options] = received
        return received, held is None

    def _typing(self, table: TableMapping) -> Typing:
        targets = target_columns(table.into, tuple(self.mapping.segments))
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
        zone = table.time_zone or self.mapping.time_zone
        return Typing(kinds, formats, zone, self.latest, strict)

    def _raw(self, label: str, parts: list[tuple[str, str, int, bool]]) -> str:
        """Write the SQL of the rows as received.

        A file that several tables map is kept once as a whole, and for the other tables only
        the rows that became theirs.
        """
        queries = [
            f"SELECT c.id AS _id, {literal(file)} AS _file, {literal(self.load_id)} AS _load_id, "
            f"r.* FROM {quoted(name)} r {'LEFT' if is_first else 'INNER'} JOIN "
            f"(SELECT {LINE}, id FROM ids_{label} WHERE {ORDER} = {order}) c ON r.{LINE} = c.{LINE}"
            for name, file, order, is_first in parts
        ]
        return " UNION ALL BY NAME ".join(queries)


def _problems(rows: str, table: TableMapping, columns: set[str]) -> list[Problem]:
    """List what makes a row unfit, or is worth a warning, beside values that can't be typed."""
    missing = quoted(conforming.MISSING)
    found = [
        Problem("id IS NULL", "+".join(table.key), "no key", "NULL", strict=True),
        Problem(f"{missing} IS NOT NULL", missing, "required column is empty", "NULL", strict=True),
    ]
    for name in STAGE_COLUMNS.get(table.into, ()):
        was = conforming.original_column(name)
        if was in columns:
            unknown = f"{quoted(was)} IS NOT NULL AND {quoted(name)} IS NULL"
            reason = "unknown stage: add it to values in the mapping"
            strict = name == "to_stage"
            found.append(Problem(unknown, name, reason, quoted(was), strict=strict))
    for name in NEEDED.get(table.into, ()):
        if name != "to_owner_id":  # an assignment to nobody is what a governance gap looks like
            empty = f"{quoted(name)} IS NULL"
            found.append(Problem(empty, name, f"no {name}", "NULL", strict=True))
    for name in table.expected:
        empty = f"{quoted(conforming.expected_column(name))} IS NULL"
        found.append(Problem(empty, name, "expected column is empty", "NULL", strict=False))
    found.append(
        Problem(
            f"(id, {ORDER}, {LINE}) NOT IN (SELECT (id, {ORDER}, max({LINE})) FROM {rows} "
            f"WHERE NOT {REJECTED} GROUP BY id, {ORDER})",
            "id",
            DUPLICATE,
            "id",
            strict=True,
            when=f"SELECT count(*) > count(DISTINCT (id, {ORDER})) FROM {rows} "
            f"WHERE NOT {REJECTED}",
        )
    )
    return found


def _keep_last(report: Reporter, rows: str) -> None:
    """Drop rejected rows, and keep an id's row of the last file: the others are older states."""
    connection = report.connection
    if count(connection, f"SELECT count(*) FROM {rows} WHERE {REJECTED}"):
        connection.execute(f"DELETE FROM {rows} WHERE {REJECTED}")
    if count(connection, f"SELECT count(*) - count(DISTINCT id) FROM {rows}"):
        connection.execute(
            f"DELETE FROM {rows} WHERE (id, {ORDER}) NOT IN "
            f"(SELECT (id, max({ORDER})) FROM {rows} GROUP BY id)"
        )


def canonical_select(staged: Staged, canonical: str, columns: Dict[str, Kind], load_id: str) -> str:
    """Write the SQL of staged rows as rows of a canonical table."""
    filled = {"id", *staged.table.columns, *staged.table.constant}
    given = {
        "source": literal(staged.source),
        "source_id": "source_id",
        "load_id": literal(load_id),
    }
    if canonical == "opportunity" and staged.table.journey and "person_id" not in filled:
        given["person_id"] = f"CASE WHEN {conforming.JOURNEY} <> id THEN {conforming.JOURNEY} END"
    parts = []
    for name, kind in columns.items():
        empty = quoted(name) if name in filled else f"CAST(NULL AS {SQL_TYPES[kind]})"
        parts.append(f"{given.get(name, empty)} AS {quoted(name)}")
    return f"SELECT {', '.join(parts)} FROM {staged.rows}"
