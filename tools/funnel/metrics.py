"""The funnel: cohort conversion, time in stage, and what can and can't be compared."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import narwhals as nw

from knowledge.errors import BadInputError
from knowledge.warehouse.reads import ReadsWarehouse
from knowledge.warehouse.remember import per_version
from tools.funnel.clock import epoch_day, epoch_seconds, iso, month_label
from tools.funnel.data import check_segments
from tools.funnel.maturity import Observation, observe
from tools.funnel.overview import overview
from tools.funnel.passages import Period, Scope, arrivals, passages, widen
from tools.funnel.report import Reader
from tools.funnel.response import response
from tools.funnel.tally import Tally, tally


def funnel(
    snapshot: ReadsWarehouse,
    *,
    by: Sequence[str] = (),
    window_days: int | None = None,
    since: date | None = None,
    until: date | None = None,
) -> dict[str, Any]:
    """Compute the funnel of one warehouse version.

    Args:
        snapshot: The warehouse version.
        by: Segment columns to cut by, one at a time.
        window_days: Count conversions within so many days of entering, and call leads mature at
            that age. By default any conversion counts and the window is learned from the lags.
        since: First day of entering a stage.
        until: Last day of entering a stage.

    Returns:
        ``as_of``, ``warehouse_version``, ``stages``, ``transitions``, ``segments``, ``cohorts``
        (by month of entering), ``response``, ``recycle`` and ``velocity``. Rates are shares of
        mature leads with a 95% Wilson interval; times are in days.

    Raises:
        BadInputError: Unknown segment, window below a day, or a period that ends before it starts.
    """
    check_segments(snapshot, tuple(by))
    if window_days is not None and window_days < 1:
        raise BadInputError(f"A window of {window_days} days is too short; give at least 1.")
    if since and until and until < since:
        raise BadInputError(f"The period ends ({until}) before it starts ({since}); swap them.")
    return copy.deepcopy(_computed(snapshot, tuple(by), window_days, since, until))


@per_version(most=64)
def _computed(
    snapshot: ReadsWarehouse,
    by: tuple[str, ...],
    window_days: int | None,
    since: date | None,
    until: date | None,
) -> dict[str, Any]:
    stages = snapshot.stage_map
    journeys = snapshot.table("journeys")
    wide = widen(journeys, stages, snapshot.as_of, by)
    observations = observed(snapshot, wide, window_days)
    scope = replace(scope_of(snapshot, observations), period=Period(since, until))
    if window_days is not None:
        scope = replace(scope, limits=scope.windows)
    steps = range(len(stages.transitions))
    rows = passages(wide, steps, scope, by)
    reader = Reader(stages, observations, epoch_seconds(snapshot.as_of))
    totals = {item.step: item for item in tally(rows)}
    return {
        "as_of": iso(snapshot.as_of),
        "warehouse_version": snapshot.version,
        "stages": list(stages.stages),
        "transitions": [reader.row(totals.get(step), step) for step in steps],
        "segments": [
            {"by": column, "value": value, "transitions": lines}
            for column in by
            for value, lines in _segments(reader, tally(rows, column))
        ],
        "cohorts": _cohorts(reader, tally(rows, "month")),
        "response": response(journeys, snapshot.as_of, scope.period),
        **overview(journeys, stages, totals, snapshot.as_of),
    }


def look(snapshot: ReadsWarehouse) -> list[Observation]:
    """Learn windows and recording gaps from the whole history."""
    wide = widen(snapshot.table("journeys"), snapshot.stage_map, snapshot.as_of)
    return observed(snapshot, wide)


def observed(
    snapshot: ReadsWarehouse, wide: nw.LazyFrame[Any], window_days: int | None = None
) -> list[Observation]:
    """Learn windows and recording gaps from journeys that were widened already."""
    steps = len(snapshot.stage_map.transitions)
    today = epoch_day(snapshot.as_of.date())
    return observe(arrivals(wide, steps), steps, today, window_days)


def scope_of(snapshot: ReadsWarehouse, observations: list[Observation]) -> Scope:
    """Set the windows and affected days that were learned."""
    return Scope(
        snapshot.as_of,
        windows={step: seen.window for step, seen in enumerate(observations)},
        affected={step: seen.affected for step, seen in enumerate(observations)},
    )


def _segments(reader: Reader, found: list[Tally]) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Group tallies by value, the largest first."""
    values: dict[Any, dict[int, Tally]] = {}
    for item in found:
        values.setdefault(item.group, {})[item.step] = item
    sizes = {value: sum(item.entered for item in rows.values()) for value, rows in values.items()}
    steps = range(len(reader.stages.transitions))
    return [
        (value, [reader.row(values[value].get(step), step) for step in steps])
        for value in sorted(values, key=lambda value: (-sizes[value], str(value)))
    ]


def _cohorts(reader: Reader, found: list[Tally]) -> list[dict[str, Any]]:
    months: dict[int, dict[int, Tally]] = {}
    for item in found:
        months.setdefault(int(item.group), {})[item.step] = item
    steps = range(len(reader.stages.transitions))
    return [
        {
            "period": month_label(month),
            "transitions": [reader.cohort(months[month].get(step), step, month) for step in steps],
        }
        for month in sorted(months)
    ]
