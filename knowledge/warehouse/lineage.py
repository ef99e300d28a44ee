# ruff: noqa: S608 - names are quoted; values are bound
"""Trace an id back: journey, canonical rows, rows as received, file and line, load, version."""

import re
from dataclasses import dataclass
from typing import Any

from knowledge.errors import BadInputError
from knowledge.sources.sql import literal, quoted
from knowledge.warehouse.mart import JOURNEYS
from knowledge.warehouse.schema import TABLES
from knowledge.warehouse.versions import Snapshot

# What a stage date adds to the id of the row it came from.
STAGE_SUFFIX = re.compile(r"#[a-z0-9_]+$")
TRACED = tuple(name for name in TABLES if name not in {"load", "quality_issue"})


@dataclass(frozen=True)
class Step:
    """Show one link of the chain.

    Attributes:
        kind: ``journey``, ``canonical``, ``raw``, ``load`` or ``version``.
        ref: What it is: a table and an id, a file and a line, a load, a version.
        detail: The values there that are not empty.
    """

    kind: str
    ref: str
    detail: dict[str, Any]


def trace(snapshot: Snapshot, id_: str) -> list[Step]:
    """Trace an id to the lines of the files it came from.

    Args:
        snapshot: A version of the warehouse.
        id_: Of a journey, of any canonical row, or of a load.

    Returns:
        The chain from the derived to the received: the journey, the canonical rows it was
        computed from, the rows as received with file and line, the loads, the version.

    Raises:
        BadInputError: Nothing has this id.
    """
    journey = _rows(snapshot, JOURNEYS, "journey_id", id_)
    steps = [Step("journey", f"{JOURNEYS} {id_}", row) for row in journey]
    canonical = [(name, row) for name in TRACED for row in _rows(snapshot, name, "id", id_)]
    if journey:
        moved = _rows(snapshot, "stage_change", "journey_id", id_)
        canonical += [("stage_change", row) for row in sorted(moved, key=_when)]
        canonical += [
            ("assignment", row) for row in _rows(snapshot, "assignment", "journey_id", id_)
        ]
    steps += [Step("canonical", f"{name} {row['id']}", row) for name, row in canonical]
    raw = _received(snapshot, [row for _, row in canonical])
    steps += raw
    loads = {row["load_id"] for _, row in canonical if row.get("load_id")}
    loads |= {step.detail["_load_id"] for step in raw} | {id_}
    files = {step.detail["_file"] for step in raw}
    for load in sorted(loads):
        for row in _rows(snapshot, "load", "load_id", load):
            if load == id_ or row["file"] in files:
                steps.append(Step("load", f"{load} {row['file']}", row))
    if not steps:
        raise BadInputError(
            f"Nothing in warehouse version {snapshot.version} has the id '{id_}'; use the id of a "
            "lead, an opportunity, a touch or a load as `weir funnel` or `weir score` show it."
        )
    pinned = snapshot.pinned
    detail = {"created_at": pinned.created_at, "load_id": pinned.load_id, "kind": pinned.kind}
    return [*steps, Step("version", str(pinned.version), detail)]


def _when(row: dict[str, Any]) -> Any:
    return row["at"]


def _rows(snapshot: Snapshot, name: str, column: str, *values: str) -> list[dict[str, Any]]:
    names = snapshot.relation(name).columns
    listed = ", ".join(literal(value) for value in values)
    query = f"SELECT * FROM ({snapshot.select(name)}) r WHERE {quoted(column)} IN ({listed})"
    rows = snapshot.connection.execute(query).fetchall()
    return [{n: v for n, v in zip(names, row, strict=True) if v is not None} for row in rows]


def _received(snapshot: Snapshot, rows: list[dict[str, Any]]) -> list[Step]:
    """Find the rows as received that canonical rows came from."""
    wanted: dict[str, set[str]] = {}
    for row in rows:
        for table, key in _origins(snapshot, row):
            wanted.setdefault(table, set()).add(key)
    steps: dict[str, Step] = {}
    for table, keys in wanted.items():
        for found in _rows(snapshot, table, "_id", *sorted(keys)):
            ref = f"{found['_file']} line {found['_line']}"
            steps.setdefault(ref, Step("raw", ref, found))
    return list(steps.values())


def _origins(snapshot: Snapshot, row: dict[str, Any]) -> list[tuple[str, str]]:
    """List the raw tables, and the id there, that may hold a canonical row's origin."""
    source, id_ = row.get("source", ""), row["id"]
    tables = [name for name in snapshot.raw_names() if name.startswith(f"raw_{source}__")]
    itself = [(table, id_) for table in tables]
    if not STAGE_SUFFIX.search(id_):
        return itself
    # A stage date's id names its table; the row itself is known by source and key.
    origin = f"{source}:{row['source_id']}"
    return itself + [
        (table, origin)
        for table in tables
        if id_.startswith(f"{source}:{table.removeprefix(f'raw_{source}__')}:")
    ]
