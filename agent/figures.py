"""Figures: how a number is written, and which values it may stand for."""

import re
from dataclasses import dataclass
from typing import Literal

Unit = Literal["plain", "percent", "ratio", "rank", "word"]


@dataclass(frozen=True)
class Figure:
    """One way to read a number in a text.

    Attributes:
        value: What it says, in its unit (41.2 for ``41.2%``).
        half: Half a unit of its last shown place: how far rounding may have moved it.
        unit: ``percent`` (also percentage points), ``ratio`` (the 3 in "3x"), ``rank`` (the 3 in
            "top 3"), ``word`` (a word such as "dozens" that states no exact value), ``plain``.
        signed: True where a sign was written, so that the direction is claimed as well.
    """

    value: float
    half: float
    unit: Unit = "plain"
    signed: bool = False


_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "b": 1e9, "billion": 1e9}
_PERCENT = r"%|percent\b|per\s+cent\b|pp\b|percentage\s+points?\b|points?\b"
_MORE = r"(?=\s+(?:as|more|higher|larger|faster|slower|lower|the)\b)"
_RATIO = rf"\s?[x\u00d7](?!\w)|-?fold\b|\s?times{_MORE}"
_NUMBER = re.compile(
    rf"""
    (?P<rank>\b(?:top|first|last|next|best|worst|bottom)[\s-]+)?
    (?P<sign>(?<![\w)\]-])[-\u2212+])?[$€£]?
    (?<![\w.])(?P<whole>\d{{1,3}}(?:[,'\u2019\u00a0\u202f\u2009]\d{{3}})+(?!\d)|\d+)
    (?P<decimals>\.\d+|,\d{{1,2}}(?!\d))?
    (?:\s?(?P<percent>{_PERCENT})|(?P<ordinal>st|nd|rd|th)\b|(?P<ratio>{_RATIO})
       |\s?(?P<scale>k|bn|thousand|million|billion|m|b)\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_APPROXIMATE = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|nearly|almost|over|more\s+than|under|"
    r"less\s+than|at\s+least|up\s+to|some|close\s+to)|[~≈<>])\s*$",
    re.IGNORECASE,
)
# "10 to 14.5%": the first number is a percentage as well.
_RANGE = re.compile(rf"\s?(?:-|\u2013|to|and)\s?[\d.,]+\s?(?:{_PERCENT})", re.IGNORECASE)

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_SMALL = {word: value for value, word in enumerate(_ONES.split())}
_TIES = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS = {word: 10 * value for value, word in enumerate(_TIES, 2)}
_MULTIPLES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SPELLED = "|".join([*sorted(_SMALL, key=len, reverse=True), *_TENS])
_WORDS = re.compile(
    rf"\b(?P<words>(?:{_SPELLED})(?:[\s-]+(?:and[\s-]+)?(?:{_SPELLED}|{'|'.join(_MULTIPLES)}))*)\b"
    rf"(?:\s+(?P<percent>{_PERCENT})|(?P<ratio>{_RATIO}))?",
    re.IGNORECASE,
)
_FRACTIONS = {
    r"half(?=\s+(?:of|the|our|all|a)\b)": 50.0,
    r"(?:a|one)[\s-]third(?=\s+of\b)": 100 / 3,
    r"two[\s-]thirds": 200 / 3,
    r"(?:a|one)[\s-]quarter(?=\s+of\b)": 25.0,
    r"three[\s-]quarters": 75.0,
    r"(?:a|one)[\s-]fifth(?=\s+of\b)": 20.0,
}
_VAGUE = re.compile(
    r"\b(?:dozens?|hundreds|thousands|millions|billions|twice|doubled?|doubling|tripled?|"
    r"tripling|halved|halving|quadrupled?|(?:two|three|four|five|ten)fold|tenfold)\b",
    re.IGNORECASE,
)
# How far a spoken fraction such as "a third" may lie from the rate, in percentage points.
_FRACTION_HALF = 2.5
# How far "about" may stretch a number, as a share of it.
_APPROXIMATE_SHARE = 0.05


def figures(text: str) -> list[tuple[str, tuple[Figure, ...]]]:
    """Find the numbers in a text, in digits or in words, with the ways to read each."""
    found: list[tuple[str, tuple[Figure, ...]]] = []
    for pattern, value in _FRACTIONS.items():
        spoken = re.compile(rf"\b{pattern}", re.IGNORECASE)
        figure = Figure(value, _FRACTION_HALF, "percent")
        found += [(match.group(), (figure,)) for match in spoken.finditer(text)]
        text = spoken.sub(_blank, text)
    found += [(match.group(), (Figure(0, 0, "word"),)) for match in _VAGUE.finditer(text)]
    text = _VAGUE.sub(_blank, text)
    found += [(match.group().strip(), _digits(match, text)) for match in _NUMBER.finditer(text)]
    found += [
        (match.group(), readings) for match in _WORDS.finditer(text) if (readings := _words(match))
    ]
    return found


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _digits(match: re.Match[str], text: str) -> tuple[Figure, ...]:
    """Read a number that is written in digits."""
    decimals = (match["decimals"] or "").replace(",", ".")
    whole = re.sub(r"\D", "", match["whole"])
    value, half = float(whole + decimals), 0.5 * 10 ** -max(len(decimals) - 1, 0)
    signed = match["sign"] is not None
    if match["sign"] in ("-", "\u2212"):
        value = -value
    if not decimals and _APPROXIMATE.search(text[: match.start()]):
        half = max(half, _stretch(whole))
    if match["percent"]:
        return (Figure(value, half, "percent", signed),)
    if match["ratio"]:
        return (Figure(value, half, "ratio"),)
    if match["ordinal"] or match["rank"]:
        return (Figure(value, half, "rank"),)
    scale = (match["scale"] or "").lower()
    if scale:
        scaled = Figure(value * _SCALES[scale], half * _SCALES[scale], "plain", signed)
        # A lone small m or b may be minutes, metres or bytes as well.
        return (scaled, Figure(value, half, "plain", signed)) if scale in ("m", "b") else (scaled,)
    plain = Figure(value, half, "plain", signed)
    if _RANGE.match(text, match.end()):
        return (Figure(value, half, "percent", signed), plain)
    return (plain,)


def _stretch(whole: str) -> float:
    """Give how far a round number after "about" may lie from the true one."""
    zeros = len(whole) - len(whole.rstrip("0"))
    return min(0.5 * 10.0**zeros, _APPROXIMATE_SHARE * float(whole))


def _words(match: re.Match[str]) -> tuple[Figure, ...]:
    """Read a number that is written in words; a lone "one" is a pronoun."""
    words = [word for word in re.split(r"[\s-]+", match["words"].lower()) if word != "and"]
    if words == ["one"] and not match["percent"]:
        return ()
    total = part = 0.0
    for word in words:
        if word == "hundred":
            part = (part or 1) * 100
        elif word in _MULTIPLES:
            total, part = total + (part or 1) * _MULTIPLES[word], 0.0
        else:
            part += _SMALL.get(word, 0) or _TENS.get(word, 0)
    unit: Unit = "percent" if match["percent"] else "ratio" if match["ratio"] else "plain"
    return (Figure(total + part, 0.5, unit),)
