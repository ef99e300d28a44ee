"""Passages: the journeys in long form, one row a lead and transition that it entered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import narwhals as nw

from knowledge.warehouse.stages import StageMap
from tools.funnel.clock import DAY, epoch_day, epoch_seconds, seconds, whole

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


def widen(
    journeys: nw.LazyFrame[Any], stages: StageMap, as_of: datetime, keep: Sequence[str] = ()
) -> nw.LazyFrame[Any]:
    """Turn journeys into integers: one row a lead, all transitions side by side.

    Engines bind every projection anew, so the whole is two of them.

    Args:
        journeys: The journeys mart.
        stages: The stage map; reaching a later stage counts as passing the ones before it.
        as_of: Nothing after this time is seen.
        keep: Columns of the journeys to carry along.

    Returns:
        ``entered_N``, ``reached_N`` (epoch seconds), ``month_N`` (year * 12 + month - 1) and
        ``exited_N`` (0 or 1) for each transition N, and ``keep``.
    """
    present = set(journeys.collect_schema().names())
    exits = [f"last_{name}" for name in FINAL_EXITS if f"last_{name}" in present]
    gone = nw.col("current_stage").is_in(FINAL_EXITS)
    onward = {
        f"onward_{step}": nw.min_horizontal(*(f"first_{stage}" for stage in stages.onward(target)))
        for step, (_, target) in enumerate(stages.transitions)
    }
    columns: dict[str, nw.Expr] = {}
    for step, (origin, _) in enumerate(stages.transitions):
        start, reached = nw.col(f"first_{origin}"), nw.col(f"onward_{step}")
        columns[f"entered_{step}"] = nw.when(start <= as_of).then(seconds(start))
        columns[f"reached_{step}"] = nw.when(reached <= as_of).then(seconds(reached))
        columns[f"month_{step}"] = start.dt.year() * 12 + start.dt.month() - 1
        left = gone & (nw.max_horizontal(*exits) >= start) if exits else None
        columns[f"exited_{step}"] = nw.lit(0) if left is None else _flag(left)
    rows = journeys.with_columns(**onward)
    return rows.select(*(nw.col(name) for name in keep), **columns)


def arrivals(wide: nw.LazyFrame[Any], steps: int) -> nw.LazyFrame[Any]:
    """Lay out when leads entered and passed each transition.

    Returns:
        Rows of ``step``, ``day`` and ``reached_day`` (epoch days; null if not passed).
    """
    return nw.concat(
        [
            wide.filter(~nw.col(f"entered_{step}").is_null()).select(
                step=nw.lit(step),
                day=whole(nw.col(f"entered_{step}"), DAY),
                reached_day=whole(nw.col(f"reached_{step}"), DAY),
            )
            for step in range(steps)
        ]
    )


def passages(
    wide: nw.LazyFrame[Any], steps: Sequence[int], scope: Scope, keep: Sequence[str] = ()
) -> nw.LazyFrame[Any]:
    """Lay out who entered each transition, when, and what came of it.

    Args:
        wide: What ``widen`` gave.
        steps: Numbers of the transitions.
        scope: Period, windows and as-of time.
        keep: Columns to carry along.

    Returns:
        Rows of ``step`` (number of the transition), ``entered`` (epoch seconds), ``day`` (epoch
        day), ``month`` (year * 12 + month - 1), ``lag`` (seconds to conversion, at least 0; null
        if not converted), ``converted``, ``exited``, ``open``, ``mature``, ``mature_converted``,
        ``affected`` (0 or 1), and ``keep``.
    """
    return nw.concat([_long(wide, scope, step, keep) for step in steps])


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
    return wide.filter(*_inside(entered, scope.period)).select(
        *keep,
        step=nw.lit(step),
        month=nw.col(f"month_{step}"),
        entered=entered,
        day=whole(entered, DAY),
        lag=nw.when(within).then(lag),
        converted=_flag(within),
        exited=exited * stayed,
        open=(1 - exited) * stayed,
        mature=_flag(mature),
        mature_converted=_flag(mature & within),
        affected=_flag(touched),
    )


def _inside(entered: nw.Expr, period: Period) -> list[nw.Expr]:
    conditions = [~entered.is_null()]
    if period.since is not None:
        conditions.append(entered >= epoch_day(period.since) * DAY)
    if period.until is not None:
        conditions.append(entered < (epoch_day(period.until) + 1) * DAY)
    return conditions


def _flag(condition: nw.Expr) -> nw.Expr:
    """Give 1 where the condition holds and 0 where it does not or is unknown."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))
