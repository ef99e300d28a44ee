"""An additive model: every feature adds its bin's points to the log-odds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS = 50
_LONGEST_STEP = 1.0  # log-odds
_RIDGE = 5.0  # leads' worth of information that holds rare bins to no effect


@dataclass(frozen=True)
class Additive:
    """Hold the points of each bin.

    Attributes:
        level: Log-odds before any points.
        points: For each feature, points by code; weighted by the training rows they sum to 0.
    """

    level: float
    points: tuple[Floats, ...]

    def score(self, codes: NDArray[np.int64]) -> Floats:
        """Give log-odds of rows of codes (rows x features)."""
        total = np.full(len(codes), self.level)
        for number, points in enumerate(self.points):
            total += points[codes[:, number]]
        return total

    def risk(self, codes: NDArray[np.int64]) -> Floats:
        """Give probabilities of rows of codes."""
        return _chance(self.score(codes))


def fit(codes: NDArray[np.int64], outcome: Floats, sizes: tuple[int, ...]) -> Additive:
    """Fit points by penalised maximum likelihood.

    Args:
        codes: Rows x features.
        outcome: 1 where it happened.
        sizes: Number of bins of each feature.

    Source: ridge-penalised logistic regression by iteratively reweighted least squares, on rows
    grouped by equal codes (McCullagh and Nelder, "Generalized Linear Models", 1989).
    """
    base = np.ravel_multi_index(tuple(codes.T), sizes)
    keys, place = np.unique(base, return_inverse=True)
    trials = np.bincount(place).astype(np.float64)
    events = np.bincount(place, outcome)
    design = _indicators(np.stack(np.unravel_index(keys, sizes), axis=1), sizes)
    penalty = np.full(design.shape[1], _RIDGE)
    penalty[0] = 0.0
    beta = np.zeros(design.shape[1])
    beta[0] = np.log((events.sum() + 0.5) / (trials.sum() - events.sum() + 0.5))
    for _ in range(_STEPS):
        rate = _chance(design @ beta)
        slope = design.T @ (events - trials * rate) - penalty * beta
        weight = trials * rate * (1 - rate)
        curve = (design * weight[:, None]).T @ design + np.diag(penalty + 1e-9)
        change = np.linalg.solve(curve, slope)
        # Where outcomes are nearly separated a whole step can overshoot; no bin moves by more.
        change *= min(1.0, _LONGEST_STEP / max(float(np.abs(change).max()), 1e-12))
        beta += change
        if np.abs(change).max() < 1e-6:  # noqa: PLR2004 - far below what matters
            break
    return _centred(beta, codes, sizes)


def _chance(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))))


def _indicators(codes: NDArray[np.int64], sizes: tuple[int, ...]) -> Floats:
    columns = [np.ones((len(codes), 1))]
    columns += [np.eye(size)[codes[:, number]] for number, size in enumerate(sizes)]
    return np.concatenate(columns, axis=1)


def _centred(beta: Floats, codes: NDArray[np.int64], sizes: tuple[int, ...]) -> Additive:
    """Shift points so that an average lead has none from any feature."""
    level, start, points = float(beta[0]), 1, []
    for number, size in enumerate(sizes):
        raw = beta[start : start + size]
        mean = float(raw[codes[:, number]].mean())
        points.append(raw - mean)
        level += mean
        start += size
    return Additive(level, tuple(points))
