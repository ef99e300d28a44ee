"""The search: every segment value of every transition, and which drops tell the story."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.leakage.cells import Cells
from tools.leakage.expected import expected_rate
from tools.leakage.fdr import q_values
from tools.leakage.scan import (
    Drop,
    Weekly,
    candidate_onsets,
    concurrent,
    dispersion,
    scan,
    steps_of,
    weekly,
)
from tools.leakage.season import season_guard, slow_variance

LARGEST_Q = 0.05
LEAST_DROP = 0.10  # relative to the rate that was to be expected
LEAST_LOST = 5.0  # leads
MOST_FINDINGS = 20
LEAST_WANDER = 0.03  # relative standard deviation that the common rate is always granted
LEAST_COMPANY_WEEKS = 26


@dataclass(frozen=True)
class Suspect:
    """Name a drop: where and how strong.

    Attributes:
        step: Number of the transition.
        column: Segment column; None for the whole company.
        value: Value of the segment.
        drop: The strongest drop found there.
        q_value: False discovery rate over everything looked at.
    """

    step: int
    column: str | None
    value: Any
    drop: Drop
    q_value: float = 1.0

    @property
    def lost(self) -> float:
        """Count the conversions that the drop cost."""
        return self.drop.expected - self.drop.converted

    @property
    def material(self) -> bool:
        """Tell whether the drop is large enough to act on."""
        return self.lost >= LEAST_LOST and self.lost >= LEAST_DROP * self.drop.expected


def search(cells: dict[int, Cells]) -> tuple[list[Suspect], int]:
    """Find the drops that remain when every stronger one has been accounted for.

    The strongest drop is taken first; its loss is then part of what is expected, so that a
    parent or a neighbour that only reflected it falls silent (residual test).

    Args:
        cells: Transition number to its mature leads.

    Returns:
        Material drops at a false discovery rate of 5%, and how many comparisons were made.
    """
    rates = {step: expected_rate(item) for step, item in cells.items()}
    looked = {step: list(_suspects(cells[step], rates[step])) for step in cells}
    compared = sum(len(items) for items in looked.values())
    taken: list[Suspect] = []
    while len(taken) < MOST_FINDINGS:
        known = {(item.step, item.column, item.value) for item in taken}
        pool = [
            item
            for items in looked.values()
            for item in items
            if (item.step, item.column, item.value) not in known
        ]
        p_values = [item.drop.p_value for item in (*taken, *pool)]
        p_values += [1.0] * (compared - len(p_values))
        q: NDArray[np.float64] = (
            q_values(np.array(p_values))[len(taken) : len(taken) + len(pool)]
            if pool
            else np.zeros(0)
        )
        called = [
            replace(item, q_value=float(value))
            for item, value in zip(pool, q, strict=True)
            if value <= LARGEST_Q and item.material
        ]
        if not called:
            break
        best = max(called, key=lambda item: item.drop.z)
        taken.append(best)
        rates[best.step] = _accounted(cells[best.step], rates[best.step], best)
        looked[best.step] = list(_suspects(cells[best.step], rates[best.step]))
    return taken, compared


def rows_of(cells: Cells, column: str | None, value: Any) -> NDArray[np.bool_]:
    """Select the cells of a segment value."""
    if column is None:
        return np.ones(len(cells.week), dtype=bool)
    item = next(item for item in cells.dimensions if item.name == column)
    return np.asarray(item.codes == item.values.index(value))


def _accounted(cells: Cells, rate: NDArray[np.float64], found: Suspect) -> NDArray[np.float64]:
    """Lower what is expected since the onset by what the finding already explains."""
    rows = rows_of(cells, found.column, found.value) & (cells.week >= found.drop.onset)
    share = max(found.drop.converted, 0.5) / found.drop.expected
    return np.where(rows, rate * share, rate)


def _suspects(cells: Cells, rate: NDArray[np.float64]) -> Iterator[Suspect]:
    """Scan the company and every segment value of one transition."""
    nobody = np.zeros(len(cells.week), dtype=np.int64)
    whole = weekly(cells, rate, nobody, 1)
    drop = _company_drop(whole)
    if drop is not None:
        yield Suspect(cells.step, None, None, drop)
    wander = max(slow_variance(whole, cells.weeks), LEAST_WANDER**2)
    compared = []
    for item in cells.dimensions:
        if len(item.values) > 1:  # a segment of all is the company
            group = weekly(cells, rate, item.codes, len(item.values))
            rest = whole.less(group)
            expected = group.expected * concurrent(rest, wander)
            compared.append((item, group, expected, _noise(rest, wander)))
    steps = [steps_of(group, expected) for _, group, expected, _ in compared]
    phi = dispersion(np.concatenate([*steps, np.zeros(0)]))
    for item, group, expected, noise in compared:
        for value, found in zip(item.values, scan(group, expected, noise, phi), strict=True):
            if found is not None:
                yield Suspect(cells.step, item.name, value, found)


def _company_drop(whole: Weekly) -> Drop | None:
    """Scan the company against its own past, which must have varied less than the drop."""
    onsets = candidate_onsets(whole.entered.shape[-1])
    # Half a year at least: a shorter past can't tell what a season does.
    early = np.where(onsets < LEAST_COMPANY_WEEKS, np.inf, 0.0)[None, :]
    first = scan(whole, whole.expected, early, 1.0)[0]
    if first is None:
        return None
    slow = slow_variance(whole, first.onset)
    drop = scan(whole, whole.expected, early + slow, 1.0)[0]
    return None if drop is None else season_guard(whole, drop)


def _noise(rest: Weekly, wander: float) -> NDArray[np.float64]:
    """Give the relative variance with which the rest's own change is known, for each onset."""
    onsets = candidate_onsets(rest.entered.shape[-1])

    def split(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        upto = np.concatenate([np.zeros((len(values), 1)), values.cumsum(-1)], axis=1)
        return upto[:, onsets], upto[:, -1:] - upto[:, onsets]

    chance = sum(
        variance / np.maximum(expected, 1.0) ** 2
        for variance, expected in zip(split(rest.variance), split(rest.expected), strict=True)
    )
    return np.asarray(wander * chance / (wander + chance))
