"""Kaplan-Meier estimates of durations that may still be running."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def median_survival(
    durations: NDArray[np.float64], ended: NDArray[Any], count: NDArray[Any]
) -> float | None:
    """Give the median of durations of which some are still running.

    Args:
        durations: Time until the end, or until it was last seen running.
        ended: Whether it ended (1) or was still running (0).
        count: How many leads share this row.

    Returns:
        The first time at which at most half are still running, in the unit of the durations;
        None when more than half outlast what was seen.

    Source: E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations",
    JASA 53 (1958).
    """
    times, place = np.unique(durations, return_inverse=True)
    if not len(times):
        return None
    leaving = np.bincount(place, weights=count)
    ending = np.bincount(place, weights=np.where(ended > 0, count, 0))
    at_risk = leaving[::-1].cumsum()[::-1]
    survival = np.cumprod(1 - ending / at_risk)
    below = np.flatnonzero(survival <= 0.5 + 1e-12)
    return float(times[below[0]]) if len(below) else None
