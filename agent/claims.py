"""Claims: the numbers, dates, record ids, links and quotes that a text states."""

import re
from dataclasses import dataclass, field
from typing import Literal

from agent.figures import Figure, figures

Kind = Literal["number", "date", "time", "id", "link", "quote"]


@dataclass(frozen=True)
class Day:
    """A date as far as it is stated; what is not stated is None."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    quarter: int | None = None

    def within(self, stated: "Day") -> bool:
        """Say whether this date confirms a stated one, which may be coarser."""
        quarter = self.quarter or ((self.month - 1) // 3 + 1 if self.month else None)
        return (
            stated.year in (None, self.year)
            and stated.month in (None, self.month)
            and stated.day in (None, self.day)
            and stated.quarter in (None, quarter)
        )


@dataclass(frozen=True)
class Claim:
    """Something that a text states and that a tool result has to confirm.

    Attributes:
        kind: What sort of thing it is.
        text: The words, as they are written.
        figures: The ways a number can be read; one of them has to be confirmed.
        days: The ways a date can be read; one of them has to be confirmed.
    """

    kind: Kind
    text: str
    figures: tuple[Figure, ...] = ()
    days: tuple[Day, ...] = field(default=())


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_LINK = re.compile(r"https?://[^\s)>\]\"'”]+|\bwww\.[^\s)>\]\"'”]+", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_QUOTE = re.compile(
    r"“([^”]+)”|\"([^\"\n]+)\"|«([^»]+)»|(?<!\w)'([^'\n]+)'(?!\w)|^[ \t]*>[ \t]?(.+)$", re.MULTILINE
)
# Shorter quoted words are names or scare quotes; from here on they are somebody's words.
QUOTE_WORDS = 3

_ID = re.compile(
    r"""
    \b(?i:leak|score|play|act|exp|load|seg)_[0-9A-Za-z]{4,}\b  # ids that Weir gives
    | \b[A-Za-z][A-Za-z_]*_(?=\w*\d)\w+\b                       # the same form, by anyone
    | \b[\w-]+(?:[./][\w-]+)*\#[\w-]+                         # doc#section
    | \b[A-Za-z][\w.-]*:(?=[\w-]*\d)[\w-]+                    # source:record
    | \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b         # UUID
    | \b[A-Z]{2,}-\d+\b                                       # OPP-1234
    | \b(?:play|case|lead|opp|task|leak|deal|account|person)-\d+\b
    | \b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])(?!\d+(?:st|nd|rd|th|[a-z]+)\b)[0-9A-Za-z]{6,}\b
    """,
    re.VERBOSE,
)
_TIME = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")
_LIST_MARKER = re.compile(r"^[ \t]*\d{1,2}[.)](?=\s)", re.MULTILINE)
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)(?=\D|$)(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?)?",
        rf"\b{_YEAR}[-/]?Q(?P<quarter>[1-4])\b",
        rf"\bQ(?P<quarter>[1-4])(?:\s*/?\s*|\s+of\s+|-){_YEAR}\b",
        rf"\b{_YEAR}-(?P<month>\d\d)\b(?!-)",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR})?\b",
        rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|%|\.\d)(?:,?\s+{_YEAR})?\b",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b",
        rf"\b(?P<a>\d{{1,2}})[/.](?P<b>\d{{1,2}})[/.]{_YEAR}\b",
        r"\bQ(?P<quarter>[1-4])\b",
        (
            rf"(?:\b(?:in|since|of|from|until|till|by|during|before|after|early|late|mid|through|to|"
            rf"and|year|FY|end|H[12])[\s-]+){_YEAR}\b(?![\d,.]*(?:\d|%|\s?(?:leads|people|deals|"
            rf"accounts|contacts|persons|days|hours|touches|records|opportunities)))"
        ),
        rf"\b{_YEAR}(?=\s+(?:cohorts?|figures|data|plan|season|results)\b)",
    )
)

# In the order of looking: a date lies between an address and an id, as both may contain digits.
_MARKS: tuple[tuple[Kind, re.Pattern[str] | None], ...] = (
    ("link", _LINK),
    ("id", _EMAIL),
    ("date", None),
    ("id", _ID),
    ("time", _TIME),
)


def days(text: str) -> list[tuple[str, tuple[Day, ...], tuple[int, int]]]:
    """Find dates: the words, the ways to read them, and where they stand."""
    found, rest = [], text
    for pattern in _DATES:
        for match in pattern.finditer(rest):
            readings = _readings(match)
            if readings:
                found.append((match.group().strip(), readings, match.span()))
        rest = pattern.sub(lambda match: " " * len(match.group()), rest)
    return found


def quotes(text: str) -> list[tuple[str, tuple[int, int]]]:
    """Find quotations that are long enough to be somebody's words, and where they stand."""
    found = []
    for match in _QUOTE.finditer(text):
        words = next(group for group in match.groups() if group is not None)
        # A quotation inside a block quote is checked as a part of it.
        if len(words.split()) >= QUOTE_WORDS:
            found.append((words.strip(), match.span()))
    return found


def claims(text: str) -> list[Claim]:
    """List what a text states, each thing once, in order of kind."""
    found: list[Claim] = []
    rest = text
    for words, span in quotes(text):
        found.append(Claim("quote", words))
        rest = _blank(rest, span)
    marked, rest = marks(rest)
    for match in _LIST_MARKER.finditer(rest):
        rest = _blank(rest, match.span())
    numbers = [Claim("number", words, readings) for words, readings in figures(rest)]
    return list(dict.fromkeys([*found, *marked, *numbers]))


def marks(text: str) -> tuple[list[Claim], str]:
    """Find links, ids, dates and times, and give the text without them.

    A part that was recognised is blanked before the next kind is looked for, so that the digits
    of a date or an id are not taken for numbers as well.
    """
    found: list[Claim] = []
    for kind, pattern in _MARKS:
        if pattern is None:
            for words, readings, span in days(text):
                found.append(Claim("date", words, days=readings))
                text = _blank(text, span)
            continue
        for match in pattern.finditer(text):
            found.append(Claim(kind, match.group().rstrip(".,;:")))
            text = _blank(text, match.span())
    return found, text


def _readings(match: re.Match[str]) -> tuple[Day, ...]:
    """Read a date match; a date such as 03/04/2026 can be read in two ways."""
    parts = match.groupdict()
    year = int(parts["year"]) if parts.get("year") else None
    if parts.get("a"):
        first, second = int(parts["a"]), int(parts["b"])
        pairs = {(first, second), (second, first)}
        return tuple(Day(year, month, day) for month, day in sorted(pairs) if _is_day(month, day))
    month = parts.get("month")
    number = (
        (int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1) if month else 0
    )
    day = int(parts["day"]) if parts.get("day") else None
    if month and not _is_day(number, day or 1):
        return ()
    quarter = int(parts["quarter"]) if parts.get("quarter") else None
    return (Day(year, number or None, day, quarter),)


def _is_day(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31  # noqa: PLR2004 - the calendar's own limits


def _blank(text: str, span: tuple[int, int]) -> str:
    start, end = span
    return text[:start] + " " * (end - start) + text[end:]
