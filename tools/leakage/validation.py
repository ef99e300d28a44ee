"""Validation on a later period: does the score tell who leaks better than the stage alone?"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.leakage.scoring import separation

Floats = NDArray[np.float64]

LEAST_GAIN = 0.02  # of area under the curve, over the better baseline
LEAST_ROWS = 400
LEAST_EACH = 50  # outcomes of either kind
_BINS = 10


def compare(risk: Floats, by_stage: Floats, outcome: Floats) -> tuple[dict[str, Any], str | None]:
    """Compare a score with the base rate by stage.

    Args:
        risk: Scores of later rows.
        by_stage: Base rate of each row's stage, from the training rows.
        outcome: 1 where the lead leaked.

    Returns:
        ``auc``, ``baseline_auc`` (the stage's base rate alone), ``brier``, ``baseline_brier``,
        ``calibration_error`` (expected, over ten bins of equal size) and ``n``; and why the score
        must not be used, None if it may.
    """
    happened = outcome > 0
    events, rows = int(happened.sum()), len(outcome)
    if rows < LEAST_ROWS or min(events, rows - events) < LEAST_EACH:
        reason = (
            f"only {rows:,} later outcomes, {events:,} of them leaks, to check the score on; "
            f"at least {LEAST_ROWS} with {LEAST_EACH} of each kind are needed"
        )
        return {"n": rows}, reason
    auc, _ = separation(risk, happened)
    base, _ = separation(by_stage, happened)
    metrics = {
        "auc": round(auc, 4),
        "baseline_auc": round(base, 4),
        "brier": round(float(((risk - outcome) ** 2).mean()), 4),
        "baseline_brier": round(float(((by_stage - outcome) ** 2).mean()), 4),
        "calibration_error": round(calibration_error(risk, outcome), 4),
        "n": rows,
    }
    if auc < base + LEAST_GAIN or metrics["brier"] >= metrics["baseline_brier"]:
        reason = (
            f"on later leads the score (AUC {auc:.2f}) is not better than the base rate of "
            f"each stage (AUC {base:.2f})"
        )
        return metrics, reason
    return metrics, None


def calibration_error(risk: Floats, outcome: Floats) -> float:
    """Give the mean distance of predicted and observed shares over bins of equal size."""
    order = np.argsort(risk, kind="stable")
    parts = [part for part in np.array_split(order, _BINS) if len(part)]
    gaps = [abs(float(risk[part].mean() - outcome[part].mean())) * len(part) for part in parts]
    return sum(gaps) / len(risk)
