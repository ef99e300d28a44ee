"""Time as integers: epoch seconds and days, in a form that every engine has."""

from datetime import UTC, date, datetime, timedelta

import narwhals as nw

DAY = 86_400  # seconds
_EPOCH = date(1970, 1, 1)
_DAYS_TO_1970 = _EPOCH.toordinal()


def seconds(time: nw.Expr) -> nw.Expr:
    """Turn a timestamp expression into seconds since 1970 (fractions cut off).

    Built from calendar parts (Gregorian leap years), because neither ``timestamp`` nor a
    difference of timestamps is offered by all engines behind Narwhals.
    """
    part = time.dt
    past = part.year().cast(nw.Float64) - 1  # whole numbers in floats: no engine overflows
    leaps = whole(past, 4) - whole(past, 100) + whole(past, 400)
    days = past * 365 + leaps + part.ordinal_day() - _DAYS_TO_1970
    return days * DAY + part.hour() * 3600 + part.minute() * 60 + part.second()


def whole(number: nw.Expr, unit: float) -> nw.Expr:
    """Count whole units in a number, downwards.

    The ``//`` of expressions becomes a page of SQL, which costs an engine more to plan than to run.
    """
    return (number / unit).floor()


def epoch_seconds(moment: datetime) -> int:
    """Give seconds since 1970 of a UTC time without zone."""
    return int(moment.replace(tzinfo=UTC).timestamp())


def epoch_day(day: date) -> int:
    """Give days since 1970."""
    return day.toordinal() - _EPOCH.toordinal()


def day_of(number: int) -> date:
    """Give the date that lies so many days after 1970-01-01."""
    return _EPOCH + timedelta(days=int(number))


def month_label(number: int) -> str:
    """Name a month that was counted as ``year * 12 + month - 1``, such as 2018-01."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def iso(moment: datetime) -> str:
    """Write a UTC time without zone as ISO 8601 with Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
