"""Cells: mature leads at fixed age, counted by day of entering and segment in one pass."""

from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from knowledge.warehouse.reads import ReadsWarehouse
from tools.funnel.columns import integers, numbers
from tools.funnel.maturity import Observation
from tools.funnel.metrics import scope_of
from tools.funnel.passages import passages, widen
from tools.funnel.tally import plain

WEEK = 7  # days


@dataclass(frozen=True)
class Dimension:
    """Code a segment column.

    Attributes:
        name: Column name.
        values: Value of each code (None where it is missing).
        codes: Code of each cell.
    """

    name: str
    values: tuple[Any, ...]
    codes: NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """Hold one transition's mature leads.

    Attributes:
        step: Number of the transition.
        first_day: Epoch day on which week 0 begins.
        week: Week of entering of each cell; the newest week is complete.
        weeks: Number of weeks.
        entered: Leads of each cell.
        converted: Of these, those that passed within the window.
        dimensions: The segment columns.
    """

    step: int
    first_day: int
    week: NDArray[np.int64]
    weeks: int
    entered: NDArray[np.float64]
    converted: NDArray[np.float64]
    dimensions: tuple[Dimension, ...]


def collect_cells(snapshot: ReadsWarehouse, observations: list[Observation]) -> dict[int, Cells]:
    """Count conversions within the window, all leads given the same exposure.

    Leads that are too young, or that entered while conversions were not recorded, are left out.

    Returns:
        Transition number to its cells; transitions without mature leads are absent.
    """
    names = tuple(snapshot.segments)
    scope = scope_of(snapshot, observations)
    scope = replace(scope, limits=scope.windows)
    stages = snapshot.stage_map
    wide = widen(snapshot.table("journeys"), stages, snapshot.as_of, names)
    rows = passages(wide, range(len(stages.transitions)), scope, names)
    table = (
        rows.filter(nw.col("mature") == 1, nw.col("affected") == 0)
        .group_by("step", "day", *names)
        .agg(n=nw.len(), k=nw.col("converted").sum())
        .collect("pyarrow")
    )
    step = integers(table["step"])
    day = integers(table["day"])
    entered = numbers(table["n"])
    converted = numbers(table["k"])
    coded = [_dimension(name, table[name]) for name in names]
    return {
        int(number): _cells(
            int(number), step == number, day, entered=entered, converted=converted, coded=coded
        )
        for number in np.unique(step)
    }


def _cells(
    step: int,
    rows: NDArray[np.bool_],
    day: NDArray[np.int64],
    *,
    entered: NDArray[np.float64],
    converted: NDArray[np.float64],
    coded: list[Dimension],
) -> Cells:
    days = day[rows]
    # Weeks are counted back from the newest mature day, so that the newest week is whole.
    back = (int(days.max()) - days) // WEEK
    weeks = int(back.max()) + 1
    return Cells(
        step=step,
        first_day=int(days.max()) + 1 - weeks * WEEK,
        week=weeks - 1 - back,
        weeks=weeks,
        entered=entered[rows],
        converted=converted[rows],
        dimensions=tuple(replace(item, codes=item.codes[rows]) for item in coded),
    )


def _dimension(name: str, column: nw.Series[Any]) -> Dimension:
    found: dict[Any, int] = {}
    codes = [found.setdefault(plain(value), len(found)) for value in column.to_list()]
    return Dimension(name, tuple(found), np.array(codes, dtype=np.int64))
