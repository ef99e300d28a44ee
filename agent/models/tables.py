"""Tables: the funnel's figures in lines, whole, for a segment, or cut by a column."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import prompts
from agent.models import wording
from agent.models.periods import Period
from agent.models.understanding import Want
from agent.turns import Result

_MOST_VALUES = 12
_TIME = re.compile(r"\b(?:time|days|long|fast|quick|quickly|slow|velocity|speed)\b", re.IGNORECASE)


def funnel(result: Result, wants: Sequence[Want]) -> str:
    """Write the funnel's figures, of what was asked for."""
    page, data, args = prompts.load("replies/funnel"), result.data, result.args
    want = next((item for item in wants if item.intent == "funnel"), None)
    by, value = args.get("by"), args.get("value")
    stages = want.arguments.stages if want else ()
    pair = want.arguments.transition if want else None
    period = want.arguments.period if want else None
    segments = [item for item in data.get("segments") or [] if item.get("by") == by]
    if by and value:
        found = next((item for item in segments if _same(item.get("value"), value)), None)
        head = page.fill("segment", by=wording.column(by), value=value)
        missing = page.fill("no_value", by=wording.column(by), value=value)
        rows = _chosen(found["transitions"], stages, pair) if found else []
        lines = [head, *map(_line, rows)] if found else [missing]
    elif by:
        lines = _cut(by, segments, pair, timed=bool(want and _TIME.search(want.text)))
    else:
        lines = [page.sections["whole"]]
        lines += map(_line, _chosen(data.get("transitions") or [], stages, pair))
    if period and "since" not in args:
        lines = _period(period, data, by, stages, pair) or [
            *lines,
            page.fill("no_period", period=period.words),
        ]
    as_of = wording.day(data.get("as_of"))
    standing = page.fill("standing", version=data.get("warehouse_version"), as_of=as_of)
    return "\n".join([*(lines or [page.sections["no_figures"]]), standing])


def _chosen(
    rows: Sequence[dict[str, Any]], stages: Sequence[str], pair: tuple[str, str] | None
) -> list[dict[str, Any]]:
    """Choose the transition that was asked for, or those of the stages that were named."""
    if pair:
        chosen = [row for row in rows if (row.get("from"), row.get("to")) == pair]
    else:
        chosen = [row for row in rows if {row.get("from"), row.get("to")} & set(stages)]
    return chosen or list(rows)


def _cut(
    by: str, segments: Sequence[dict[str, Any]], pair: tuple[str, str] | None, *, timed: bool
) -> list[str]:
    """Give a line a value: of one transition in full, or of all in brief."""
    page = prompts.load("replies/funnel")
    shown = sorted(segments, key=_size, reverse=True)[:_MOST_VALUES]
    if pair:
        name = wording.transition({"from": pair[0], "to": pair[1]})
        lines = [page.fill("cut_of", transition=name, by=wording.column(by))]
        for item in shown:
            row = next((row for row in _chosen(item["transitions"], (), pair)), {})
            lines.append(_line(row, wording.plain(item.get("value"))))
    else:
        lines = [page.fill("cut_time" if timed else "cut", by=wording.column(by))]
        lines += [_brief(item, timed=timed) for item in shown]
    if len(segments) > len(shown):
        lines.append(page.fill("more", by=wording.column(by)))
    return lines


def _period(
    period: Period,
    data: Mapping[str, Any],
    by: str | None,
    stages: Sequence[str],
    pair: tuple[str, str] | None,
) -> list[str]:
    """Give the monthly cohorts of a period, where the tool itself took no period."""
    page = prompts.load("replies/funnel")
    months = [
        item
        for item in data.get("cohorts") or []
        if period.since.isoformat()[:7] <= str(item.get("period")) < period.until.isoformat()[:7]
    ]
    if by or not months:
        return []
    lines = []
    for item in months:
        lines.append(page.fill("period", period=item["period"]))
        lines += map(_line, _chosen(item["transitions"], stages, pair))
    return lines


def _brief(item: Mapping[str, Any], *, timed: bool) -> str:
    """Write the rates, or the median days, of one segment value in a line."""
    key, show = ("median_days", wording.days) if timed else ("rate", wording.percent)
    figures = [
        f"{wording.transition(row)} {show(row[key])}"
        for row in item["transitions"]
        if row.get(key) is not None
    ]
    page, value = prompts.load("replies/funnel"), wording.plain(item.get("value"))
    return page.fill("value", value=value, rates=", ".join(figures) or "no figures")


def _line(row: Mapping[str, Any], value: str | None = None) -> str:
    """Write a transition's rate, its counts and interval, time and open leads."""
    page = prompts.load("replies/funnel")
    named = {"value": value} if value is not None else {}
    cut = "cut_" if named else ""
    named = named or {"transition": wording.transition(row)}
    if row.get("rate") is None:
        section = "cut_unknown" if cut else "unknown_rate"
        return page.fill(section, **named, note=row.get("note") or "not comparable")
    low, high, median = row.get("low"), row.get("high"), row.get("median_days")
    bounds = {"low": wording.percent(low), "high": wording.percent(high)}
    # The rate is a share of the leads that are old enough to be judged, where they are counted.
    counted = "mature" in row
    line = page.fill(
        "cut_line" if cut else "transition",
        **named,
        rate=wording.percent(row["rate"]),
        converted=wording.number(row["mature_converted"] if counted else row.get("converted")),
        entered=wording.number(row["mature"] if counted else row.get("entered")),
        interval=page.fill("interval", **bounds) if low is not None else "",
        median=page.fill("median", days=wording.days(median)) if median is not None else "",
        open=page.fill("open", open=wording.number(row["open"])) if row.get("open") else "",
    )
    doubt = row.get("comparable") is False and row.get("note")
    return f"{line}; not comparable: {row['note']}" if doubt else line


def _size(item: Mapping[str, Any]) -> int:
    rows = item.get("transitions") or [{}]
    return max(int(row.get("entered") or 0) for row in rows)


def _same(found: Any, asked: Any) -> bool:
    return str(found).casefold() == str(asked).casefold()
