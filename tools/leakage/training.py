"""Training: weekly point-in-time rows, fitted on the past and checked on a later period."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.funnel.clock import DAY
from tools.leakage.additive import Additive, fit
from tools.leakage.features import AGE_BINS, Feature, age_code, offered
from tools.leakage.history import Floats, History
from tools.leakage.validation import compare

LEARNED = 3.0  # windows in a stage, up to which leads are learned from
IN_TIME = 1.0  # windows in a stage, after which a lead has leaked rather than being at risk
CHECKED = 0.35  # share of the weeks, the latest, that the score is checked on


@dataclass(frozen=True)
class Rows:
    """Hold leads that were open at the end of a week.

    Attributes:
        lead: Row number of each in the history.
        step: The transition it stood before.
        week: The week.
        codes: Rows x (stage and age, then each feature).
        leaked: 1 where it did not pass within the window after that week.
    """

    lead: NDArray[np.int64]
    step: NDArray[np.int64]
    week: NDArray[np.int64]
    codes: NDArray[np.int64]
    leaked: Floats


@dataclass(frozen=True)
class RiskModel:
    """Hold a fitted score and how good it was on later leads.

    Attributes:
        additive: Points of each bin; None where nothing could be fitted.
        features: The features beside stage and age.
        metrics: Figures of the check.
        reason: Why it abstains; None if it may be used.
    """

    additive: Additive | None
    features: tuple[Feature, ...]
    metrics: dict[str, Any]
    reason: str | None

    @property
    def version(self) -> str:
        """Name the model by its features and points."""
        text = repr([(item.name, item.bins) for item in self.features])
        if self.additive is not None:
            text += repr([np.round(points, 6).tolist() for points in self.additive.points])
        return "risk-" + hashlib.sha256(text.encode()).hexdigest()[:8]


def rows_at(history: History, week: int, windows: dict[int, int], reach: float | None) -> Rows:
    """Describe the leads that were open at the end of a week by what was known then.

    Args:
        history: The leads.
        week: Number of the week.
        windows: Transition number to its window in days.
        reach: Windows in a stage after which leads are left out; None leaves none out.
    """
    features = offered(history)
    moment = float(history.ends[week])
    parts = []
    for step, window in windows.items():
        here = history.is_open(step, moment)
        days = (moment - history.entered[:, step]) / DAY
        if reach is not None:
            here &= days <= reach * window
        if not here.any():
            continue
        age = step * (len(AGE_BINS) + 1) + age_code(days[here], window)
        codes = np.stack(
            [age, *(item.code(history, week, here, step) for item in features)], axis=1
        )
        passed = history.reached[here, step] <= moment + window * DAY
        leads = np.flatnonzero(here)
        count = len(leads)
        parts.append(Rows(leads, np.full(count, step), np.full(count, week), codes, 1.0 - passed))
    return _joined(parts, 1 + len(features))


def _joined(parts: list[Rows], width: int) -> Rows:
    empty = np.zeros(0, dtype=np.int64)
    if not parts:
        return Rows(empty, empty, empty, np.zeros((0, width), dtype=np.int64), np.zeros(0))
    return Rows(
        np.concatenate([part.lead for part in parts]),
        np.concatenate([part.step for part in parts]),
        np.concatenate([part.week for part in parts]),
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.leaked for part in parts]),
    )


def train(
    history: History,
    windows: dict[int, int],
    affected: Mapping[int, Sequence[tuple[int, int]]],
    listed: set[int],
) -> RiskModel:
    """Fit on earlier weeks, check on later ones, and fit again on all if it holds.

    A training row's outcome was known before the first week that it is checked on.

    Args:
        history: The leads.
        windows: Transition number to its window in days.
        affected: Transition number to ranges of entering days whose outcomes were not recorded.
        listed: Transitions that the score is asked for, and is checked on.
    """
    features = offered(history)
    if not windows:
        return RiskModel(None, features, {}, "no transition has conversions to learn from")
    sizes = (
        (max(windows) + 1) * (len(AGE_BINS) + 1),
        *(len(item.bins) for item in features),
    )
    rows = _joined(
        [rows_at(history, week, windows, LEARNED) for week in range(len(history.ends))], len(sizes)
    )
    span = np.array([windows.get(step, 0) for step in range(max(windows) + 1)]) * DAY
    known_at = history.ends[rows.week] + span[rows.step]
    settled = (known_at <= history.ends[-1]) & ~_unrecorded(history, rows, affected)
    if not settled.any():
        return RiskModel(None, features, {}, "no lead has been open long enough to learn from")
    weeks = np.unique(rows.week[settled])
    start = float(history.ends[weeks[int(len(weeks) * (1 - CHECKED))]])
    past = settled & (known_at <= start)
    # The check is on the leads that will be listed: the others' fate is too easily told.
    days = (history.ends[rows.week] - history.entered[rows.lead, rows.step]) / span[rows.step]
    later = settled & (history.ends[rows.week] >= start) & (days <= IN_TIME)
    later &= np.isin(rows.step, list(listed))
    if len(np.unique(rows.leaked[past])) < 2:  # noqa: PLR2004 - both outcomes must occur
        return RiskModel(None, features, {}, "the past holds too few outcomes to learn from")
    model = fit(rows.codes[past], rows.leaked[past], sizes)
    by_stage = _base_rate(rows, past)[rows.step[later]]
    metrics, reason = compare(model.risk(rows.codes[later]), by_stage, rows.leaked[later])
    if reason is None:
        model = fit(rows.codes[settled], rows.leaked[settled], sizes)
    return RiskModel(model, features, metrics, reason)


def _unrecorded(
    history: History, rows: Rows, affected: Mapping[int, Sequence[tuple[int, int]]]
) -> NDArray[np.bool_]:
    """Mark rows of leads whose passing would not have been recorded."""
    day = history.entered[rows.lead, rows.step] // DAY
    spoiled = np.zeros(len(day), dtype=bool)
    for step, ranges in affected.items():
        for first, last in ranges:
            spoiled |= (rows.step == step) & (day >= first) & (day <= last)
    return spoiled


def _base_rate(rows: Rows, chosen: NDArray[np.bool_]) -> Floats:
    size = int(rows.step.max()) + 1
    leads = np.bincount(rows.step[chosen], minlength=size)
    leaks = np.bincount(rows.step[chosen], rows.leaked[chosen], size)
    return np.asarray((leaks + 0.5) / (leads + 1))
