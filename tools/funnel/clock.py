"""Time as integers: epoch seconds and days, in a form that every engine has."""

from datetime import UTC, date, datetime, timedelta

import narwhals as nw

DAY = 86_400  # seconds
_EPOCH = date(1970, 1, 1)


def seconds(time: nw.Expr) -> nw.Expr:
    """Turn a timestamp expression into seconds since 1970 (fractions cut off).

    Built from calendar parts, because neither ``timestamp`` nor a difference of timestamps is
    offered by all engines behind Narwhals.

    Source: H. Hinnant, "chrono-compatible low-level date algorithms" (days from civil).
    """
    part = time.dt
    early = part.month() < 3  # noqa: PLR2004 - the algorithm's year starts in March
    year = part.year() - nw.when(early).then(nw.lit(1)).otherwise(nw.lit(0))
    month = part.month() + nw.when(early).then(nw.lit(9)).otherwise(nw.lit(-3))
    leaps = year // 4 - year // 100 + year // 400
    days = year * 365 + leaps + (month * 153 + 2) // 5 + part.day() - 719_469
    return days * DAY + part.hour() * 3600 + part.minute() * 60 + part.second()


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
