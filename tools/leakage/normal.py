"""Tail probabilities of the normal distribution, of one draw and of a scan."""

from math import erfc, pi, sqrt

import numpy as np
from numpy.typing import NDArray


def exceeded(z: float) -> float:
    """Give P(Z > z)."""
    return 0.5 * erfc(z / sqrt(2))


def scan_probability(z: float, share: NDArray[np.float64]) -> float:
    """Bound P(max over the onsets of Z > z) from above.

    Args:
        z: The largest standardised drop.
        share: Share of the information that lies before each onset, rising.

    Source: D. Hunter (1976): the sum of single probabilities less those of neighbouring pairs;
    correlation of neighbours as in a change-point scan of independent counts.
    """
    single = exceeded(z)
    bounded = np.clip(share, 1e-9, 1 - 1e-9)
    odds = bounded / (1 - bounded)
    correlation = np.sqrt(np.clip(odds[:-1] / odds[1:], 0, 1))
    pairs = both_exceed(z, correlation)
    return float(min(1.0, max(single, len(share) * single - pairs.sum())))


def both_exceed(z: float, correlation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give P(X > z and Y > z) for correlated normal pairs.

    Source: Plackett's identity, d/dr P = density(z, z; r), integrated from independence with
    r = sin(t), which keeps the integrand smooth up to r = 1 (Drezner and Wesolowsky, 1990).
    """
    nodes, weights = np.polynomial.legendre.leggauss(24)
    top = np.arcsin(np.clip(correlation, 0, 1))[:, None]
    angle = top * (nodes[None, :] + 1) / 2
    integrand = np.exp(-(z**2) / (1 + np.sin(angle)))
    area = (integrand * weights[None, :]).sum(1) * top[:, 0] / 2
    return np.asarray(exceeded(z) ** 2 + area / (2 * pi))
