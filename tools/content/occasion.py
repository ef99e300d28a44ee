"""Occasions: what just happened between us and a person, and which pieces suit it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals as nw

from knowledge.warehouse.reads import ReadsWarehouse
from tools.content.reader import rows


@dataclass(frozen=True)
class Occasion:
    """Describe something that content follows up on.

    Attributes:
        name: In words, with its article.
        words: Pattern of what people call it.
        actions: Touches that record it.
        formats: Formats that suit the days after it; judged, not fitted.
    """

    name: str
    words: re.Pattern[str]
    actions: frozenset[str]
    formats: frozenset[str]

    def suits(self, format_: str | None) -> bool:
        """Tell whether a piece of a format follows it up well."""
        return (format_ or "").casefold() in self.formats


def _occasion(name: str, words: str, actions: str, formats: Sequence[str]) -> Occasion:
    pattern = re.compile(rf"\b(?:{words})s?\b", re.IGNORECASE)
    return Occasion(name, pattern, frozenset(actions.split()), frozenset(formats))


# The more particular ones first: a demo call is a demo.
OCCASIONS = (
    _occasion(
        "a demo",
        "demo|demonstration|walk-?through|product tour",
        "demo",
        ("kit", "calculator", "plan", "case study"),
    ),
    _occasion(
        "a webinar",
        "webinar|online event",
        "webinar_attended webinar_registered",
        ("guide", "case study", "comparison"),
    ),
    _occasion(
        "a talk about prices",
        "pricing(?: call| talk)?|price talk|proposal|quote|offer",
        "pricing_viewed",
        ("calculator", "one-pager", "brief"),
    ),
    _occasion(
        "a trial",
        "trial|pilot|proof of concept|poc",
        "",
        ("guide", "plan", "calculator"),
    ),
    _occasion(
        "a call",
        "call|conversation|phone call|voicemail",
        "call_connected call",
        ("brief", "case study", "one-pager"),
    ),
    _occasion(
        "a meeting",
        "meeting|discovery|visit|workshop|lunch|intro",
        "meeting",
        ("brief", "case study", "one-pager"),
    ),
    _occasion(
        "a reply",
        "reply|e-?mail|message|answer",
        "reply email_clicked",
        ("case study", "one-pager", "brief"),
    ),
)


@dataclass(frozen=True)
class FollowUp:
    """Hold what is followed up on, with the day on which the data last saw it.

    Attributes:
        occasion: What happened.
        on: Day of the newest touch that records it; None where the data has none.
    """

    occasion: Occasion
    on: date | None = None

    def reason(self, format_: str) -> str:
        """Say why a piece of a format suits it."""
        article = "An" if format_[:1].lower() in "aeiou" else "A"
        said = f"{article} {format_} suits the days after {self.occasion.name}"
        return f"{said}; the last in the data was on {self.on}." if self.on else f"{said}."


def occasion_in(text: str | None) -> Occasion | None:
    """Find the occasion that a text names."""
    return next((o for o in OCCASIONS if o.words.search(text or "")), None)


def last_time(snapshot: ReadsWarehouse, occasion: Occasion, records: Sequence[str]) -> date | None:
    """Find the day on which it last happened, by the touches of a person's records."""
    touches = snapshot.table("touch").filter(
        nw.col("person_id").is_in(list(records)), nw.col("action").is_in(sorted(occasion.actions))
    )
    newest: Any = rows(touches.select(at=nw.col("at").max()))[0]["at"] if occasion.actions else None
    return newest.date() if newest is not None else None
