"""Leaks: significant, material, localised drops against the company's own history."""

import copy
import hashlib
from datetime import timedelta
from math import prod
from typing import Any

import narwhals as nw

from knowledge.warehouse.reads import ReadsWarehouse
from knowledge.warehouse.remember import per_version
from tools.funnel.clock import day_of, iso
from tools.funnel.maturity import Observation
from tools.funnel.metrics import look, scope_of
from tools.funnel.passages import passages, widen
from tools.funnel.tally import plain, tally
from tools.leakage.cells import WEEK, Cells, collect_cells
from tools.leakage.drivers import explain
from tools.leakage.scan import LEAST_BASELINE_WEEKS, SHORTEST
from tools.leakage.search import Suspect, search

LEAST_CONVERSIONS = 30  # of a transition, below which no drop could be told from chance


def find_leaks(snapshot: ReadsWarehouse) -> dict[str, Any]:
    """Find where the funnel loses more leads than it used to.

    Args:
        snapshot: The warehouse version.

    Returns:
        ``as_of``, ``warehouse_version``, ``findings`` (the costliest first), ``not_comparable``
        (periods that were not used, with the reason), ``abstained`` (transitions with too little
        data) and ``compared`` (how many comparisons the false discovery rate covers).
    """
    return copy.deepcopy(_found(snapshot))


@per_version(most=2)
def _found(snapshot: ReadsWarehouse) -> dict[str, Any]:
    observations = look(snapshot)
    cells = collect_cells(snapshot, observations)
    abstained = []
    for step in range(len(snapshot.stage_map.transitions)):
        reason = _too_little(cells.get(step))
        if reason:
            cells.pop(step, None)
            abstained.append({**_ends(snapshot, step), "reason": reason})
    suspects, compared = search(cells)
    worth = _worth(snapshot, observations)
    findings = [_finding(snapshot, cells[item.step], item, worth[item.step]) for item in suspects]
    for finding in findings:
        finding["drivers"] = explain(snapshot, observations, finding)
    findings.sort(key=lambda item: (-(item["value_lost"] or 0.0), -item["lost"]))
    return {
        "as_of": iso(snapshot.as_of),
        "warehouse_version": snapshot.version,
        "findings": findings,
        "not_comparable": _not_comparable(snapshot, observations),
        "abstained": abstained,
        "compared": compared,
    }


def _ends(snapshot: ReadsWarehouse, step: int) -> dict[str, Any]:
    origin, target = snapshot.stage_map.transitions[step]
    return {"from": origin, "to": target}


def _too_little(cells: Cells | None) -> str | None:
    if cells is None:
        return "no lead is old enough to be judged"
    if cells.weeks < LEAST_BASELINE_WEEKS + SHORTEST:
        need = LEAST_BASELINE_WEEKS + SHORTEST
        return f"only {cells.weeks} comparable weeks; at least {need} are needed"
    if cells.converted.sum() < LEAST_CONVERSIONS:
        return (
            f"only {cells.converted.sum():.0f} conversions at fixed age; "
            f"at least {LEAST_CONVERSIONS} are needed"
        )
    return None


def _worth(snapshot: ReadsWarehouse, observations: list[Observation]) -> list[float | None]:
    """Give the value of one conversion at each transition: win probability x median deal."""
    journeys = snapshot.table("journeys")
    steps = range(len(snapshot.stage_map.transitions))
    unknown: list[float | None] = [None for _ in steps]
    if "value" not in journeys.collect_schema().names():
        return unknown
    won = nw.col(f"first_{snapshot.stage_map.stages[-1]}") <= snapshot.as_of
    deals = journeys.filter(won).select(nw.col("value").median()).collect("pyarrow").rows()
    median = plain(deals[0][0]) if deals else None
    if median is None:
        return unknown
    wide = widen(journeys, snapshot.stage_map, snapshot.as_of)
    rows = passages(wide, steps, scope_of(snapshot, observations))
    rates = {item.step: item.rate or 0.0 for item in tally(rows)}
    return [
        prod(rates.get(later, 0.0) for later in steps if later > step) * float(median)
        for step in steps
    ]


def finding_id(origin: str, target: str, segment: dict[str, Any]) -> str:
    """Name a finding so that the same leak has the same id on every version."""
    text = repr((origin, target, sorted(segment.items())))
    return "leak_" + hashlib.sha256(text.encode()).hexdigest()[:6]


def _finding(
    snapshot: ReadsWarehouse, cells: Cells, found: Suspect, worth: float | None
) -> dict[str, Any]:
    ends = _ends(snapshot, found.step)
    segment = {} if found.column is None else {found.column: found.value}
    drop = found.drop
    margin = 1.96 * drop.deviation
    return {
        "id": finding_id(ends["from"], ends["to"], segment),
        "kind": "conversion_drop",
        **ends,
        "segment": segment,
        "since": day_of(cells.first_day + drop.onset * WEEK).isoformat(),
        "until": day_of(cells.first_day + cells.weeks * WEEK - 1).isoformat(),
        "baseline_rate": round(drop.expected / drop.entered, 4),
        "rate": round(drop.converted / drop.entered, 4),
        "rate_before": round(drop.before / drop.entered_before, 4),
        "entered": round(drop.entered),
        "lost": round(found.lost, 1),
        "lost_low": round(max(0.0, found.lost - margin), 1),
        "lost_high": round(found.lost + margin, 1),
        "value_lost": None if worth is None else round(found.lost * worth, 2),
        "q_value": float(f"{found.q_value:.3g}"),
    }


def _not_comparable(
    snapshot: ReadsWarehouse, observations: list[Observation]
) -> list[dict[str, Any]]:
    """List the periods that were left out, with the reason."""
    periods = []
    for step, seen in enumerate(observations):
        ends = _ends(snapshot, step)
        for gap in seen.gaps:
            first, last = (day_of(day) for day in gap.affected)
            periods.append({"period": f"{first}..{last}", "reason": gap.reason, **ends})
        if seen.entered:
            young = snapshot.as_of.date() - timedelta(days=seen.window - 1)
            reason = f"leads that entered since are younger than {seen.window} days"
            period = f"{young}..{snapshot.as_of.date()}"
            periods.append({"period": period, "reason": reason, **ends})
    return periods
