"""`risk`: does the score tell in advance which leads stall, and admit it where nobody can?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from evals.company import sample_company
from evals.discrimination import auc, calibration_error
from evals.figures import Progress, Report, mean, version_of
from evals.noise import Noise
from evals.past import Past
from knowledge.warehouse.reads import ReadsWarehouse
from tools.leakage.score import score

GRADER = "1"
DAYS_BACK = (60, 120, 180)
NOISE_SEEDS = (1, 2, 3, 4)
EVERYONE = 1_000_000


def run(progress: Progress) -> Report:
    """Score the sample company's open leads as of earlier days and see what became of them.

    What happened after such a day is hidden from the score. Figures are means over the days. The
    baselines get more than a user could have: ``stage_alone`` knows each stage's true rate of the
    very leads that it is graded on, ``time_in_stage`` the lead's age over its horizon.
    """
    progress("making the sample company", 0.0)
    with sample_company().snapshot() as snapshot:
        days = []
        for number, back in enumerate(DAYS_BACK):
            progress(f"{back} days back", 0.2 + 0.15 * number)
            days.append(scored_then(snapshot, snapshot.as_of - timedelta(days=back)))
    abstained = []
    for number, seed in enumerate(NOISE_SEEDS):
        progress(f"noise {number + 1} of {len(NOISE_SEEDS)}", 0.65 + 0.08 * number)
        abstained.append(float(score(Noise(seed), limit=1)["model"]["abstained"]))
    kept = [day for day in days if len(day)]
    by_stage = [day["leaked"].groupby(day["from"]).transform("mean") for day in kept]
    return Report(
        name="risk",
        version=version_of(GRADER, repr((DAYS_BACK, NOISE_SEEDS)).encode()),
        figures={
            "auc": _auc(kept, [day["risk"] for day in kept]),
            "baseline_auc": _auc(kept, by_stage),
            "calibration_error": mean(
                [
                    calibration_error(day["risk"].to_numpy(), day["leaked"].to_numpy())
                    for day in kept
                ]
            ),
            "abstains_on_noise": mean(abstained),
            "abstains_on_sample": mean([float(not len(day)) for day in days]),
        },
        baselines={
            "stage_alone": {"auc": _auc(kept, by_stage)},
            "time_in_stage": {"auc": _auc(kept, [day["age"] for day in kept])},
        },
        cases={
            "days": len(days),
            "leads": sum(map(len, days)),
            "leaked": int(sum(day["leaked"].sum() for day in kept)),
            "noise_companies": len(abstained),
        },
    )


def scored_then(snapshot: ReadsWarehouse, then: datetime) -> pd.DataFrame:
    """Score the leads that were open on an earlier day, and add what became of them.

    Returns:
        ``entity``, ``from``, ``risk``, ``age`` (share of the horizon) and ``leaked``; leads whose
        horizon the data do not reach are left out. No rows where the model abstained.
    """
    scores = score(Past(snapshot, then), limit=EVERYONE)["scores"]
    if not scores:
        return pd.DataFrame(columns=["entity", "from", "risk", "age", "leaked"])
    rows = pd.DataFrame(scores).set_index("entity")
    journeys = snapshot.table("journeys").collect("pandas").to_native().set_index("journey_id")
    ends = then + pd.to_timedelta(rows["horizon_days"], unit="D")
    reached = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    for target, group in rows.groupby("to"):
        onward = [f"first_{stage}" for stage in snapshot.stage_map.onward(str(target))]
        reached[group.index] = journeys.loc[group.index, onward].min(axis=1)
    rows["leaked"] = ~(reached <= ends)
    rows["age"] = rows["days_in_stage"] / rows["horizon_days"]
    return rows[ends <= snapshot.as_of].reset_index()[["entity", "from", "risk", "age", "leaked"]]


def _auc(days: Sequence[pd.DataFrame], scores: Sequence[Any]) -> float | None:
    areas = [
        auc(np.asarray(values, dtype=float), day["leaked"].to_numpy(dtype=bool))
        for day, values in zip(days, scores, strict=True)
    ]
    return mean([area for area in areas if area is not None])
