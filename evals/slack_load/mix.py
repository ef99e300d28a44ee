"""The mix: what fifty people do with Slack and Weir, seeded, as a timetable."""

import random
from dataclasses import dataclass

from evals.questions import Questions
from evals.slack_load.company import Person

# Of everything that happens; a team of fifty that writes and clicks twenty times a second asks
# Weir two and a half questions of these, one a person every twenty seconds.
SHARES = {
    "chatter": 0.535,  # messages in channels that are for nobody but colleagues
    "mention": 0.04,
    "direct": 0.05,
    "follow-up": 0.035,
    "home": 0.10,
    "evidence": 0.04,
    "feedback": 0.04,
    "card": 0.04,
    "settings": 0.02,
    "command": 0.05,
    "redelivery": 0.05,
}
# A word that nobody writes to Weir: it may be found in none of its files.
MARK = "lunchtrain"
_TALK = (
    "who is in for the {mark} today?",
    "the {mark} left without me :sob:",
    "moved our sync to 3 pm, see the {mark} calendar",
    "can somebody look at the {mark} numbers of last week?",
    "done, thanks! ({mark})",
)
_COMMANDS = ("help", "plays", "plays", "ask {question}", "next {name}")
_NAMES = ("Chen Walsh", "Theo Tsai", "Sana Rossi", "Zainab Lindgren", "Patricia Fraser")
DRAFTING = "draft_play"


@dataclass(frozen=True)
class Act:
    """Hold one thing that somebody does.

    Attributes:
        at: Seconds since the begin.
        kind: Which of ``SHARES`` it is.
        person: Who does it.
        text: What they write, where they write something.
        pick: From 0 to 1; chooses among what is there at that moment.
    """

    at: float
    kind: str
    person: Person
    text: str
    pick: float


def questions() -> list[str]:
    """List the questions of the routing eval; none that drafts a play, as few people do daily."""
    return [
        row["question"]
        for row in Questions("routing").rows
        if all(call["tool"] != DRAFTING for call in row["calls"])
    ]


def timetable(people: list[Person], *, seconds: float, rate: float, seed: int) -> list[Act]:
    """Draw who does what when; the same seed gives the same.

    Args:
        people: The team.
        seconds: How long it lasts.
        rate: Things done in a second, in all.
        seed: Of the random numbers.
    """
    draw = random.Random(seed)  # noqa: S311 - no secret
    count = round(seconds * rate)
    kinds = draw.choices(list(SHARES), weights=list(SHARES.values()), k=count)
    asked = questions()
    return [
        Act(
            at=(number + draw.random()) * seconds / count,
            kind=kind,
            person=draw.choice(people),
            text=_text(draw, kind, asked),
            pick=draw.random(),
        )
        for number, kind in enumerate(kinds)
    ]


def _text(draw: random.Random, kind: str, asked: list[str]) -> str:
    if kind == "chatter":
        return draw.choice(_TALK).format(mark=MARK)
    if kind == "command":
        words = draw.choice(_COMMANDS)
        return words.format(question=draw.choice(asked), name=draw.choice(_NAMES))
    return draw.choice(asked)
