"""Rename, translate and key source rows into canonical columns, still as text."""

from collections.abc import Mapping as Dict
from typing import Any

import narwhals as nw

from knowledge.sources.received import LINE
from knowledge.warehouse.mapping import (
    EVENT_TABLES,
    IGNORE,
    STAGE_COLUMNS,
    Column,
    Filter,
    TableMapping,
)
from knowledge.warehouse.schema import TABLES
from knowledge.warehouse.stages import EXITS

MISSING = "_missing"
FILE, ORDER = "_file", "_order"
JOURNEY = "_journey"
CASE = "case"


def stage_column(stage: str) -> str:
    """Name the working column that holds when a stage was entered."""
    return f"_at_{stage}"


def expected_column(column: str) -> str:
    """Name the working column that holds a source column which should not be empty."""
    return f"_expected_{column}"


def original_column(column: str) -> str:
    """Name the working column that holds a stage value as received."""
    return f"_was_{column}"


def conform(
    frame: nw.LazyFrame[Any],
    table: TableMapping,
    *,
    label: str,
    source: str,
    stages: tuple[str, ...],
) -> nw.LazyFrame[Any]:
    """Turn source columns into canonical ones, all text, with keys and references prefixed.

    Args:
        frame: ``_line``, ``_file``, ``_order`` of the file, and the source columns as text.
        table: What the mapping says about these rows.
        label: The table's name in the mapping.
        source: Source whose name prefixes ids.
        stages: Stages of the funnel in order.

    Returns:
        One row a source row that the filter lets pass: ``_line``, ``id``, ``source_id``, the
        canonical columns that the mapping fills, the time each stage was entered, the journey,
        and the first required column that is empty.
    """
    if table.where:
        frame = frame.filter(_matches(table.where))
    key = _key(table)
    prefix = f"{source}:{label}:" if table.into in EVENT_TABLES else f"{source}:"
    columns: dict[str, nw.Expr] = {
        LINE: nw.col(LINE),
        FILE: nw.col(FILE),
        ORDER: nw.col(ORDER),
        "id": nw.concat_str(nw.lit(prefix), key),
        "source_id": key,
        MISSING: _first_missing(table),
    }
    for name, value in table.constant.items():
        columns[name] = nw.lit(value)
    known = (*stages, *EXITS)
    stage_values = STAGE_COLUMNS.get(table.into, ())
    references = _references(table)
    for name, spec in table.columns.items():
        received = text(spec.column)
        meanings = table.values.get(name, {})
        if name in stage_values:
            columns[original_column(name)] = received
            columns[name] = _stage_value(received, meanings, known)
            continue
        meant = _translated(received, meanings)
        is_reference = name in references
        columns[name] = _prefixed(meant, spec.source or source) if is_reference else meant
    for stage, rule in table.stages.items():
        entered = text(rule.column)
        applies = _matches(rule.where) if rule.where else nw.lit(True)
        columns[stage_column(stage)] = nw.when(applies).then(entered)
    for name in table.expected:
        columns[expected_column(name)] = text(name)
    if table.stages or table.journey:
        columns[JOURNEY] = _journey(table.journey, columns["id"], source)
    conformed = frame.select(**columns)
    if "to_stage" in stage_values and "to_stage" in table.columns:
        kept = nw.col("to_stage").is_null() | (nw.col("to_stage") != IGNORE)
        conformed = conformed.filter(kept)
    return conformed


def text(column: str) -> nw.Expr:
    """Give a source column's trimmed text, null where nothing is left."""
    trimmed = nw.col(column).str.strip_chars()
    return nw.when(trimmed != "").then(trimmed)


def _matches(wanted: Filter) -> nw.Expr:
    # An empty value matches nothing: null stays null, which no filter lets pass.
    conditions = [text(column).is_in(values) for column, values in wanted.items()]
    return nw.all_horizontal(*conditions, ignore_nulls=False)


def _prefixed(value: nw.Expr, source: str) -> nw.Expr:
    return nw.concat_str(nw.lit(f"{source}:"), value)


def _key(table: TableMapping) -> nw.Expr:
    if table.key:
        parts = [text(column) for column in table.key]
        return parts[0] if len(parts) == 1 else nw.concat_str(*parts, separator="|")
    # Without a key an event is told apart by all that is mapped, an absent value included.
    names = dict.fromkeys(spec.column for spec in table.columns.values())
    return nw.concat_str(*(nw.coalesce(text(name), nw.lit("")) for name in names), separator="|")


def _first_missing(table: TableMapping) -> nw.Expr:
    names = [nw.when(text(column).is_null()).then(nw.lit(column)) for column in table.required]
    return nw.coalesce(*names) if len(names) > 1 else names[0] if names else nw.lit(None, nw.String)


def _references(table: TableMapping) -> set[str]:
    held = set(TABLES[table.canonical].references)
    if table.into in {"stage_change", "assignment"}:
        held.add("journey_id")
    if table.into == "event_log":
        held |= {CASE, *TABLES["touch"].references}
    return held


def _journey(spec: Column | None, own: nw.Expr, source: str) -> nw.Expr:
    if spec is None:
        return own
    return nw.coalesce(_prefixed(text(spec.column), spec.source or source), own)


def _translated(value: nw.Expr, values: Dict[str, str]) -> nw.Expr:
    result = value
    for received, meant in values.items():
        result = nw.when(value == received).then(nw.lit(meant)).otherwise(result)
    return result


def _stage_value(value: nw.Expr, values: Dict[str, str], known: tuple[str, ...]) -> nw.Expr:
    """Translate to a stage; a value that names none becomes null and is reported later."""
    lower = value.str.to_lowercase()
    result = nw.when(lower.is_in(known)).then(lower)
    wrapped: nw.Expr = result
    for received, meant in values.items():
        wrapped = nw.when(value == received).then(nw.lit(meant)).otherwise(wrapped)
    return wrapped
