"""Guard: find what an answer states that no tool result of its turn supports."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import prompts
from agent.claims import Claim, Day, claims, marks
from agent.figures import Figure, figures

# Rates and effects are fractions; anything larger is a count, and no percentage.
_LARGEST_FRACTION = 10.0
_RATIO_KEY = re.compile(r"ratio|lift|effect|factor|odds|multiple", re.IGNORECASE)
_PERCENT_KEY = re.compile(r"(?:^|_)(?:pct|percent)(?:$|_)", re.IGNORECASE)
# Curly quotes, dashes and hard spaces, and what they are typed as.
_TYPOGRAPHY = str.maketrans("\u201c\u201d\u2018\u2019\u2013\u2014\u00a0\u202f", "\"\"''--  ")
_ELLIPSIS = re.compile(r"\s*(?:…|\.\.\.|\[\.\.\.\]|\[…\])\s*")
_BULLET = re.compile(r"^[ \t]*(?:[-*•]|\d{1,2}[.)])\s", re.MULTILINE)


@dataclass(frozen=True)
class Unsupported:
    """Name something that an answer states and that nothing supports."""

    kind: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """Give the fields as plain JSON."""
        return {"kind": self.kind, "text": self.text}


@dataclass
class Grounds:
    """Collect what an answer may rest on: the question and the results of the turn's tools.

    Attributes:
        plain: Numbers as they are.
        fractions: Numbers that may be shown as a percentage.
        percents: Numbers that are percentages already.
        ratios: Numbers that say how many times as much something is.
        longest: Length of the longest list, for "top 3" and "the second".
        texts: Every text, for ids and quotes.
    """

    plain: set[float] = field(default_factory=set)
    fractions: set[float] = field(default_factory=set)
    percents: set[float] = field(default_factory=set)
    ratios: set[float] = field(default_factory=set)
    days: set[Day] = field(default_factory=set)
    longest: int = 0
    texts: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def add(self, value: Any, key: str = "") -> None:
        """Take in a JSON value, or a text that may be JSON."""
        if isinstance(value, bool) or value is None:
            return
        if isinstance(value, int | float):
            self._add_number(float(value), key, fraction=isinstance(value, float))
        elif isinstance(value, str):
            self._add_text(value)
        elif isinstance(value, Mapping):
            for name, item in value.items():
                self._add_text(str(name))
                self.add(item, str(name))
        elif isinstance(value, Iterable):
            items = list(value)
            self.longest = max(self.longest, len(items))
            self.plain.add(float(len(items)))
            for item in items:
                self.add(item, key)

    def _add_number(self, value: float, key: str, *, fraction: bool) -> None:
        self.plain.add(value)
        if _PERCENT_KEY.search(key):
            self.percents.add(value)
        elif fraction and abs(value) <= _LARGEST_FRACTION:
            self.fractions.add(value)
        if _RATIO_KEY.search(key):
            self.ratios.add(value)

    def _add_text(self, text: str) -> None:
        if text in self._seen:
            return
        self._seen.add(text)
        # JSON is kept as text as well: a document may show some, and an answer quote it.
        self.texts.append(text)
        parsed = _parsed(text)
        if parsed is None:
            self._add_words(text)
        else:
            self.add(parsed)

    def _add_words(self, text: str) -> None:
        """Take in the dates and numbers of a text."""
        marked, rest = marks(text)
        for mark in marked:
            self.days.update(mark.days)
        for words, readings in figures(rest):
            for figure in readings:
                if figure.unit == "percent":
                    self.percents.add(figure.value)
                elif figure.unit == "ratio":
                    self.ratios.add(figure.value)
                elif figure.unit != "word":
                    self._add_number(figure.value, "", fraction="." in words)

    def supports(self, claim: Claim) -> bool:
        """Say whether a claim follows from what was collected."""
        if claim.kind == "number":
            return any(self._supports_figure(figure, claim.text) for figure in claim.figures)
        if claim.kind == "date":
            return any(known.within(stated) for stated in claim.days for known in self.days)
        if claim.kind == "quote":
            return self._contains_quote(claim.text)
        if claim.kind == "time":
            return any(re.search(rf"(?<!\d){claim.text}(?!\d)", text) for text in self.texts)
        return self._contains_word(claim.text, fold=claim.kind == "link" or "@" in claim.text)

    def _supports_figure(self, figure: Figure, words: str) -> bool:
        if figure.unit == "word":
            return self._contains_word(words, fold=True)
        if figure.unit == "percent":
            return _near(figure, self.percents) or _near(figure, {100 * f for f in self.fractions})
        if figure.unit == "ratio":
            return _near(figure, self.ratios)
        if figure.unit == "rank":
            return 0 < figure.value <= self.longest or figure.value in self.plain
        # A rate of 0.4 is no support for "0 leads": only from one up is it rounded to a whole.
        whole = figure.half >= 0.5  # noqa: PLR2004 - half a unit of the ones place
        known = {p for p in self.plain if p.is_integer() or abs(p) >= 1} if whole else self.plain
        return _near(figure, known)

    def _contains_word(self, word: str, *, fold: bool = False) -> bool:
        pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE if fold else 0)
        return any(pattern.search(text) for text in self.texts)

    def _contains_quote(self, quote: str) -> bool:
        parts = [part for part in _ELLIPSIS.split(_plain(quote)) if part]
        texts = [_plain(text) for text in self.texts]
        # A quotation usually takes the full stop of the sentence around it into its marks.
        return any(all(part.rstrip(".,;:!? ") in text for part in parts) for text in texts)


def check(answer: str, question: str, results: Sequence[Any]) -> list[Unsupported]:
    """List what an answer states without support.

    Args:
        answer: The text to check.
        question: What was asked; what it says itself may be repeated.
        results: Contents and artifacts of the turn's tool calls, as JSON or text.

    Returns:
        Numbers, dates, ids, links and quotes, as they are written, without repetition. A number
        is supported by a value that rounds to it at the places shown; a percentage by a fraction
        or a percentage, never by a count; a quote by the same words in the same order.
    """
    grounds = Grounds()
    grounds.add([question])
    for result in results:
        grounds.add(result)
    grounds.longest = max(grounds.longest, len(_BULLET.findall(answer)))
    missing = [
        Unsupported(claim.kind, claim.text)
        for claim in claims(answer)
        if not grounds.supports(claim)
    ]
    return list(dict.fromkeys(missing))


def closing(unsupported: Sequence[Unsupported]) -> str:
    """Write the sentence that an answer ends with when something in it is unsupported."""
    items = ", ".join(f'"{item.text}"' for item in unsupported)
    section = "one" if len(unsupported) == 1 else "many"
    return prompts.load("guard").fill(section, items=items)


def _parsed(text: str) -> Any:
    """Read a text that is JSON; None where it is none."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _near(figure: Figure, known: set[float]) -> bool:
    """Say whether a known value rounds to the figure; an unsigned figure has no direction."""
    slack = figure.half * (1 + 1e-9) + 1e-9
    if figure.signed:
        return any(abs(value - figure.value) <= slack for value in known)
    return any(abs(abs(value) - abs(figure.value)) <= slack for value in known)


def _plain(text: str) -> str:
    """Set typography, emphasis and white space aside, which don't change the words."""
    return " ".join(re.sub(r"[*_`]", "", text.translate(_TYPOGRAPHY)).split())
