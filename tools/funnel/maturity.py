"""Maturity: how long to wait before a rate may be read, and what was never recorded."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from tools.funnel.clock import day_of
from tools.funnel.columns import NEVER, integers

SHORTEST_WINDOW = 7  # days
SHARE = 0.9  # the window holds this share of the conversions that ever come
IMPROBABLE = 1e-6  # a silence less likely than this is a recording gap, not chance
SHORTEST_SILENCE = 4  # days: holidays around a weekend are no recording gap
WEEK = 7
LEAST_EXPECTED = 10.0  # conversions
LEAST_LEARNED = 20  # conversions from which a distribution of lags may be learned
LEAST_SEEN = 0.05  # of the leads must be old enough for a lag, or its share is noise
MISSING_SHARE = 0.05  # of a lead's conversions lost in a gap, from which it can't be compared


@dataclass(frozen=True)
class Gap:
    """Mark days on which conversions were not recorded, and the entries that this spoils.

    Attributes:
        first: First epoch day without records; None where records had not begun.
        last: Last epoch day without records; None where records had ended.
        affected: First and last epoch day of entering that lose 5% or more of their conversions.
        months: Months (year * 12 + month - 1) whose leads together lose 5% or more, or that
            begin before the records do.
        expected: Conversions that the other leads would have led one to expect.
        reason: The sentence for people.
    """

    first: int | None
    last: int | None
    affected: tuple[int, int]
    months: frozenset[int]
    expected: float
    reason: str


@dataclass(frozen=True)
class Observation:
    """Tell what the data can say about one transition.

    Attributes:
        window: Days after which a lead counts as mature.
        gaps: Stretches in which conversions were not recorded.
        entered: Number of leads that entered.
        conversions: Number of conversions recorded.
    """

    window: int
    gaps: tuple[Gap, ...]
    entered: int
    conversions: int

    @property
    def affected(self) -> list[tuple[int, int]]:
        """List the ranges of entering days that can't be compared."""
        return [gap.affected for gap in self.gaps]


def observe(
    rows: nw.LazyFrame[Any], steps: int, as_of_day: int, limit_days: int | None
) -> list[Observation]:
    """Learn the window and the gaps of every transition in one pass over the passages.

    Args:
        rows: Passages of the whole history (windows and affected days are not read).
        steps: Number of transitions.
        as_of_day: Epoch day up to which the data speaks.
        limit_days: Window that the user fixed, in days; None learns it.

    Returns:
        One observation a transition, in order.
    """
    cells = rows.group_by("step", "day", "reached_day").agg(n=nw.len()).collect("pyarrow")
    step = integers(cells["step"])
    day = integers(cells["day"])
    reached = integers(cells["reached_day"])
    count = integers(cells["n"])
    return [
        _observe(day[step == s], reached[step == s], count[step == s], as_of_day, limit_days)
        for s in range(steps)
    ]


def _observe(
    day: NDArray[np.int64],
    reached: NDArray[np.int64],
    count: NDArray[np.int64],
    as_of_day: int,
    limit_days: int | None,
) -> Observation:
    done = reached != NEVER
    conversions = int(count[done].sum())
    entered = int(count.sum())
    if conversions == 0:
        return Observation(limit_days or SHORTEST_WINDOW, (), entered, 0)
    first = int(day.min())
    lag = np.where(done, np.maximum(reached - day, 0), as_of_day - day)
    reached = np.maximum(reached, day)
    start = int(reached[done].min())
    late = day >= start
    learned = late if count[late & done].sum() >= LEAST_LEARNED else np.ones_like(late)
    age = as_of_day - day
    density = _lag_density(lag[learned], age[learned], done[learned], count[learned])
    span = as_of_day - first + 1
    entrants = np.bincount(day - first, weights=count, minlength=span)
    arrivals = np.bincount(reached[done] - first, weights=count[done], minlength=span)
    expected = _by_weekday(np.convolve(entrants, density)[:span], arrivals[:span], first)
    gaps = _gaps(arrivals[:span], expected, _History(first, entrants, density))
    if not any(gap.first is None for gap in gaps):
        density = _lag_density(lag, age, done, count)
    window = limit_days or _window(density)
    return Observation(window, tuple(gaps), entered, conversions)


