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
        limit_days: Count a conversion only within so many days; None counts any.
        windows: Transition number to the days after which a lead is mature.
        affected: Transition number to ranges of epoch days (both ends inclusive) in which
            entering leads can't be compared, because their conversions were not recorded.
    """

    as_of: datetime
    period: Period = Period()
    limit_days: int | None = None
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
    present = journeys.collect_schema().names()
    steps = range(len(stages.transitions))
    return nw.concat(
        [_passage(journeys, stages, scope, step=step, keep=keep, present=present) for step in steps]
    )


def _passage(
    journeys: nw.LazyFrame[Any],
    stages: StageMap,
    scope: Scope,
    *,
    step: int,
    keep: Sequence[str],
    present: Sequence[str],
) -> nw.LazyFrame[Any]:
    origin, target = stages.transitions[step]
    start = nw.col(f"first_{origin}")
    goals = [f"first_{stage}" for stage in stages.onward(target)]
    exits = [f"last_{name}" for name in FINAL_EXITS if f"last_{name}" in present]
    rows = journeys.filter(*entered_within(start, scope)).with_columns(
        reached_at=nw.min_horizontal(*goals),
        exited_at=nw.max_horizontal(*exits) if exits else start,
        gone=nw.col("current_stage").is_in(FINAL_EXITS) if exits else nw.lit(value=False),
    )
    seen = nw.col("reached_at") <= scope.as_of
    rows = rows.select(
        *(nw.col(name) for name in keep),
        step=nw.lit(step),
        month=start.dt.year().cast(nw.Int64) * 12 + start.dt.month().cast(nw.Int64) - 1,
        entered=seconds(start),
        reached=nw.when(seen).then(seconds(nw.col("reached_at"))),
        exited=_flag(nw.col("gone") & (nw.col("exited_at") >= start)),
    )
    rows = rows.with_columns(
        day=nw.col("entered") // DAY,
        reached_day=nw.col("reached") // DAY,
        # A conversion recorded before the entry (clocks and batch jobs differ) took no time.
        lag=nw.max_horizontal(nw.col("reached") - nw.col("entered"), nw.col("reached") * 0),
    )
    within = ~nw.col("lag").is_null()
    if scope.limit_days is not None:
        within = within & (nw.col("lag") <= scope.limit_days * DAY)
    born = epoch_seconds(scope.as_of) - scope.windows.get(step, 0) * DAY
    touched = nw.lit(value=False)
    for first, last in scope.affected.get(step, ()):
        touched = touched | ((nw.col("day") >= first) & (nw.col("day") <= last))
    rows = rows.with_columns(
        converted=_flag(within),
        ever=_flag(~nw.col("reached").is_null()),
        mature=_flag(nw.col("entered") <= born),
        affected=_flag(touched),
    )
    return rows.select(
        *keep,
        "step",
        "month",
        "entered",
        "day",
        "reached_day",
        "converted",
        "mature",
        "affected",
        lag=nw.when(nw.col("converted") == 1).then(nw.col("lag")),
        exited=nw.col("exited") * (1 - nw.col("ever")),
        open=(1 - nw.col("exited")) * (1 - nw.col("ever")),
        mature_converted=nw.col("mature") * nw.col("converted"),
    )


def _flag(condition: nw.Expr) -> nw.Expr:
    """Give 1 where the condition holds and 0 where it does not or is unknown."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))


def entered_within(start: nw.Expr, scope: Scope) -> list[nw.Expr]:
    """Select rows whose time of entering lies in the scope."""
    conditions = [~start.is_null(), start <= scope.as_of]
    midnight = datetime.min.time()
    if scope.period.since is not None:
        conditions.append(start >= datetime.combine(scope.period.since, midnight))
    if scope.period.until is not None:
        after = scope.period.until + timedelta(days=1)
        conditions.append(start < datetime.combine(after, midnight))
    return conditions
