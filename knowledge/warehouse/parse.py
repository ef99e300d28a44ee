# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""Parse conformed text into types; every value that can't be parsed is reported.

The only file with DuckDB's own SQL for types, because no engine-neutral form tells a date that
does not exist from one that does.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from knowledge.sources.sql import columns_of, literal, quoted
from knowledge.warehouse.lake import SQL_TYPES
from knowledge.warehouse.quality import REJECTED, Problem, Reporter
from knowledge.warehouse.schema import Kind

TIME = (
    r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}"
    r"([ T]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|UTC|[+-]\d{2}(:?\d{2})?)?)?$"
)
WITH_ZONE = r":\d{2}([.,]\d+)?\s*(Z|UTC|[+-]\d{2}(:?\d{2})?)$"
NUMBER = r"^[-+]?[$€£]?\s?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?([eE][-+]?\d+)?$|^[-+]?\.\d+$"
TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")
EARLIEST = "TIMESTAMP '1900-01-01'"
# Columns that may lie ahead of the data: plans, not events.
PLANNED = ("renewal_at", "ended_at", "closed_at")
LATEST_PLAN = "TIMESTAMP '2200-01-01'"

UNREADABLE: dict[Kind, str] = {
    "time": "impossible or unreadable date",
    "number": "not a number",
    "integer": "not a whole number",
    "flag": "not yes or no",
    "text": "unreadable text",
}
FUTURE = "date in the future"
OLD = "date before 1900"


@dataclass(frozen=True)
class Typing:
    """Say how to type the columns of one conformed table.

    Attributes:
        kinds: Column to kind; text columns pass as they are.
        formats: Column to strptime format, or ``epoch_s`` / ``epoch_ms``.
        zone: Time zone of times that carry none.
        latest: Newest time that an event may have, naive UTC.
        strict: Columns whose unreadable value rejects the row.
    """

    kinds: Mapping[str, Kind]
    formats: Mapping[str, str]
    zone: str
    latest: datetime
    strict: Collection[str]


def type_table(
    connection: duckdb.DuckDBPyConnection,
    conformed: str,
    typed: str,
    how: Typing,
    report: Reporter,
) -> None:
    """Make a typed table of a conformed one, with a mark on the rows that can't be kept.

    Args:
        connection: Holds both tables.
        conformed: Table of text columns.
        typed: Name of the table to make; its column ``_rejected`` marks rows.
        how: Kinds, formats, zone and bounds.
        report: Receives what can't be typed.
    """
    kinds = {name: kind for name, kind in how.kinds.items() if kind != "text"}
    parts = ["false AS " + REJECTED]
    for name in columns_of(connection, conformed):
        shown = quoted(_received(name)) if name in kinds else quoted(name)
        parts.append(f"{quoted(name)} AS {shown}")
    parts += [f"{_expression(name, kind, how)} AS {quoted(name)}" for name, kind in kinds.items()]
    connection.execute(
        f"CREATE OR REPLACE TABLE {typed} AS SELECT {', '.join(parts)} FROM {conformed}"
    )
    found = []
    for name, kind in kinds.items():
        value, received = quoted(name), quoted(_received(name))
        strict = name in how.strict
        unread = f"{received} IS NOT NULL AND {value} IS NULL"
        found.append(Problem(unread, name, UNREADABLE[kind], received, strict=strict))
        if kind == "time":
            limits = ((f"{value} > {_latest(name, how)}", FUTURE), (f"{value} < {EARLIEST}", OLD))
            found += [Problem(c, name, reason, received, strict=strict) for c, reason in limits]
    for problem in report.problems(typed, found):
        value = quoted(problem.column)
        connection.execute(f"UPDATE {typed} SET {value} = NULL WHERE {problem.condition}")
    for name in kinds:
        connection.execute(f"ALTER TABLE {typed} DROP COLUMN {quoted(_received(name))}")


def _received(name: str) -> str:
    return f"text {name}"


def _latest(name: str, how: Typing) -> str:
    return LATEST_PLAN if name in PLANNED else f"TIMESTAMP '{how.latest.isoformat(sep=' ')}'"


def _expression(name: str, kind: Kind, how: Typing) -> str:
    value = quoted(name)
    if kind == "time":
        return _time(value, how.formats.get(name), how.zone)
    if kind == "flag":
        yes, no = (", ".join(map(literal, words)) for words in (TRUE, FALSE))
        low = f"lower({value})"
        return f"CASE WHEN {low} IN ({yes}) THEN true WHEN {low} IN ({no}) THEN false END"
    number = f"TRY_CAST(regexp_replace({value}, '[$€£, ]', '', 'g') AS DOUBLE)"
    number = f"CASE WHEN regexp_matches({value}, {literal(NUMBER)}) THEN {number} END"
    if kind == "integer":
        return f"CASE WHEN {number} = floor({number}) THEN TRY_CAST({number} AS BIGINT) END"
    return f"CAST({number} AS {SQL_TYPES[kind]})"


def _time(value: str, pattern: str | None, zone: str) -> str:
    if pattern in {"epoch_s", "epoch_ms"}:
        factor = 1_000_000 if pattern == "epoch_s" else 1_000
        return f"make_timestamp(CAST(TRY_CAST({value} AS DOUBLE) * {factor} AS BIGINT))"
    if pattern is not None:
        return _to_utc(f"try_strptime({value}, {literal(pattern)})", zone)
    local = _to_utc(f"TRY_CAST({value} AS TIMESTAMP)", zone)
    # DuckDB's cast to TIMESTAMP ignores an offset in the text, so text with one goes the other way.
    joined = f"regexp_replace({value}, '\\s+([-+])', '\\1')"
    absolute = f"timezone('UTC', TRY_CAST({joined} AS TIMESTAMPTZ))"
    return (
        f"CASE WHEN NOT regexp_matches({value}, {literal(TIME)}) THEN NULL "
        f"WHEN regexp_matches({value}, {literal(WITH_ZONE)}) THEN {absolute} ELSE {local} END"
    )


def _to_utc(local: str, zone: str) -> str:
    # A time that a change of clocks skips moves forward by the gap.
    if zone == "UTC":
        return local
    return f"timezone('UTC', timezone({literal(zone)}, {local}))"
