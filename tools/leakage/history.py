"""History: what was known of each lead at the end of each week, and nothing after it."""

from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from knowledge.warehouse.reads import ReadsWarehouse
from tools.funnel.clock import DAY, epoch_seconds, seconds, whole
from tools.funnel.columns import numbers
from tools.funnel.passages import FINAL_EXITS, widen
from tools.leakage.touches import person_touches

WEEK = 7 * DAY
NOT_YET = -np.inf

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weeks:
    """Hold events of leads by week: lead x week, the last week ending at the as-of time.

    Attributes:
        count: Events in the week.
        last: Time of the newest event up to the end of the week; minus infinity before the first.
    """

    count: Floats
    last: Floats


@dataclass(frozen=True)
class History:
    """Hold what is known of every lead, and when it became known.

    Attributes:
        journey: Ids.
        labels: Columns to show and to select by.
        ends: End of each week (epoch seconds), oldest first; the last is the as-of time.
        entered: Lead x transition: time of entering; NaN if never.
        reached: Lead x transition: time of passing; NaN if never.
        left: Times of leaving the funnel, earliest first; NaN if never.
        touches: Touches of any kind; None where they are not recorded.
        two_way: Answers, meetings and talks; None where touches are not recorded.
        assigned: Assignments to an owner; None where they are not recorded.
        answered: Time of the first answer by an owner; None where it is not recorded.
        answer_step: The transition that begins with qualification, when an answer is due.
    """

    journey: NDArray[Any]
    labels: dict[str, NDArray[Any]]
    ends: Floats
    entered: Floats
    reached: Floats
    left: Floats
    touches: Weeks | None
    two_way: Weeks | None
    assigned: Weeks | None
    answered: Floats | None
    answer_step: int

    def is_open(self, step: int, moment: float) -> NDArray[np.bool_]:
        """Tell who stood before a transition at a moment, by what was known then."""
        entered, reached = self.entered[:, step], self.reached[:, step]
        here = (entered <= moment) & ~(reached <= moment)
        for left in self.left.T:
            here &= ~((left >= entered) & (left <= moment))
        return np.asarray(here)


