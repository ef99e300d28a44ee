"""A baseline for leaks: the dashboard that turns red when a month is a fifth below the last."""

from typing import Any

import pandas as pd

from knowledge.warehouse.reads import ReadsWarehouse

THRESHOLD = 0.2
WINDOW = pd.Timedelta(days=30)  # conversion is counted within so many days of entering
LEAST = 30  # leads of a month, below which no team would read its rate
# A month that turned red over a year ago is not what a dashboard shows.
MONTHS = 12


def red_months(data: ReadsWarehouse) -> list[dict[str, Any]]:
    """List the segments with a month whose conversion fell by over a fifth, the costliest first.

    Months are judged once all their leads are 30 days old, which is kinder than most dashboards.
    """
    journeys = data.table("journeys").collect("pandas").to_native()
    as_of = pd.Timestamp(data.as_of)
    findings = []
    for origin, target in data.stage_map.transitions:
        reached = journeys[[f"first_{stage}" for stage in data.stage_map.onward(target)]].min(
            axis=1
        )
        entered = journeys[f"first_{origin}"]
        month = entered.dt.to_period("M")
        frame = journeys[list(data.segments)].assign(
            month=month, converted=reached - entered <= WINDOW
        )
        newest = (as_of - WINDOW).to_period("M")
        frame = frame[entered.notna() & (month < newest) & (month >= newest - MONTHS)]
        for column in (None, *data.segments):
            keys = ["month"] if column is None else [column, "month"]
            counts = frame.groupby(keys, observed=True)["converted"].agg(["sum", "size"])
            counts = counts.reset_index()
            groups = [(None, counts)] if column is None else counts.groupby(column)
            for value, rows in groups:
                segment = {} if column is None else {column: value}
                worst = _worst(rows)
                if worst:
                    findings.append(
                        {"from": origin, "to": target, "segment": segment, "drivers": [], **worst}
                    )
    return sorted(findings, key=lambda finding: -finding["lost"])


def _worst(rows: pd.DataFrame) -> dict[str, Any] | None:
    """Find the month that lost most against the one before."""
    rows = rows.set_index("month").sort_index().asfreq("M")
    rate, before = rows["sum"] / rows["size"], (rows["sum"] / rows["size"]).shift()
    enough = (rows["size"] >= LEAST) & (rows["size"].shift() >= LEAST)
    red = enough & (rate < (1 - THRESHOLD) * before)
    if not red.any():
        return None
    lost = ((before - rate) * rows["size"])[red]
    return {"since": f"{lost.idxmax()}-01", "lost": float(lost.max())}
