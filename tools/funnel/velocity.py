"""Pipeline velocity: what the open pipeline yields a day."""

from datetime import datetime
from typing import Any

import narwhals as nw

from knowledge.warehouse.stages import StageMap
from tools.funnel.clock import DAY, seconds
from tools.funnel.tally import Tally, plain


def velocity(
    journeys: nw.LazyFrame[Any], stages: StageMap, totals: dict[int, Tally], as_of: datetime
) -> dict[str, Any] | None:
    """Give open opportunities x win rate x median value / median days to win.

    Args:
        journeys: The journeys mart.
        stages: The stage map; its last transition is the one that wins.
        totals: Tally of each transition.
        as_of: Nothing after this time is seen.

    Returns:
        The four factors and ``value_per_day`` in the currency of the data; None where values or
        wins are not recorded.
    """
    last = len(stages.transitions) - 1
    origin, won = stages.transitions[last]
    final = totals.get(last)
    if "value" not in journeys.collect_schema().names() or final is None or not final.rate:
        return None
    start, stop = nw.col(f"first_{origin}"), nw.col(f"first_{won}")
    win = stop <= as_of
    rows = (
        journeys.filter(start <= as_of)
        .with_columns(start=seconds(start), stop=seconds(stop))
        .select(
            value=nw.when(win).then(nw.col("value")),
            cycle=nw.when(win & (stop >= start)).then(nw.col("stop") - nw.col("start")),
        )
        .select(value=nw.col("value").median(), cycle=nw.col("cycle").median())
        .collect("pyarrow")
        .rows()
    )
    value, cycle = plain(rows[0][0]), plain(rows[0][1])
    if value is None or not cycle:
        return None
    days = float(cycle) / DAY
    return {
        "stage": origin,
        "open": final.open,
        "win_rate": round(final.rate, 4),
        "median_value": round(float(value), 2),
        "median_days": round(days, 2),
        "value_per_day": round(final.open * final.rate * float(value) / days, 2),
    }
