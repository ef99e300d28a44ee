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
MOST_PARTS = 2  # segments that may tell the story of a drop of the whole company
VANISHED = 2.0  # standard errors, below which nothing of a drop is left
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
    parent or a neighbour that only reflected it falls silent. A drop of the whole company is
    taken only if it remains when the strongest segments are accounted for (residual test).

    Args:
        cells: Transition number to its mature leads.

    Returns:
        Material drops at a false discovery rate of 5%, and how many comparisons were made.
    """
    board = _Board.of(cells)
    compared = sum(len(items) for items in board.looked.values())
    while len(board.taken) < MOST_FINDINGS:
        called = board.called(compared)
        if not called:
            break
        best = max(called, key=lambda item: item.drop.z)
        if best.column is None and _explained_by_parts(board, best, compared):
            parts = [item for item in called if (item.step, item.column) != (best.step, None)]
            best = max(parts, key=lambda item: item.drop.z)
        board = board.take(best)
    return board.taken, compared


def _explained_by_parts(board: "_Board", whole: Suspect, compared: int) -> bool:
    """Tell whether a drop of the company vanishes with its one or two strongest segments."""
    for _ in range(MOST_PARTS):
        parts = [
            item
            for item in board.called(compared)
            if item.step == whole.step and item.column is not None
        ]
        if not parts:
            return False
        board = board.take(max(parts, key=lambda item: item.drop.z))
        left = [item for item in board.looked[whole.step] if item.column is None]
        if all(item.drop.z < VANISHED or not item.material for item in left):
            return True
    return False


@dataclass(frozen=True)
class _Board:
    """Hold what is expected of every cell, what was looked at, and what was taken so far."""

    cells: dict[int, Cells]
    rates: dict[int, NDArray[np.float64]]
    looked: dict[int, list[Suspect]]
    taken: list[Suspect]

    @classmethod
    def of(cls, cells: dict[int, Cells]) -> "_Board":
        """Look at everything for the first time."""
        rates = {step: expected_rate(item) for step, item in cells.items()}
        looked = {step: list(_suspects(cells[step], rates[step])) for step in cells}
        return cls(cells, rates, looked, [])

    def called(self, compared: int) -> list[Suspect]:
        """List what may be taken: material, and rare enough among all that was looked at."""
        known = {(item.step, item.column, item.value) for item in self.taken}
        pool = [
            item
            for items in self.looked.values()
            for item in items
            if (item.step, item.column, item.value) not in known
        ]
        p_values = [item.drop.p_value for item in (*self.taken, *pool)]
        p_values += [1.0] * (compared - len(p_values))
        q = q_values(np.array(p_values))[len(self.taken) : len(self.taken) + len(pool)]
        return [
            replace(item, q_value=float(value))
            for item, value in zip(pool, q, strict=True)
            if value <= LARGEST_Q and item.material
        ]

    def take(self, found: Suspect) -> "_Board":
        """Account for a drop, and look at its transition again."""
        step = found.step
        rate = _accounted(self.cells[step], self.rates[step], found)
        return _Board(
            self.cells,
            {**self.rates, step: rate},
            {**self.looked, step: list(_suspects(self.cells[step], rate))},
            [*self.taken, found],
        )


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
