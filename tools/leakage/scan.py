"""The scan: did a segment's conversion drop, and since which week?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.leakage.cells import Cells
from tools.leakage.normal import exceeded, scan_probability

SHORTEST = 3  # weeks that a drop must have lasted
LEAST_BASELINE_WEEKS = 8
LEAST_BEFORE, LEAST_SINCE = 40, 20  # leads
LEAST_EXPECTED = 5.0  # conversions expected in the recent period
BLOCK = 4  # weeks over which the concurrent change of the rest is smoothed
LEAST_BLOCK_VARIANCE = 2.0  # below, a squared step is far from chi-square
LEAST_STEPS = 30  # from which a dispersion can be learned
CHI_SQUARE_MEDIAN = 0.4549  # of one degree of freedom


@dataclass(frozen=True)
class Drop:
    """Describe the strongest drop of one segment value.

    Attributes:
        onset: First week of the drop.
        z: Standardised drop at that week.
        p_value: Probability of as strong a drop at any week, by chance alone.
        expected: Conversions to expect since, had the rate stayed.
        converted: Conversions since.
        entered: Leads since.
        before: Conversions before the onset.
        entered_before: Leads before the onset.
        deviation: Standard error of ``expected - converted``.
    """

    onset: int
    z: float
    p_value: float
    expected: float
    converted: float
    entered: float
    before: float
    entered_before: float
    deviation: float


@dataclass(frozen=True)
class Weekly:
    """Count a group of leads by week (last axis).

    Attributes:
        entered: Leads.
        converted: Conversions.
        expected: Conversions expected from their segments alone.
        variance: Binomial variance of the conversions.
    """

    entered: NDArray[np.float64]
    converted: NDArray[np.float64]
    expected: NDArray[np.float64]
    variance: NDArray[np.float64]

    def less(self, other: "Weekly") -> "Weekly":
        """Take another group out of this one."""
        return Weekly(
            self.entered - other.entered,
            self.converted - other.converted,
            self.expected - other.expected,
            self.variance - other.variance,
        )


def weekly(cells: Cells, rate: NDArray[np.float64], codes: NDArray[np.int64], size: int) -> Weekly:
    """Sum cells by code and week."""
    place = codes * cells.weeks + cells.week

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        flat = np.bincount(place, values, size * cells.weeks)
        return np.asarray(flat.reshape(size, cells.weeks), dtype=np.float64)

    expected = cells.entered * rate
    return Weekly(
        total(cells.entered),
        total(cells.converted),
        total(expected),
        total(expected * (1 - np.minimum(rate, 1.0))),
    )


def concurrent(rest: Weekly, wander: float) -> NDArray[np.float64]:
    """Give the ratio of converted to expected in the rest, by blocks of weeks.

    Args:
        rest: Counts of all other leads.
        wander: Variance that the common rate is known to have; the noisier a block beside it,
            the more its ratio is held to 1 (best linear prediction).
    """
    shape = _blocks(rest.entered.shape[-1])
    size = np.maximum(rest.expected @ shape, 1e-9)
    chance = (rest.variance @ shape) / size**2
    trust = wander / (wander + chance)
    ratio = 1 + trust * ((rest.converted @ shape) / size - 1)
    return np.asarray(np.maximum(ratio, 0.05) @ shape.T)


def steps_of(group: Weekly, expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give squared steps between neighbouring blocks of weeks, in units of binomial variance."""
    shape = _blocks(expected.shape[-1])
    size = np.maximum(expected @ shape, 1e-9)
    total = np.maximum(expected.sum(-1, keepdims=True), 1e-9)
    own = group.converted.sum(-1, keepdims=True) / total
    variance = group.variance @ shape
    step = np.diff(group.converted @ shape / size, axis=-1)
    noise = own * (variance / size**2)
    chance = noise[:, 1:] + noise[:, :-1]
    enough = np.minimum(variance[:, 1:], variance[:, :-1]) >= LEAST_BLOCK_VARIANCE
    return np.asarray(step[enough] ** 2 / np.maximum(chance[enough], 1e-12))


def dispersion(steps: NDArray[np.float64]) -> float:
    """Estimate how much more than binomial the counts vary.

    Differences of neighbouring blocks are used, and their median: neither a step in a rate nor
    a few leaking segments inflate it (after J. von Neumann, "Distribution of the ratio of the
    mean square successive difference to the variance", 1941).
    """
    if len(steps) < LEAST_STEPS:
        return 1.0
    return max(1.0, float(np.median(steps)) / CHI_SQUARE_MEDIAN)


def _blocks(weeks: int) -> NDArray[np.float64]:
    """Map weeks to blocks, counted back from the newest week."""
    block = (weeks - 1 - np.arange(weeks)) // BLOCK
    return np.asarray(block[:, None] == np.arange(block.max() + 1), dtype=np.float64)


def scan(
    group: Weekly,
    expected: NDArray[np.float64],
    extra: NDArray[np.float64],
    phi: float,
) -> list[Drop | None]:
    """Look for the strongest drop of each row, over all weeks at which it may have begun.

    The statistic compares conversions since an onset with those expected from the ratio before
    it; the p-value is a bound for the maximum over all onsets (Hunter, "An upper bound for the
    probability of a union", J. Appl. Prob. 13, 1976).

    Args:
        group: Counts, one row a segment value.
        expected: Conversions expected by week with the concurrent change of the rest.
        extra: Relative variance (rows x onsets) of what the comparison itself rests on.
        phi: Dispersion.

    Returns:
        The strongest drop of each row; None where there is too little to compare.
    """
    onsets = candidate_onsets(expected.shape[-1])
    if not len(onsets):
        return [None] * len(expected)

    def split(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        upto = np.concatenate([np.zeros((len(values), 1)), values.cumsum(-1)], axis=1)
        return upto[:, onsets], upto[:, -1:] - upto[:, onsets]

    n0, n1 = split(group.entered)
    k0, k1 = split(group.converted)
    e0, e1 = split(expected)
    v0, v1 = split(group.variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = k0 / e0
        target = ratio * e1
        spread = phi * (target * v1 / e1 + target**2 * (v0 / e0**2 / ratio + extra))
        z = (target - k1) / np.sqrt(spread)
    enough = (n0 >= LEAST_BEFORE) & (n1 >= LEAST_SINCE) & (target >= LEAST_EXPECTED)
    z = np.where(enough & np.isfinite(z), z, -np.inf)
    drops: list[Drop | None] = []
    for row in range(len(z)):
        usable = np.flatnonzero(np.isfinite(z[row]))
        if not len(usable):
            drops.append(None)
            continue
        best = int(usable[np.argmax(z[row, usable])])
        share = v0[row, usable] / (v0[row, usable] + v1[row, usable])
        top = float(z[row, best])
        drops.append(
            Drop(
                onset=int(onsets[best]),
                z=top,
                p_value=scan_probability(top, share) if top > 0 else float(exceeded(0.0)),
                expected=float(target[row, best]),
                converted=float(k1[row, best]),
                entered=float(n1[row, best]),
                before=float(k0[row, best]),
                entered_before=float(n0[row, best]),
                deviation=float(np.sqrt(spread[row, best])),
            )
        )
    return drops


def candidate_onsets(weeks: int) -> NDArray[np.int64]:
    """List the weeks at which a drop may have begun: enough before to know what was usual."""
    first = max(LEAST_BASELINE_WEEKS, weeks // 4)
    return np.arange(first, weeks - SHORTEST + 1)
