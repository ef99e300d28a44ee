"""Season: what the whole company's rate does of itself over a year."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tools.leakage.normal import exceeded
from tools.leakage.scan import BLOCK, Drop, Weekly

YEAR = 52  # weeks
UNKNOWN_SEASON = 0.07  # relative deviation that a season may cause where no year ago is known
_LEAST_BLOCKS = 4


def slow_variance(whole: Weekly, before: int) -> float:
    """Estimate how much the rate wandered from month to month, beyond chance.

    Args:
        whole: Counts of the whole company.
        before: Week up to which it is looked at: the drop itself is not wandering.

    Returns:
        Variance of the relative deviation between blocks of four weeks, at least 0, raised for
        the small number of blocks.
    """
    blocks = before // BLOCK
    if blocks < _LEAST_BLOCKS:
        return 0.0

    def summed(values: NDArray[np.float64]) -> NDArray[np.float64]:
        kept = values[0, before - blocks * BLOCK : before]
        return np.asarray(kept.reshape(blocks, BLOCK).sum(1))

    expected = np.maximum(summed(whole.expected), 1e-9)
    ratio = summed(whole.converted) / expected
    chance = float(np.mean(summed(whole.variance) / expected**2))
    beyond = max(0.0, float(np.var(ratio, ddof=1)) - chance)
    return beyond * (blocks + 1) / (blocks - 2)


def season_guard(whole: Weekly, drop: Drop) -> Drop:
    """Hold a drop of the whole company against the same weeks a year before, where known.

    A dip that came last year as well is season: the weaker of both comparisons counts. Without
    a year before, a drop must exceed what a season may do.
    """
    start, end = drop.onset - YEAR, whole.entered.shape[-1] - YEAR
    start = max(start, 0)
    if end - start < (end + YEAR - drop.onset) / 2:
        return _weaker(drop, drop.expected, (UNKNOWN_SEASON * drop.expected) ** 2)
    expected = float(whole.expected[0, start:end].sum())
    then = float(whole.converted[0, start:end].sum())
    since = float(whole.expected[0, drop.onset :].sum())
    if then <= 0 or since <= 0:
        return drop
    target = then / expected * since
    if target >= drop.expected:
        return drop
    noise = float(whole.variance[0, start:end].sum()) / expected**2
    return _weaker(drop, target, target**2 * noise)


def _weaker(drop: Drop, target: float, variance: float) -> Drop:
    """Judge a drop against another expectation, or one that is less certain."""
    spread = float(np.sqrt(drop.deviation**2 + variance))
    z = (target - drop.converted) / spread
    p_value = max(drop.p_value, exceeded(z))
    return replace(drop, z=z, p_value=p_value, expected=target, deviation=spread)
