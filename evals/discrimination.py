"""Graders of probabilities: the area under the ROC curve and the calibration error."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 10


def auc(score: Floats, happened: NDArray[np.bool_]) -> float | None:
    """Give the share of pairs that a score puts in the right order, ties counted half.

    That is the Mann-Whitney statistic; None where one outcome did not occur.
    """
    events, others = int(happened.sum()), int((~happened).sum())
    if not events or not others:
        return None
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    below = np.concatenate([[0], counts.cumsum()[:-1]])
    rank = (below + (counts + 1) / 2)[place]
    wins = rank[happened].sum() - events * (events + 1) / 2
    return float(wins / (events * others))


def calibration_error(risk: Floats, happened: NDArray[np.bool_]) -> float:
    """Give the mean distance of predicted and observed shares, over ten bins of equal size."""
    order = np.argsort(risk, kind="stable")
    gaps = [
        abs(float(risk[part].mean()) - float(happened[part].mean())) * len(part)
        for part in np.array_split(order, BINS)
        if len(part)
    ]
    return sum(gaps) / len(risk)
