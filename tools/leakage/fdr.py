"""False discovery rate over everything that was looked at."""

import numpy as np
from numpy.typing import NDArray


def q_values(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the smallest false discovery rate at which each hypothesis would be called.

    Source: Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS B 57 (1995).
    """
    size = len(p_values)
    order = np.argsort(p_values)[::-1]
    scaled = p_values[order] * size / np.arange(size, 0, -1)
    q = np.empty(size)
    q[order] = np.minimum.accumulate(np.minimum(scaled, 1.0))
    return q
