"""Lead response time."""

from datetime import datetime, time, timedelta
from typing import Any

import narwhals as nw
import numpy as np

from tools.funnel.clock import epoch_seconds, seconds, whole
from tools.funnel.columns import numbers
from tools.funnel.passages import FINAL_EXITS, Period
from tools.funnel.survival import median_survival

_GRAIN = 360  # seconds: a tenth of an hour keeps the groups few


def response(journeys: nw.LazyFrame[Any], as_of: datetime, period: Period) -> dict[str, Any] | None:
    """Give the time from qualification to the first answer, unanswered leads being censored.

    Args:
        journeys: The journeys mart.
        as_of: When an unanswered lead was last seen waiting, unless it has left the funnel.
        period: Days of qualification.

    Returns:
        ``leads``, ``answered`` and ``median_hours`` (Kaplan-Meier; None while more than half
        wait); None where answers or qualification are not recorded.
    """
    present = set(journeys.collect_schema().names())
    if not {"first_mql", "first_response_at", "current_since", "current_stage"} <= present:
        return None
    start = nw.col("first_mql")
    answered = nw.col("first_response_at") <= as_of
    gone = nw.col("current_stage").is_in((*FINAL_EXITS, "won")) & (nw.col("current_since") > start)
    rows = (
        journeys.filter(*_qualified(start, as_of, period))
        .select(
            ended=nw.when(answered).then(nw.lit(1)).otherwise(nw.lit(0)),
            start=seconds(start),
            stop=nw.when(answered)
            .then(seconds(nw.col("first_response_at")))
            .otherwise(
                nw.when(gone)
                .then(seconds(nw.col("current_since")))
                .otherwise(nw.lit(epoch_seconds(as_of)))
            ),
        )
        .select("ended", grains=whole(nw.col("stop") - nw.col("start"), _GRAIN))
        .group_by("ended", "grains")
        .agg(n=nw.len())
        .collect("pyarrow")
    )
    ended, count = numbers(rows["ended"]), numbers(rows["n"])
    replies = int(count[ended == 1].sum())
    if not replies:
        return None
    hours = np.maximum(numbers(rows["grains"]), 0) * (_GRAIN / 3600)
    median = median_survival(hours, ended, count)
    return {
        "leads": int(count.sum()),
        "answered": replies,
        "median_hours": None if median is None else round(median, 1),
    }


def _qualified(start: nw.Expr, as_of: datetime, period: Period) -> list[nw.Expr]:
    conditions = [start <= as_of]
    if period.since is not None:
        conditions.append(start >= datetime.combine(period.since, time.min))
    if period.until is not None:
        conditions.append(start < datetime.combine(period.until + timedelta(days=1), time.min))
    return conditions
