"""Leads behind a signal, as far as the person who asks may see them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import narwhals as nw

from agent import words
from agent.access import Viewer
from agent.slack import blocks
from agent.slack.alerts.reports import Reports, reports
from agent.slack.alerts.signals import raising, risk_words
from agent.slack.blocks import Block
from agent.slack.text import clip, data

if TYPE_CHECKING:
    from agent.slack.surface import Surface
    from knowledge.warehouse.versions import Snapshot

MOST = 30
_PER_SECTION = 6
_COLUMNS = ("journey_id", "name", "current_stage", "owner_id", "owner", "value")
_NAME, _REASON = 150, 200


def lead_blocks(surface: "Surface", viewer: Viewer, refs: Mapping[str, Any]) -> list[Block]:
    """Draw the open leads that a signal is about, the riskiest first.

    Args:
        surface: Where everything is.
        viewer: Who looks; those who see only their own are shown only theirs.
        refs: Of the signal: ``finding_id``, ``journey_ids`` or ``account_id``.
    """
    found = reports(surface.weir)
    if found is None:
        return [blocks.section("Nothing is loaded yet.")]
    with surface.weir.snapshot() as snapshot:
        rows = _rows(snapshot, found, refs)
    hidden = 0
    if viewer.sees != "all":
        mine = [row for row in rows if viewer.owner_id and row["owner_id"] == viewer.owner_id]
        hidden, rows = len(rows) - len(mine), mine
    risk = {row["entity"]: row for row in found.scores["scores"]}
    rows.sort(key=lambda row: (-_risk(risk.get(row["journey_id"])), str(row["name"])))
    lines = [_line(row, risk.get(row["journey_id"])) for row in rows[:MOST]]
    drawn = [
        blocks.section("\n".join(lines[start : start + _PER_SECTION]))
        for start in range(0, len(lines), _PER_SECTION)
    ]
    if not drawn:
        drawn.append(blocks.section("No open lead of yours is in it."))
    notes = []
    if len(rows) > MOST:
        notes.append(f"… and {len(rows) - MOST} more.")
    if hidden:
        are = "lead of others is" if hidden == 1 else "leads of others are"
        notes.append(f"{hidden} {are} not shown.")
    notes.append(f"As of {words.day(found.as_of)}, warehouse version {found.version}.")
    return [*drawn, blocks.context(" ".join(notes))]


def _rows(snapshot: "Snapshot", found: Reports, refs: Mapping[str, Any]) -> list[dict[str, Any]]:
    from agent.proposal import segment_filter  # noqa: PLC0415 - it brings in the play engine

    journeys = snapshot.table("journeys").filter(nw.col("is_open"))
    if "finding_id" in refs:
        finding = next(
            (leak for leak in found.leaks["findings"] if leak["id"] == refs["finding_id"]), None
        )
        if finding is None:
            return []
        journeys = journeys.filter(
            segment_filter(finding), nw.col("current_stage") == finding["from"]
        )
    elif "account_id" in refs:
        journeys = journeys.filter(nw.col("account_id") == refs["account_id"])
    else:
        journeys = journeys.filter(nw.col("journey_id").is_in(list(refs.get("journey_ids", ()))))
    present = [name for name in _COLUMNS if name in journeys.collect_schema().names()]
    rows = journeys.select(present).collect("pyarrow").iter_rows(named=True)
    return [dict.fromkeys(_COLUMNS) | dict(row) for row in rows]


def _risk(row: Mapping[str, Any] | None) -> float:
    return float(row["risk"]) if row else 0.0


def _line(lead: Mapping[str, Any], scored: Mapping[str, Any] | None) -> str:
    name = clip(data(lead["name"] or lead["journey_id"]), _NAME)
    parts = [data(words.stage(lead["current_stage"]))]
    if scored:
        parts = [data(risk_words(scored))]
    if lead["value"]:
        parts.append(f"value {lead['value']:,.0f}")
    if lead["owner"]:
        parts.append(f"with {clip(data(lead['owner']), _NAME)}")
    line = f"• *{name}*: {', '.join(parts)}"
    reasons = raising(scored)[:2] if scored else []
    return f"{line}\n    _{clip(data('; '.join(reasons)), _REASON)}_" if reasons else line