def _lag_density(
    lag: NDArray[np.int64],
    age: NDArray[np.int64],
    done: NDArray[np.bool_],
    count: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Estimate the share of entrants that convert at each whole day (life table, censored by age).

    Days reached by fewer than one in twenty of the leads are cut off: their estimate is noise.
    """
    size = int(lag.max()) + 1
    leaving = np.bincount(lag, weights=count, minlength=size)
    converting = np.bincount(lag[done], weights=count[done], minlength=size)
    at_risk = leaving[::-1].cumsum()[::-1]
    hazard = converting / np.maximum(at_risk, 1)
    survival = np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]])
    old_enough = np.bincount(age, weights=count, minlength=size)[::-1].cumsum()[::-1][:size]
    trusted = old_enough >= LEAST_SEEN * old_enough[0]
    return np.asarray(np.where(trusted, hazard * survival, 0.0))


def _window(density: NDArray[np.float64]) -> int:
    reached = density.cumsum()
    days = int(np.searchsorted(reached, SHARE * reached[-1]))
    return max(SHORTEST_WINDOW, days)


def _by_weekday(
    expected: NDArray[np.float64], arrivals: NDArray[Any], first: int
) -> NDArray[np.float64]:
    """Spread what is expected over the days of the week as it arrives: weekends are no gaps."""
    weekday = np.arange(first, first + len(expected)) % WEEK
    share = np.bincount(weekday, arrivals, WEEK) / np.maximum(
        np.bincount(weekday, expected, WEEK), 1e-9
    )
    level = arrivals.sum() / max(float(expected.sum()), 1e-9)
    return np.asarray(expected * share[weekday] / level)


@dataclass(frozen=True)
class _History:
    """Hold what a silence is judged by: entrants by day, and when they convert."""

    first: int
    entrants: NDArray[Any]
    density: NDArray[np.float64]

    def missing(self, began: int, ended: int) -> NDArray[np.float64]:
        """Give the share of its conversions that each entering day loses to a silence."""
        share = self.density.cumsum() / self.density.sum()
        entry = np.arange(len(self.entrants))

        def reached_by(day: int) -> NDArray[np.float64]:
            age = day - entry
            return np.where(age < 0, 0.0, share[np.clip(age, 0, len(share) - 1)])

        return reached_by(ended) - reached_by(began - 1)

    def months(self, missing: NDArray[np.float64]) -> frozenset[int]:
        """Name the months whose leads lose too much together."""
        days = np.arange(self.first, self.first + len(self.entrants)).astype("datetime64[D]")
        month = days.astype("datetime64[M]").astype(int) + 1970 * 12
        start = int(month[0])
        leads = np.bincount(month - start, weights=self.entrants)
        lost = np.bincount(month - start, weights=self.entrants * missing)
        return frozenset((np.flatnonzero((lost > 0) & (lost >= MISSING_SHARE * leads))) + start)


def _gaps(arrivals: NDArray[Any], expected: NDArray[np.float64], history: _History) -> list[Gap]:
    """Find silences too long to be chance, given a Poisson number of conversions a day."""
    least = max(LEAST_EXPECTED, -np.log(IMPROBABLE))
    heard = np.flatnonzero(arrivals > 0)
    edges = [-1, *heard.tolist(), len(arrivals)]
    total = np.concatenate([[0.0], expected.cumsum()])
    gaps = []
    for left, right in pairwise(edges):
        lost = float(total[right] - total[left + 1])
        if lost <= least or right - left <= SHORTEST_SILENCE:
            continue
        if left < 0:
            gaps.append(_late_start(right, lost, history))
        elif gap := _silence(left + 1, right - 1, lost, history):
            gaps.append(gap)
    return gaps


def _late_start(start: int, lost: float, history: _History) -> Gap:
    """Describe records that began long after the first leads entered."""
    first = history.first
    before = np.arange(len(history.entrants)) < start
    months = history.months(before.astype(float)) | {_month(first + start - 1)}
    reason = (
        f"conversions were recorded only from {day_of(first + start)} on "
        f"(about {lost:.0f} would be expected before)"
    )
    return Gap(None, first + start - 1, (first, first + start - 1), months, lost, reason)


def _silence(began: int, ended: int, lost: float, history: _History) -> Gap | None:
    """Describe records that paused or ended; None where no entering day loses enough to matter."""
    missing = history.missing(began, ended)
    spoiled = np.flatnonzero(missing >= MISSING_SHARE)
    if not len(spoiled):
        return None
    first = history.first
    affected = (first + int(spoiled[0]), first + int(spoiled[-1]))
    months = history.months(missing)
    since = day_of(first + began)
    if ended == len(history.entrants) - 1:
        reason = (
            f"no conversion is recorded after {since - timedelta(days=1)} "
            f"(about {lost:.0f} would be expected since)"
        )
        return Gap(first + began, None, affected, months, lost, reason)
    reason = (
        f"no conversion is recorded from {since} to {day_of(first + ended)} "
        f"(about {lost:.0f} would be expected)"
    )
    return Gap(first + began, first + ended, affected, months, lost, reason)


def _month(day: int) -> int:
    date = day_of(day)
    return date.year * 12 + date.month - 1
