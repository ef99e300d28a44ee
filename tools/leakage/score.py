"""The risk score: which open leads will not make their next transition, and what would help."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import BadInputError
from knowledge.warehouse.reads import ReadsWarehouse
from knowledge.warehouse.remember import per_version
from tools.funnel.clock import DAY, iso
from tools.funnel.data import check_segments, read_segment, same_value
from tools.funnel.metrics import look
from tools.leakage.features import AGE_BINS, AGE_TEXT
from tools.leakage.history import History, read_history
from tools.leakage.training import IN_TIME, RiskModel, Rows, rows_at, train

_REASONS = 3
LEAST_CONVERSIONS = 30  # of a transition, to learn from
WORKED_FROM = "mql"
LEAST_EFFECT = 0.005  # on the risk, to be worth naming
LEAST_REDUCTION = 0.03  # of the risk, to be worth advising


def score(
    snapshot: ReadsWarehouse,
    *,
    journey_ids: Sequence[str] | None = None,
    owner: str | None = None,
    limit: int = 20,
    segment: Mapping[str, Any] | str | None = None,
    stage: str | None = None,
) -> dict[str, Any]:
    """Score open leads by the risk that they do not make their next transition.

    The horizon is the transition's own window: the days within which nine in ten that convert
    have done so. The model is fitted on weekly snapshots of the past and used only if it beats
    the base rate of each stage on a later period.

    Args:
        snapshot: The warehouse version.
        journey_ids: Score these leads only, however long they have been in their stage; others
            are scored while they are within the window.
        owner: Score leads of this owner (name or id) only.
        limit: Return at most so many, the riskiest first.
        segment: Column to value, or ``column=value``: score leads of this segment only.
        stage: Score leads that stand in this stage only. By default those in a stage from
            ``mql`` on, where the funnel has it: before, nobody is meant to call them.

    Returns:
        ``as_of``, ``warehouse_version``, ``model`` (``version``, ``abstained``, ``reason``,
        ``metrics``) and ``scores``; no scores where the model abstains.

    Raises:
        BadInputError: Unknown segment or stage, or a negative limit.
    """
    if limit < 0:
        raise BadInputError(f"A limit of {limit} makes no sense; give at least 1.")
    segment = read_segment(segment) if isinstance(segment, str) else dict(segment or {})
    check_segments(snapshot, tuple(segment))
    stages = snapshot.stage_map.stages[:-1]
    if stage is not None and stage not in stages:
        raise BadInputError(f"No lead waits in {stage!r}; choose from: {', '.join(stages)}.")
    if stage is not None:
        listed = {stages.index(stage)}
    else:
        first = stages.index(WORKED_FROM) if WORKED_FROM in stages else 0
        listed = set(range(0 if journey_ids is not None else first, len(stages)))
    fitted = _fitted(snapshot, tuple(segment), frozenset(listed))
    history, model = fitted.history, fitted.model
    found: list[dict[str, Any]] = []
    rows = fitted.within if journey_ids is None else fitted.standing
    if rows is not None:
        rows = _chosen(rows, _selected(history, journey_ids, owner, segment))
        rows = _furthest(rows, listed)
        found = _scores(snapshot, history, model, rows, windows=fitted.windows, limit=limit)
    return {
        "as_of": iso(snapshot.as_of),
        "warehouse_version": snapshot.version,
        "model": {
            "version": model.version,
            "abstained": model.reason is not None,
            "reason": model.reason,
            "metrics": model.metrics,
        },
        "scores": found,
    }


@dataclass(frozen=True)
class _Fitted:
    """Hold a model with the open leads that it may score.

    Attributes:
        history: The leads, without what they did week by week.
        windows: Transition number to its window in days.
        within: Leads that are still within the window of their stage; None where it abstains.
        standing: All open leads; None where it abstains.
    """

    history: History
    windows: dict[int, int]
    model: RiskModel
    within: Rows | None
    standing: Rows | None


@per_version(most=8)
def _fitted(snapshot: ReadsWarehouse, columns: tuple[str, ...], listed: frozenset[int]) -> _Fitted:
    observations = look(snapshot)
    windows = {
        step: seen.window
        for step, seen in enumerate(observations)
        if seen.conversions >= LEAST_CONVERSIONS
    }
    history = read_history(snapshot, columns)
    affected = {step: seen.affected for step, seen in enumerate(observations)}
    model = train(history, windows, affected, set(listed))
    week = len(history.ends) - 1
    useful = model.reason is None
    return _Fitted(
        # What is kept is small: the weeks are by far the largest part.
        replace(history, touches=None, two_way=None),
        windows,
        model,
        within=rows_at(history, week, windows, IN_TIME) if useful else None,
        standing=rows_at(history, week, windows, None) if useful else None,
    )


def score_id(journey_id: str) -> str:
    """Name the score of a lead."""
    return "score_" + hashlib.sha256(journey_id.encode()).hexdigest()[:8]


def _selected(
    history: History,
    journey_ids: Sequence[str] | None,
    owner: str | None,
    segment: Mapping[str, Any],
) -> NDArray[np.bool_]:
    chosen = np.ones(len(history.journey), dtype=bool)
    if journey_ids is not None:
        chosen &= np.isin(history.journey.astype(str), list(journey_ids))
    if owner is not None:
        known = [history.labels[name] for name in ("owner", "owner_id") if name in history.labels]
        chosen &= np.array(
            [any(same_value(item, owner) for item in row) for row in zip(*known, strict=True)],
            dtype=bool,
        )
    for column, value in segment.items():
        chosen &= np.array([same_value(item, value) for item in history.labels[column]], dtype=bool)
    return chosen


def _chosen(rows: Rows, leads: NDArray[np.bool_]) -> Rows:
    return _take(rows, leads[rows.lead])


def _furthest(rows: Rows, listed: set[int]) -> Rows:
    """Keep one row a lead: of several transitions it stands before, the furthest."""
    order = np.lexsort((-rows.step, rows.lead))
    _, first = np.unique(rows.lead[order], return_index=True)
    keep = np.zeros(len(rows.lead), dtype=bool)
    keep[order[first]] = True
    return _take(rows, keep & np.isin(rows.step, list(listed)))


def _take(rows: Rows, keep: NDArray[np.bool_]) -> Rows:
    return Rows(
        rows.lead[keep], rows.step[keep], rows.week[keep], rows.codes[keep], rows.leaked[keep]
    )


def _scores(
    snapshot: ReadsWarehouse,
    history: History,
    model: RiskModel,
    rows: Rows,
    *,
    windows: dict[int, int],
    limit: int,
) -> list[dict[str, Any]]:
    assert model.additive is not None  # noqa: S101 - asked only of a fitted model
    risk = model.additive.risk(rows.codes)
    ranked = np.argsort(-risk, kind="stable")[:limit]
    now = float(history.ends[-1])
    found = []
    for row in ranked:
        lead, step = int(rows.lead[row]), int(rows.step[row])
        journey = str(history.journey[lead])
        origin, target = snapshot.stage_map.transitions[step]
        days = (now - float(history.entered[lead, step])) / DAY
        found.append(
            {
                "id": score_id(journey),
                "entity": journey,
                "name": _label(history, "name", lead),
                "owner": _label(history, "owner", lead),
                "from": origin,
                "to": target,
                "days_in_stage": round(days, 1),
                "horizon_days": windows[step],
                "risk": round(float(risk[row]), 4),
                "reasons": _reasons(model, rows.codes[row], days, windows[step]),
                "lower_it": _lower(model, rows.codes[row]),
            }
        )
    return found


def _label(history: History, name: str, lead: int) -> Any:
    column = history.labels.get(name)
    return None if column is None else column[lead]


def _reasons(
    model: RiskModel, codes: NDArray[np.int64], days: float, window: int
) -> list[dict[str, Any]]:
    """Name what raises the risk most, each against an average open lead."""
    assert model.additive is not None  # noqa: S101 - asked only of a fitted model
    total = float(model.additive.score(codes[None, :])[0])
    reasons: list[dict[str, Any]] = []
    for number, points in enumerate(model.additive.points):
        code = int(codes[number])
        effect = _risk(total) - _risk(total - float(points[code]))
        if number == 0:
            text = f"{days:.0f} days in the stage: {AGE_TEXT[code % (len(AGE_BINS) + 1)]}"
            text += f" ({window} days)"
            name, value = "days_in_stage", f"{days:.0f}"
        else:
            feature = model.features[number - 1]
            name, value, text = feature.name, feature.bins[code], feature.bins[code]
        if effect >= LEAST_EFFECT:
            reasons.append(
                {"feature": name, "value": value, "effect": round(effect, 4), "text": text}
            )
    reasons.sort(key=lambda item: -item["effect"])
    return reasons[:_REASONS]


def _lower(model: RiskModel, codes: NDArray[np.int64]) -> str | None:
    """Say which single thing that somebody can do goes with the lowest risk."""
    assert model.additive is not None  # noqa: S101 - asked only of a fitted model
    now = float(model.additive.risk(codes[None, :])[0])
    best, advice = now, None
    for number, feature in enumerate(model.features, start=1):
        if feature.best is None or codes[number] in {feature.best, feature.settled}:
            continue
        changed = codes.copy()
        changed[number] = feature.best
        then = float(model.additive.risk(changed[None, :])[0])
        if then < best - LEAST_REDUCTION:
            best = then
            advice = f"{feature.remedy} goes with a risk of {then:.0%} instead of {now:.0%}"
    return advice


def _risk(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))
