"""Features of the risk score: each a few bins with words, from what was known at the time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.funnel.clock import DAY
from tools.leakage.history import Floats, History

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Feature:
    """Define a feature.

    Attributes:
        name: Key in reasons.
        bins: What each code means, in plain words.
        best: Code that somebody can bring about, if any.
        remedy: What would bring it about.
        settled: Code from which the remedy does not apply, if any.
        code: Gives the code of the chosen leads of a transition at the end of a week.
    """

    name: str
    bins: tuple[str, ...]
    code: Callable[[History, int, NDArray[np.bool_], int], Codes]
    best: int | None = None
    remedy: str = ""
    settled: int | None = None


def _days_since(last: Floats, moment: float) -> Floats:
    return (moment - last) / DAY


def _two_way(history: History, week: int, rows: NDArray[np.bool_], _: int) -> Codes:
    assert history.two_way is not None  # noqa: S101 - the feature is offered only with touches
    days = _days_since(history.two_way.last[rows, week], history.ends[week])
    return np.asarray(np.digitize(days, (7, 14, 28, 1e6)), dtype=np.int64)


def _engagement(history: History, week: int, rows: NDArray[np.bool_], _: int) -> Codes:
    assert history.touches is not None  # noqa: S101 - the feature is offered only with touches
    recent = history.touches.count[rows, max(0, week - 3) : week + 1].sum(axis=1)
    return np.asarray(np.digitize(recent, (1, 3, 8)), dtype=np.int64)


def _silence(history: History, week: int, rows: NDArray[np.bool_], _: int) -> Codes:
    assert history.touches is not None  # noqa: S101 - the feature is offered only with touches
    days = _days_since(history.touches.last[rows, week], history.ends[week])
    return np.asarray(np.digitize(days, (3, 7, 14, 28)), dtype=np.int64)


def _handoffs(history: History, week: int, rows: NDArray[np.bool_], _: int) -> Codes:
    assert history.assigned is not None  # noqa: S101 - offered only with assignments
    owners = history.assigned.count[rows, : week + 1].sum(axis=1)
    return np.asarray(np.digitize(owners, (1, 2, 3)), dtype=np.int64)


def _unanswered(history: History, week: int, rows: NDArray[np.bool_], step: int) -> Codes:
    assert history.answered is not None  # noqa: S101 - offered only with answers
    if step != history.answer_step:  # before it none is due, after it the stage itself says it
        return np.full(int(rows.sum()), 2)
    return np.where(history.answered[rows] <= history.ends[week], 0, 1).astype(np.int64)


FEATURES = (
    Feature(
        "last_two_way",
        (
            "two-way contact within 7 days",
            "last two-way contact 7 to 14 days ago",
            "last two-way contact 14 to 28 days ago",
            "last two-way contact over 28 days ago",
            "no two-way contact yet",
        ),
        _two_way,
        best=0,
        remedy="a reply, call or meeting this week",
    ),
    Feature(
        "engagement_28d",
        (
            "no touch in 28 days",
            "1 or 2 touches in 28 days",
            "3 to 7 touches in 28 days",
            "8 or more touches in 28 days",
        ),
        _engagement,
    ),
    Feature(
        "last_touch",
        (
            "touched within 3 days",
            "last touch 3 to 7 days ago",
            "last touch 7 to 14 days ago",
            "last touch 14 to 28 days ago",
            "no touch for over 28 days",
        ),
        _silence,
        best=0,
        remedy="a touch within 3 days",
    ),
    Feature(
        "owners",
        (
            "no assignment to an owner recorded",
            "assigned once",
            "passed on once",
            "passed on twice or more",
        ),
        _handoffs,
        best=1,
        remedy="one owner who keeps the lead",
    ),
    Feature(
        "answered",
        (
            "answered by its owner",
            "not answered by its owner yet",
            "no first answer is due in this stage",
        ),
        _unanswered,
        best=0,
        settled=2,
        remedy="a first answer by its owner",
    ),
)

AGE_BINS = (0.25, 0.5, 1.0, 2.0)  # of the transition's window
AGE_TEXT = (
    "early in the stage",
    "on its way in the stage",
    "late in the stage",
    "longer in the stage than nine in ten that convert",
    "twice as long in the stage",
)


def offered(history: History) -> tuple[Feature, ...]:
    """List the features whose records exist."""
    exist = {
        "last_two_way": history.two_way is not None,
        "engagement_28d": history.touches is not None,
        "last_touch": history.touches is not None,
        "owners": history.assigned is not None,
        "answered": history.answered is not None,
    }
    return tuple(feature for feature in FEATURES if exist[feature.name])


def age_code(days: Floats, window: int) -> Codes:
    """Bin the time in stage against the time within which nine in ten convert."""
    return np.asarray(np.digitize(days / window, AGE_BINS), dtype=np.int64)
