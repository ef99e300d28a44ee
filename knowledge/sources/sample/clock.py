"""Northpeak's calendar: the period, growth, season, week and working hours. Seconds since 1970."""

from datetime import UTC, date, datetime
from typing import Final

import numpy as np

from knowledge.sources.sample.columns import NEVER, Floats, Ints

HOUR: Final = 3_600
DAY: Final = 86_400


def seconds(day: date) -> int:
    """Give the first second of a day (UTC)."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


START: Final = seconds(date(2025, 5, 1))
END: Final = seconds(date(2026, 11, 1)) - 1

_WEEK = np.array([1.08, 1.16, 1.14, 1.1, 0.92, 0.32, 0.28])  # Monday first
# January first; December and August are quiet in B2B.
_VOLUME = np.array([1.0, 1.05, 1.08, 1.0, 1.0, 0.97, 0.88, 0.74, 1.1, 1.1, 1.02, 0.64])
_YIELD = np.array([1.0, 1.0, 1.02, 1.0, 1.0, 1.0, 0.97, 0.89, 1.02, 1.02, 1.0, 0.87])
_GROWTH = 0.6  # more leads a day at the end than at the start
_THURSDAY = 3  # weekday of 1970-01-01
_SATURDAY = 5
_OPENS = 8 * HOUR
_OPEN_FOR = 9 * HOUR


def month(moment: Ints) -> Ints:
    """Give the month (0 is January) of each moment; January for what never comes."""
    known = np.where(moment < NEVER, moment, 0).astype("datetime64[s]")
    return known.astype("datetime64[M]").astype(np.int64) % 12


def season(moment: Ints) -> Floats:
    """Give the factor by which the time of year moves a conversion rate."""
    return np.asarray(_YIELD[month(moment)], dtype=np.float64)


def arrivals(rng: np.random.Generator, offset_hours: Ints) -> Ints:
    """Draw when each of a number of leads arrives, by growth, season, weekday and local hour.

    Args:
        rng: Stream to draw from.
        offset_hours: Local time minus UTC for each lead.
    """
    days = np.arange(START, END, DAY, dtype=np.int64)
    weights = (
        (1 + _GROWTH * np.linspace(0, 1, len(days)))
        * _VOLUME[month(days)]
        * _WEEK[(days // DAY + _THURSDAY) % 7]
        * rng.lognormal(0, 0.1, len(days))
    )
    day = rng.choice(days, len(offset_hours), p=weights / weights.sum())
    local = np.clip(rng.normal(12.6, 3.2, len(offset_hours)), 0.2, 23.8) * HOUR
    moment = day + local.astype(np.int64) - offset_hours * HOUR
    return np.asarray(np.clip(moment, START, END), dtype=np.int64)


def working(moment: Ints, hours: Floats, offset_hours: Ints) -> Ints:
    """Let working hours (08:00 to 17:00 local, Monday to Friday) pass after each moment.

    Args:
        moment: When the clock starts.
        hours: Working hours to let pass.
        offset_hours: Local time minus UTC.

    Returns:
        The moments, NEVER where the start never comes.
    """
    local = np.where(moment < NEVER, moment, 0) + offset_hours * HOUR
    day, second = local // DAY + _THURSDAY, local % DAY
    week, weekday = day // 7, day % 7
    weekend = weekday >= _SATURDAY
    workday = week * 5 + np.where(weekend, _SATURDAY, weekday)
    inside = np.where(weekend, 0, np.clip(second - _OPENS, 0, _OPEN_FOR))
    total = workday * _OPEN_FOR + inside + (hours * HOUR).astype(np.int64)
    workday, inside = total // _OPEN_FOR, total % _OPEN_FOR
    day = workday // 5 * 7 + workday % 5 - _THURSDAY
    result = day * DAY + _OPENS + inside - offset_hours * HOUR
    return np.asarray(np.where(moment < NEVER, result, NEVER), dtype=np.int64)