def read_history(snapshot: ReadsWarehouse, segments: tuple[str, ...]) -> History:
    """Collect times of stages, touches and assignments for every journey."""
    journeys = snapshot.table("journeys")
    present = journeys.collect_schema().names()
    stages = snapshot.stage_map.stages
    steps = len(stages) - 1
    shown = [
        name
        for name in ("journey_id", "person_id", "name", "owner", "owner_id", *segments)
        if name in present
    ]
    shown = list(dict.fromkeys(shown))
    times = [f"{kind}_{name}" for kind in ("first", "last") for name in FINAL_EXITS]
    times = [name for name in (*times, "first_response_at") if name in present]
    wide = widen(journeys, snapshot.stage_map, snapshot.as_of, [*shown, *times])
    table = wide.with_columns(
        *(
            nw.when(nw.col(name) <= snapshot.as_of).then(seconds(nw.col(name))).alias(name)
            for name in times
        )
    ).collect("pyarrow")
    labels = {name: np.array(table[name].to_list(), dtype=object) for name in shown}
    entered = np.stack([numbers(table[f"entered_{step}"]) for step in range(steps)], axis=1)
    reached = np.stack([numbers(table[f"reached_{step}"]) for step in range(steps)], axis=1)
    exits = [numbers(table[name]) for name in times if name.split("_")[1] in FINAL_EXITS]
    now = float(epoch_seconds(snapshot.as_of))
    known = entered[~np.isnan(entered)]
    weeks = max(1, int((now - float(known.min(initial=now))) // WEEK) + 1)
    touches, two_way = _touch_weeks(snapshot, labels.get("person_id"), now, weeks)
    answered = numbers(table["first_response_at"]) if "first_response_at" in times else None
    return History(
        journey=labels["journey_id"],
        labels=labels,
        ends=now - WEEK * np.arange(weeks - 1, -1, -1, dtype=np.float64),
        entered=entered,
        reached=reached,
        left=np.stack(exits, axis=1) if exits else np.zeros((len(entered), 0)),
        touches=touches,
        two_way=two_way,
        assigned=_assignment_weeks(snapshot, labels["journey_id"], now, weeks),
        answered=answered if answered is not None and not np.isnan(answered).all() else None,
        answer_step=stages.index("mql") if "mql" in stages else 0,
    )


def _weekly(at: nw.Expr, now: float) -> nw.Expr:
    """Number weeks back from the as-of time; an event at the very end of a week is in it."""
    return whole(now - at, WEEK)


def _touch_weeks(
    snapshot: ReadsWarehouse, people: NDArray[Any] | None, now: float, weeks: int
) -> tuple[Weeks | None, Weeks | None]:
    touches = person_touches(snapshot)
    if touches is None or people is None:
        return None, None
    cells = (
        touches.filter(nw.col("at") <= now)
        .with_columns(back=_weekly(nw.col("at"), now))
        .group_by("entity_id", "two_way", "back")
        .agg(n=nw.len(), newest=nw.col("at").max())
        .collect("pyarrow")
    )
    if not len(cells):
        return None, None
    answer = numbers(cells["two_way"]) > 0
    place = _Place(cells["entity_id"].to_list(), people, numbers(cells["back"]), weeks)
    count, newest = numbers(cells["n"]), numbers(cells["newest"])
    return (
        place.weeks_of(count, newest, np.ones(len(count), dtype=bool)),
        place.weeks_of(count, newest, answer),
    )


def _assignment_weeks(
    snapshot: ReadsWarehouse, journeys: NDArray[Any], now: float, weeks: int
) -> Weeks | None:
    if "assignment" not in snapshot.names():
        return None
    cells = (
        snapshot.table("assignment")
        .filter(~nw.col("to_owner_id").is_null(), nw.col("at") <= snapshot.as_of)
        .select("journey_id", at=seconds(nw.col("at")))
        .with_columns(back=_weekly(nw.col("at"), now))
        .group_by("journey_id", "back")
        .agg(n=nw.len(), newest=nw.col("at").max())
        .collect("pyarrow")
    )
    if not len(cells):
        return None
    place = _Place(cells["journey_id"].to_list(), journeys, numbers(cells["back"]), weeks)
    every = np.ones(len(cells), dtype=bool)
    return place.weeks_of(numbers(cells["n"]), numbers(cells["newest"]), every)


class _Place:
    """Place cells of keys and weeks on a lead x week grid."""

    def __init__(self, keys: list[Any], leads: NDArray[Any], back: Floats, weeks: int) -> None:
        known = {key: number for number, key in enumerate(dict.fromkeys(leads.tolist()))}
        self._rows = np.array([known.get(key, -1) for key in keys], dtype=np.int64)
        self._lead_rows = np.array([known[key] for key in leads.tolist()], dtype=np.int64)
        self._size = len(known)
        self._weeks = weeks
        # What is older than the first week was known in the first week.
        self._column = np.maximum(weeks - 1 - back, 0).astype(np.int64)

    def weeks_of(self, count: Floats, newest: Floats, chosen: NDArray[np.bool_]) -> Weeks:
        """Sum and carry forward the chosen cells."""
        chosen = chosen & (self._rows >= 0)
        place = self._rows[chosen] * self._weeks + self._column[chosen]
        size = self._size * self._weeks
        total = (
            np.bincount(place, count[chosen], size)
            .astype(np.float64)
            .reshape(self._size, self._weeks)
        )
        last = np.full(size, NOT_YET)
        np.maximum.at(last, place, newest[chosen])
        carried = np.maximum.accumulate(last.reshape(self._size, self._weeks), axis=1)
        return Weeks(total[self._lead_rows], carried[self._lead_rows])
