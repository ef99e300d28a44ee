"""Arrays that hold columns, and the few moves on them that every step of the generator makes."""

import zlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.str_]

# A moment that does not come: later than any real one, so that comparisons need no special case.
NEVER: Final = 2**62


def stream(seed: int, name: str) -> np.random.Generator:
    """Open the stream of random numbers of one step.

    Each step has its own, so that a change in one leaves the draws of the others alone.
    """
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def spread(counts: NDArray[Any]) -> tuple[Ints, Ints]:
    """Repeat each row as often as its count says; return row numbers and positions within a row."""
    rows = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    starts = np.cumsum(counts) - counts
    return rows, np.arange(len(rows), dtype=np.int64) - np.repeat(starts, counts)


def some(rng: np.random.Generator, share: Floats | float, count: int) -> Flags:
    """Mark about a share of a number of rows."""
    return np.asarray(rng.random(count) < share, dtype=np.bool_)


def choose(rng: np.random.Generator, weights: NDArray[Any], rows: Ints | int) -> Ints:
    """Draw one category for each row.

    Args:
        rng: Stream to draw from.
        weights: Weights of the categories (1-d), or one row of weights for each kind (2-d).
        rows: How many to draw (1-d weights), or which kind each row is (2-d weights).
    """
    shares = np.cumsum(weights, axis=-1) / np.sum(weights, axis=-1, keepdims=True)
    if isinstance(rows, int):
        return np.searchsorted(shares, rng.random(rows), side="right").astype(np.int64)
    return np.asarray((rng.random(len(rows))[:, None] >= shares[rows]).sum(axis=1), dtype=np.int64)


def logistic(logit: Floats) -> Floats:
    """Turn log odds into probabilities."""
    return np.asarray(1.0 / (1.0 + np.exp(-logit)), dtype=np.float64)


def calibrate(logit: Floats, target: float) -> Floats:
    """Shift log odds so that the probabilities average to the target, and return these."""
    low, high = -12.0, 12.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if logistic(logit + middle).mean() < target else (low, middle)
    return logistic(logit + low)


def lags(rng: np.random.Generator, median_days: float, sigma: float, size: int) -> Ints:
    """Draw log-normal waiting times in seconds, at least ten minutes each."""
    days = rng.lognormal(np.log(median_days), sigma, size)
    return np.asarray(np.maximum(days * 86_400, 600), dtype=np.int64)


def after(moment: Ints, wait: Ints) -> Ints:
    """Add a wait to each moment; what never comes stays so."""
    return np.asarray(np.where(moment < NEVER, moment + wait, NEVER), dtype=np.int64)
