"""The overview: recycling and pipeline velocity of the whole funnel, in one pass."""

from datetime import datetime
from typing import Any

import narwhals as nw

from knowledge.warehouse.stages import StageMap
from tools.funnel.clock import DAY, seconds
from tools.funnel.tally import Tally, plain


def overview(
    journeys: nw.LazyFrame[Any], stages: StageMap, totals: dict[int, Tally], as_of: datetime
) -> dict[str, Any]:
    """Compute the recycle rate and the pipeline velocity.

    Args:
        journeys: The journeys mart.
        stages: The stage map; its last transition is the one that wins.
        totals: Tally of each transition.
        as_of: Nothing after this time is seen.

    Returns:
        ``recycle``: leads sent back to nurture at least once, with their share. ``velocity``: open
        opportunities x win rate x median value / median days to win, as ``value_per_day`` in the
        currency of the data. Either is None where what it needs is not recorded.
    """
    present = journeys.collect_schema().names()
    origin, won = stages.transitions[-1]
    start, stop = nw.col(f"first_{origin}"), nw.col(f"first_{won}")
    win = (start <= as_of) & (stop <= as_of)
    columns = {
        "lead": nw.lit(1),
        "cycle": nw.when(win & (stop >= start)).then(seconds(stop) - seconds(start)),
    }
    if "value" in present:
        columns["value"] = nw.when(win).then(nw.col("value"))
    if "first_recycled" in present:
        columns["back"] = nw.when(nw.col("first_recycled") <= as_of).then(nw.lit(1))
    rows = journeys.select(**columns)
    sums = [nw.col(name).sum() for name in ("lead", "back") if name in columns]
    medians = [nw.col(name).median() for name in ("cycle", "value") if name in columns]
    found = rows.select(*sums, *medians).collect("pyarrow").rows(named=True)[0]
    leads, back = int(found["lead"] or 0), found.get("back", 0)
    recycled = int(plain(back) or 0)
    final = totals.get(len(stages.transitions) - 1)
    return {
        "recycle": {"leads": leads, "recycled": recycled, "rate": round(recycled / leads, 4)}
        if leads and "back" in columns
        else None,
        "velocity": _velocity(origin, final, plain(found.get("value")), plain(found["cycle"])),
    }


def _velocity(
    origin: str, final: Tally | None, value: float | None, cycle: float | None
) -> dict[str, Any] | None:
    if final is None or not final.rate or value is None or not cycle:
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
