"""Breaks of data quality: a load that rejects far more than usual, a source that fell silent."""

from typing import Any

import narwhals as nw
import numpy as np

from knowledge.warehouse.reads import ReadsWarehouse
from tools.funnel.clock import DAY, epoch_seconds, iso, seconds, whole
from tools.funnel.columns import numbers

LEAST_ISSUES = 20  # of a load, to speak of a jump
LEAST_SHARE = 0.01  # of its rows
JUMP = 3.0  # times the share of the loads before
FIRST_SHARE = 0.05  # of the rows of a first load, which has none before it
RHYTHM_DAYS = 84  # from which a source's own rhythm is learned
LEAST_ACTIVE = 14  # days with events in them, to have a rhythm
# A silence is called when the events missing were so many that chance is one in a million.
LEAST_MISSING = 14.0


def breaks(snapshot: ReadsWarehouse, load_id: str) -> dict[str, Any]:
    """Find where data came in broken, or stopped coming in.

    Args:
        snapshot: The warehouse version.
        load_id: The load that made it.

    Returns:
        ``as_of``, ``warehouse_version`` and ``breaks``: ``kind`` (``issues`` or ``silence``),
        ``where`` and ``text``.
    """
    found = [*_jumps(snapshot, load_id), *_silences(snapshot)]
    return {"as_of": iso(snapshot.as_of), "warehouse_version": snapshot.version, "breaks": found}


def _jumps(snapshot: ReadsWarehouse, load_id: str) -> list[dict[str, Any]]:
    if not {"load", "quality_issue"} <= set(snapshot.names()):
        return []
    rows = _by_load(snapshot.table("load").group_by("load_id").agg(n=nw.col("rows").sum()))
    issues = _by_load(snapshot.table("quality_issue").group_by("load_id").agg(n=nw.len()))
    now = issues.get(load_id, 0.0)
    share = now / max(rows.get(load_id, 0.0), 1.0)
    earlier = sum(count for load, count in rows.items() if load != load_id)
    before = sum(count for load, count in issues.items() if load != load_id) / max(earlier, 1.0)
    limit = max(LEAST_SHARE, JUMP * before) if earlier else FIRST_SHARE
    if now < LEAST_ISSUES or share < limit:
        return []
    usual = f"{before:.1%} of the rows of earlier loads" if earlier else "a first load"
    text = f"{now:,.0f} quality issues in the newest load, {share:.1%} of its rows; {usual}"
    return [{"kind": "issues", "where": load_id, "text": text}]


def _by_load(frame: nw.LazyFrame[Any]) -> dict[str, float]:
    return {load: float(n or 0) for load, n in frame.collect("pyarrow").iter_rows()}


def _silences(snapshot: ReadsWarehouse) -> list[dict[str, Any]]:
    """Find sources of touches whose silence is longer than their rhythm explains."""
    if "touch" not in snapshot.names():
        return []
    now = epoch_seconds(snapshot.as_of)
    days = (
        snapshot.table("touch")
        .with_columns(back=whole(now - seconds(nw.col("at")), DAY))
        .filter(nw.col("back") >= 0, nw.col("back") < RHYTHM_DAYS)
        .group_by("source", "channel", "back")
        .agg(n=nw.len())
        .collect("pyarrow")
    )
    if not len(days):
        return []
    names = [
        f"{channel} ({source})"
        for source, channel in zip(days["source"].to_list(), days["channel"].to_list(), strict=True)
    ]
    labels, place = np.unique(np.array(names), return_inverse=True)
    counts = np.zeros((len(labels), RHYTHM_DAYS))
    counts[place, numbers(days["back"]).astype(np.int64)] = numbers(days["n"])
    found = []
    for label, daily in zip(labels.tolist(), counts, strict=True):
        active = np.flatnonzero(daily)
        silent = int(active[0])
        usual_gap = int(np.diff(active).max(initial=1)) - 1
        missing = silent * float(daily[silent:].mean())
        if len(active) < LEAST_ACTIVE or silent <= 2 * max(usual_gap, 1):
            continue
        if missing >= LEAST_MISSING:
            text = (
                f"Nothing from {label} for {silent} days; about {missing:,.0f} events were to be "
                f"expected, and its longest pause before was {usual_gap} days"
            )
            found.append({"kind": "silence", "where": label, "text": text})
    return found
