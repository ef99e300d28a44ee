"""Periods: what "last quarter" or "since May" means, counted from the newest day in the data."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = "january february march april may june july august september october november december"
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS.split() if name != "may") + "|may"
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_PATTERN = re.compile(
    rf"""
    \b(?P<which>last|previous|past|this|current)\s+(?P<unit>week|month|quarter|year)\b
    | \blast\s+(?P<count>\d{{1,3}})\s+(?P<units>days|weeks|months)\b
    | \bq(?P<quarter>[1-4])(?:\s*/?\s*(?P<qyear>20\d\d))?\b
    | \b(?P<ordinal>first|second|third|fourth)\s+quarter(?:\s+(?:of\s+)?(?P<oyear>20\d\d))?\b
    | \b(?P<word>in|since|during|of|for|from)\s+(?P<month>{_MONTH})(?:\s+(?P<myear>20\d\d))?\b
    | \b(?:in|during|for|since)\s+(?P<year>20\d\d)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class Period:
    """A span of days, the last one excluded, and the words that named it."""

    words: str
    since: date
    until: date

    @property
    def last(self) -> date:
        """Give the last day that belongs to it."""
        return self.until - timedelta(days=1)


def find_period(text: str, as_of: date | None) -> Period | None:
    """Find the period that a text names.

    Args:
        text: The question.
        as_of: Newest day in the data; a quarter or month without a year is the latest one that
            began before it. Without it no period can be told.
    """
    match = _PATTERN.search(text)
    if not match or as_of is None:
        return None
    words = re.sub(r"^(?:in|during|of|for|from)\s+", "", match.group(), flags=re.IGNORECASE)
    since, until = _span(match, as_of)
    return Period(words, since, until)


def _span(match: re.Match[str], as_of: date) -> tuple[date, date]:
    if match["unit"]:
        return _unit(match["unit"].lower(), match["which"].lower(), as_of)
    if match["count"]:
        days = {"days": 1, "weeks": 7, "months": 30}[match["units"].lower()]
        until = as_of + timedelta(days=1)
        return until - timedelta(days=days * int(match["count"])), until
    if match["year"]:
        year = int(match["year"])
        return date(year, 1, 1), date(year + 1, 1, 1)
    if match["month"]:
        month = [name[:3] for name in _MONTHS.split()].index(match["month"][:3].lower()) + 1
        start = _latest(month, match["myear"], as_of)
        open_end = match["word"].lower() in ("since", "from")
        return start, as_of + timedelta(days=1) if open_end else _plus(start, 1)
    quarter = int(match["quarter"] or _ORDINALS[match["ordinal"].lower()])
    start = _latest(3 * quarter - 2, match["qyear"] or match["oyear"], as_of)
    return start, _plus(start, 3)


def _unit(unit: str, which: str, as_of: date) -> tuple[date, date]:
    """Give this or the last whole week, month, quarter or year."""
    earlier = which in ("last", "previous", "past")
    if unit == "week":
        start = as_of - timedelta(days=as_of.weekday() + (7 if earlier else 0))
        return start, start + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    start = date(as_of.year, (as_of.month - 1) // months * months + 1, 1)
    if earlier:
        start = _plus(start, -months)
    return start, _plus(start, months)


def _latest(month: int, year: str | None, as_of: date) -> date:
    """Give the first day of a month: of the year named, or the latest one that has begun."""
    if year:
        return date(int(year), month, 1)
    this = date(as_of.year, month, 1)
    return this if this <= as_of else date(as_of.year - 1, month, 1)


def _plus(day: date, months: int) -> date:
    """Move the first of a month by some months."""
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)
