"""Drift: are the leads that the risk score describes still like those of four weeks ago?"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.warehouse.reads import ReadsWarehouse
from tools.funnel.clock import iso
from tools.funnel.metrics import look
from tools.leakage.features import AGE_BINS, AGE_TEXT
from tools.leakage.history import Floats, read_history
from tools.leakage.score import LEAST_CONVERSIONS
from tools.leakage.training import IN_TIME, RiskModel, Rows, rows_at, train

DAYS = 28
WEEKS_BACK = DAYS // 7
LEAST_LEADS = 100  # open leads on either side
# The usual reading of the index: below 0.1 nothing, up to 0.2 a little, above it a shift.
SHIFTED = 0.2
LARGEST_P = 0.01  # over everything compared, so that few leads alone don't shift anything
SCORE_BINS = 10


def drift(snapshot: ReadsWarehouse) -> dict[str, Any]:
    """Compare the open leads of today with those of 28 days before, feature by feature.

    The population stability index of a feature is the sum over its bins of ``(now - before) *
    ln(now / before)`` (shares; symmetric Kullback-Leibler divergence). It is called shifted from
    0.2 on, if leads as few as these would not shift as much by chance in one of a hundred
    comparisons (scaled by the sample sizes the index is close to chi-square; Yurdakul 2018).

    Args:
        snapshot: The warehouse version.

    Returns:
        ``as_of``, ``warehouse_version``, ``abstained`` (the reason, or None), ``threshold``,
        ``leads`` (``before``, ``now``) and ``compared``: for each feature and the score
        ``feature``, ``index``, ``p_value``, ``shifted`` and ``text``, the most moved first.
    """
    report: dict[str, Any] = {
        "as_of": iso(snapshot.as_of),
        "warehouse_version": snapshot.version,
        "abstained": None,
        "threshold": SHIFTED,
        "leads": {"before": 0, "now": 0},
        "compared": [],
    }
    observations = look(snapshot)
    windows = {
        step: seen.window
        for step, seen in enumerate(observations)
        if seen.conversions >= LEAST_CONVERSIONS
    }
    if not windows:
        return report | {"abstained": "no transition has conversions to learn from"}
    history = read_history(snapshot, ())
    weeks = len(history.ends)
    if weeks <= WEEKS_BACK:
        return report | {"abstained": f"less than {DAYS} days are recorded"}
    before = rows_at(history, weeks - 1 - WEEKS_BACK, windows, IN_TIME)
    now = rows_at(history, weeks - 1, windows, IN_TIME)
    report["leads"] = {"before": len(before.lead), "now": len(now.lead)}
    if min(len(before.lead), len(now.lead)) < LEAST_LEADS:
        return report | {"abstained": f"fewer than {LEAST_LEADS} open leads then or now"}
    affected = {step: seen.affected for step, seen in enumerate(observations)}
    model = train(history, windows, affected, set(windows))
    compared = _features(model, before, now, snapshot.stage_map.stages)
    if model.reason is None and model.additive is not None:
        compared.append(_scores(model.additive.risk(before.codes), model.additive.risk(now.codes)))
    for item in compared:
        certain = item["p_value"] * len(compared) <= LARGEST_P
        item["shifted"] = bool(item["index"] >= SHIFTED and certain)
    compared.sort(key=lambda item: -item["index"])
    return report | {"compared": compared}


def stability_index(before: Floats, now: Floats) -> tuple[float, float]:
    """Give the population stability index of two counts by bin, and its p-value.

    Half a lead is added to every bin that is not empty on both sides.
    """
    # It costs a third of a second to import, which only this question pays.
    from scipy.special import chdtrc  # noqa: PLC0415

    used = (before + now) > 0
    first, second = before[used] + 0.5, now[used] + 0.5
    if len(first) < 2:  # noqa: PLR2004 - all leads are in one bin, then and now
        return 0.0, 1.0
    share, later = first / first.sum(), second / second.sum()
    index = float(((later - share) * np.log(later / share)).sum())
    size = before.sum() * now.sum() / (before.sum() + now.sum())
    return index, float(chdtrc(len(first) - 1, index * size))


def _features(
    model: RiskModel, before: Rows, now: Rows, stages: Sequence[str]
) -> list[dict[str, Any]]:
    ages = len(AGE_BINS) + 1
    bins: list[tuple[str, Sequence[str]]] = [("days_in_stage", AGE_TEXT)]
    bins += [(feature.name, feature.bins) for feature in model.features]
    found = []
    for number, (name, words) in enumerate(bins):
        old, new = before.codes[:, number], now.codes[:, number]
        if number == 0:  # the first code holds the stage and the age
            old, new = old % ages, new % ages
            waiting = [f"waiting in {stage}" for stage in stages]
            sizes = _counted(before.step, len(stages)), _counted(now.step, len(stages))
            found.append(_compared("stage", waiting, *sizes))
        size = len(words)
        found.append(_compared(name, words, _counted(old, size), _counted(new, size)))
    return found


def _scores(before: Floats, now: Floats) -> dict[str, Any]:
    """Compare scores by the tenths that they fell into before."""
    edges = np.unique(np.quantile(before, np.linspace(0, 1, SCORE_BINS + 1)[1:-1]))
    limits = [0.0, *edges.tolist(), 1.0]
    words = [f"risk {low:.0%} to {high:.0%}" for low, high in pairwise(limits)]
    return _compared(
        "risk",
        words,
        _counted(np.digitize(before, edges), len(words)),
        _counted(np.digitize(now, edges), len(words)),
    )


def _counted(codes: NDArray[np.int64], size: int) -> Floats:
    return np.bincount(codes, minlength=size).astype(np.float64)


def _compared(name: str, words: Sequence[str], before: Floats, now: Floats) -> dict[str, Any]:
    index, p_value = stability_index(before, now)
    share, later = before / before.sum(), now / now.sum()
    most = int(np.argmax(np.abs(later - share)))
    return {
        "feature": name,
        "index": round(index, 4),
        "p_value": p_value,
        "shifted": False,
        "text": f"{words[most]}: {later[most]:.0%} of the open leads, "
        f"{share[most]:.0%} {DAYS} days before",
    }
