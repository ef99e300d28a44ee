"""Expected conversions of each cell from its segments alone, whenever it entered."""

import numpy as np
from numpy.typing import NDArray

from tools.leakage.cells import Cells

_SWEEPS = 20
MONTH = 4  # weeks
# Given while a lead moves on, so that they follow the outcome instead of coming before it.
ASSIGNED_LATER = frozenset({"owner", "team"})
LEAST_PRESENCE = 0.6  # of the months: a value that came or went is told apart from time by nothing
_RIDGE = 1.0  # prior leads' worth of information that holds small segments to the average


def expected_rate(cells: Cells) -> NDArray[np.float64]:
    """Fit main effects of all segments on the log-odds of converting, without time.

    A change of the mix of leads moves the expectation as much as the rate, so that it is not
    mistaken for a change of the rate.

    Returns:
        Probability of converting for each cell, within 0 and 1.

    Source: penalised logistic regression by block-coordinate Newton steps, a block a segment
    column (Hastie and Tibshirani, "Generalized Additive Models", 1990, backfitting).
    """
    total = cells.entered.sum()
    base = (cells.converted.sum() + 0.5) / (total + 1)
    score = np.full(len(cells.entered), np.log(base / (1 - base)))
    blocks = _lasting(cells)
    effects = [np.zeros(int(codes.max(initial=0)) + 1) for codes in blocks]
    for _ in range(_SWEEPS):
        moved = _centre(cells, score)
        for place, codes in enumerate(blocks):
            rate = 1 / (1 + np.exp(-score))
            size = len(effects[place])
            weight = cells.entered * rate * (1 - rate)
            gap = np.bincount(codes, cells.converted - cells.entered * rate, size)
            information = np.bincount(codes, weight, size)
            change = (gap - _RIDGE * effects[place]) / (information + _RIDGE)
            change = np.clip(change, -1, 1)
            effects[place] += change
            score += change[codes]
            moved = max(moved, float(np.abs(change).max(initial=0.0)))
        if moved < 1e-4:  # noqa: PLR2004 - far below what a count can show
            break
    return np.asarray(1 / (1 + np.exp(-score)))


def _centre(cells: Cells, score: NDArray[np.float64]) -> float:
    """Move the common level so that as many are expected as converted."""
    rate = 1 / (1 + np.exp(-score))
    gap = float((cells.converted - cells.entered * rate).sum())
    change = gap / (float((cells.entered * rate * (1 - rate)).sum()) + 1e-9)
    score += np.clip(change, -1, 1)
    return abs(change)


def _lasting(cells: Cells) -> list[NDArray[np.int64]]:
    """Code the segments that tell leads apart, with values that came or went under one code.

    A campaign that ran only lately would otherwise take a recent drop for its own nature.
    """
    month = (cells.weeks - 1 - cells.week) // MONTH
    months = int(month.max(initial=0)) + 1
    coded = []
    for item in cells.dimensions:
        if item.name in ASSIGNED_LATER:
            continue
        size = len(item.values)
        seen = np.bincount(item.codes * months + month, cells.entered, size * months) > 0
        lasting = seen.reshape(size, months).mean(1) >= LEAST_PRESENCE
        code = np.where(lasting, lasting.cumsum(), 0)
        coded.append(code[item.codes])
    return coded
