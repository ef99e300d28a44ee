"""Confidence intervals of rates."""

from math import sqrt

Z95 = 1.959963984540054  # 97.5% quantile of the normal distribution


def wilson(successes: int, trials: int, z: float = Z95) -> tuple[float, float]:
    """Give the Wilson score interval of a proportion.

    Args:
        successes: Number that did.
        trials: Number that could; at least 1.
        z: Normal quantile; the default gives 95%.

    Returns:
        Lower and upper limit, within 0 and 1.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    JASA 22 (1927).
    """
    rate = successes / trials
    shrink = 1 + z * z / trials
    centre = (rate + z * z / (2 * trials)) / shrink
    half = z * sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials)) / shrink
    return max(0.0, centre - half), min(1.0, centre + half)
