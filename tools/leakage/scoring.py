"""Misaligned scoring: the score no longer tells who will convert."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.evidence import Evidence
from tools.leakage.contrast import Contrast
from tools.leakage.exposure import LEAST_SHARE, LEAST_Z

_LEAST_EACH = 20  # converted and not converted, to tell whether a score separates them
_USEFUL = 0.55  # area under the curve from which a score can be said to have worked


def separation(score: NDArray[np.float64], converted: NDArray[np.bool_]) -> tuple[float, float]:
    """Give the area under the ROC curve and its standard error.

    Source: J. Hanley and B. McNeil, "The meaning and use of the area under a receiver operating
    characteristic curve", Radiology 143 (1982).
    """
    values, place, size = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(size) - (size - 1) / 2)[place]
    yes, no = int(converted.sum()), int((~converted).sum())
    area = float((rank[converted].sum() - yes * (yes + 1) / 2) / (yes * no))
    first, second = area / (2 - area), 2 * area * area / (1 + area)
    spread = area * (1 - area) + (yes - 1) * (first - area**2) + (no - 1) * (second - area**2)
    return area, float(np.sqrt(max(spread, 0.0) / (yes * no))) if len(values) else 0.0


def scoring_driver(data: Contrast, finding: dict[str, Any], version: int) -> list[dict[str, Any]]:
    """Tell whether scores of the segment's leads stayed up while they stopped converting."""
    score = data.columns.get("score")
    if score is None:
        return []
    known = ~np.isnan(score)
    groups = [
        data.group(inside=inside, since=since) & known
        for inside in (True, False)
        for since in (False, True)
    ]
    for rows in groups[:2]:
        yes = int(data.converted[rows].sum())
        if min(yes, int(rows.sum()) - yes) < _LEAST_EACH:
            return []
    means = [float(score[rows].mean()) if rows.any() else 0.0 for rows in groups]
    areas = [separation(score[rows], data.converted[rows]) for rows in groups[:2]]
    (was, was_error), (now, now_error) = areas
    z = (was - now) / float(np.hypot(was_error, now_error))
    explained = finding["lost"] * min(1.0, max(0.0, (was - now) / max(was - 0.5, 1e-9)))
    if was < _USEFUL or z < LEAST_Z or explained < LEAST_SHARE * finding["lost"]:
        return []
    text = (
        f"The score separated converting leads with an AUC of {was:.2f} before and {now:.2f} "
        f"since, while the mean score went from {means[0]:.0f} to {means[1]:.0f} "
        f"(rest {means[2]:.0f} to {means[3]:.0f}); a correlation."
    )
    return [
        {
            "driver": "misaligned_scoring",
            "effect": round(explained / finding["lost"], 3),
            "explained_loss": round(explained, 1),
            "text": text,
            "evidence": [Evidence("figure", finding["id"], text, version).as_dict()],
        }
    ]
