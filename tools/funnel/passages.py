"""Passages: the journeys in long form, one row a lead and transition that it entered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import narwhals as nw

from knowledge.warehouse.stages import StageMap
from tools.funnel.clock import DAY, epoch_seconds, seconds

FINAL_EXITS = ("lost", "disqualified")  # a recycled lead is still open: it goes back to nurture


@dataclass(frozen=True)
class Period:
    """Bound the day on which a lead entered a stage; both ends belong to it."""

    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Scope:
    """Say which passages are meant and what may be said of them.

    Attributes:
        as_of: Nothing after this time is seen.
        period: Days of entering.
        limits: Transition number to the days within which a conversion counts; any counts where
            there is none.
        windows: Transition number to the days after which a lead is mature.
        affected: Transition number to ranges of epoch days (both ends inclusive) in which
            entering leads can't be compared, because their conversions were not recorded.
    """

    as_of: datetime
    period: Period = Period()
    limits: Mapping[int, int] = field(default_factory=dict)
    windows: Mapping[int, int] = field(default_factory=dict)
    affected: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)


def passages(
    journeys: nw.LazyFrame[Any], stages: StageMap, scope: Scope, keep: Sequence[str] = ()
) -> nw.LazyFrame[Any]:
    """Lay out who entered each transition, when, and what came of it.

    Args:
        journeys: The journeys mart.
        stages: The stage map; reaching a later stage counts as passing the ones before it.
        scope: Period, windows and as-of time.
        keep: Columns of the journeys to carry along.

    Returns:
        Rows of ``step`` (number of the transition), ``entered`` (epoch seconds), ``day`` (epoch
        day), ``month`` (year * 12 + month - 1), ``lag`` (seconds to conversion, at least 0; null
        if not converted), ``reached_day`` (epoch day of any conversion), ``converted``,
        ``exited``, ``open``, ``mature``, ``mature_converted``, ``affected`` (0 or 1), and ``keep``.
    """
    wide = _wide(journeys, stages, scope, keep)
    steps = range(len(stages.transitions))
    return nw.concat([_long(wide, scope, step, keep) for step in steps])


def _wide(
    journeys: nw.LazyFrame[Any], stages: StageMap, scope: Scope, keep: Sequence[str]
) -> nw.LazyFrame[Any]:
    """Give one row a lead with times as integers, all transitions side by side.

    Engines bind every projection anew, so the whole is two of them.
    """
    present = set(journeys.collect_schema().names())
    exits = [f"last_{name}" for name in FINAL_EXITS if f"last_{name}" in present]
    gone = nw.col("current_stage").is_in(FINAL_EXITS)
    columns: dict[str, nw.Expr] = {}
    for step, (origin, target) in enumerate(stages.transitions):
        start = nw.col(f"first_{origin}")
        reached = nw.min_horizontal(*(f"first_{stage}" for stage in stages.onward(target)))
        columns[f"entered_{step}"] = nw.when(entered_within(start, scope)).then(seconds(start))
        columns[f"reached_{step}"] = nw.when(reached <= scope.as_of).then(seconds(reached))
        columns[f"month_{step}"] = (
            start.dt.year().cast(nw.Int64) * 12 + start.dt.month().cast(nw.Int64) - 1
        )
        left = gone & (nw.max_horizontal(*exits) >= start) if exits else None
        columns[f"exited_{step}"] = nw.lit(0) if left is None else _flag(left)
    return journeys.select(*(nw.col(name) for name in keep), **columns)


def _long(
    wide: nw.LazyFrame[Any], scope: Scope, step: int, keep: Sequence[str]
) -> nw.LazyFrame[Any]:
    """Take one transition out of the wide rows."""
    entered, reached = nw.col(f"entered_{step}"), nw.col(f"reached_{step}")
    # A conversion recorded before the entry (clocks and batch jobs differ) took no time.
    lag = nw.max_horizontal(reached - entered, reached * 0)
    within = ~reached.is_null()
    if step in scope.limits:
        within = within & (lag <= scope.limits[step] * DAY)
    mature = entered <= epoch_seconds(scope.as_of) - scope.windows.get(step, 0) * DAY
    touched = nw.lit(value=False)
    for first, last in scope.affected.get(step, ()):
        touched = touched | ((entered >= first * DAY) & (entered < (last + 1) * DAY))
    stayed = nw.when(reached.is_null()).then(nw.lit(1)).otherwise(nw.lit(0))
    exited = nw.col(f"exited_{step}")
    return wide.filter(~entered.is_null()).select(
        *keep,
        step=nw.lit(step),
        month=nw.col(f"month_{step}"),
        entered=entered,
        day=entered // DAY,
        reached_day=reached // DAY,
        lag=nw.when(within).then(lag),
        converted=_flag(within),
        exited=exited * stayed,
        open=(1 - exited) * stayed,
        mature=_flag(mature),
        mature_converted=_flag(mature & within),
        affected=_flag(touched),
    )


def _flag(condition: nw.Expr) -> nw.Expr:
    """Give 1 where the condition holds and 0 where it does not or is unknown."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))


def entered_within(start: nw.Expr, scope: Scope) -> nw.Expr:
    """Tell whether a time of entering lies in the scope."""
    inside = start <= scope.as_of
    midnight = datetime.min.time()
    if scope.period.since is not None:
        inside = inside & (start >= datetime.combine(scope.period.since, midnight))
    if scope.period.until is not None:
        after = scope.period.until + timedelta(days=1)
        inside = inside & (start < datetime.combine(after, midnight))
    return inside
