"""Misaligned scoring: the score no longer tells who will convert."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.evidence import Evidence
from tools.leakage.contrast import Contrast
from tools.leakage.exposure import LEAST_LEADS, LEAST_SHARE, LEAST_Z

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
    """Tell whether the score went astray in the segment.

    Either its leads score higher than before, beyond the change in the rest, while fewer of them
    convert; or the score no longer separates those that convert from those that don't.
    """
    score = data.columns.get("score")
    if score is None:
        return []
    known = ~np.isnan(score)
    groups = [
        data.group(inside=inside, since=since) & known
        for inside in (True, False)
        for since in (False, True)
    ]
    if min(int(rows.sum()) for rows in groups[:2]) < LEAST_LEADS:
        return []
    found = [_inflated(score, groups), _blunted(score, data.converted, groups[:2])]
    share, text = max(found, key=lambda item: item[0])
    if share < LEAST_SHARE:
        return []
    text += " (correlation)."
    return [
        {
            "driver": "misaligned_scoring",
            "effect": round(share, 3),
            "explained_loss": round(share * finding["lost"], 1),
            "text": text,
            "evidence": [Evidence("figure", finding["id"], text, version).as_dict()],
        }
    ]


def _inflated(score: NDArray[np.float64], groups: list[NDArray[np.bool_]]) -> tuple[float, str]:
    """Give the share of leads whose score lies where it did not use to, beyond the rest."""
    usual = float(np.median(score[groups[0]]))
    above = [float((score[rows] > usual).mean()) if rows.any() else 0.0 for rows in groups]
    means = [float(score[rows].mean()) if rows.any() else 0.0 for rows in groups]
    size = [max(1, int(rows.sum())) for rows in groups]
    moved = above[1] - above[0] - (above[3] - above[2])
    noise = sum(
        (part * (1 - part) + 0.25 / count) / count for part, count in zip(above, size, strict=True)
    )
    text = (
        f"The mean score of the leads went from {means[0]:.0f} to {means[1]:.0f} (rest "
        f"{means[2]:.0f} to {means[3]:.0f}) while fewer of them converted"
    )
    if moved / float(np.sqrt(noise)) < LEAST_Z:
        return 0.0, text
    return min(1.0, moved / max(1 - above[0], 1e-9)), text


def _blunted(
    score: NDArray[np.float64], converted: NDArray[np.bool_], groups: list[NDArray[np.bool_]]
) -> tuple[float, str]:
    """Give the share of the score's separation that is gone."""
    for rows in groups:
        yes = int(converted[rows].sum())
        if min(yes, int(rows.sum()) - yes) < LEAST_LEADS:
            return 0.0, ""
    (was, was_error), (now, now_error) = (
        separation(score[rows], converted[rows]) for rows in groups
    )
    text = (
        f"The score separated leads that convert with an AUC of {was:.2f} before "
        f"and {now:.2f} since"
    )
    if was < _USEFUL or (was - now) / float(np.hypot(was_error, now_error)) < LEAST_Z:
        return 0.0, text
    return min(1.0, (was - now) / (was - 0.5)), text
