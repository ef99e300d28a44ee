"""How journeys are held: one walk through the sales stages a row."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from knowledge.sources.sample.columns import NEVER, Flags, Floats, Ints

EXITS: Final = ("stale", "recycled", "disqualified")
STALE, RECYCLED, DISQUALIFIED = range(3)


@dataclass(frozen=True)
class Passages:
    """Hold the walks of leads through the sales stages, one entry a lead and round.

    A recycled lead may come back: its second walk has ``round`` 1. Times are NEVER where a
    thing did not happen in the period.

    Attributes:
        lead: Row of the lead.
        round: 0 for the first walk.
        mql: Time of qualification; so accepted, sql, opportunity, won, lost.
        assigned: When an owner got the lead.
        response: First outbound touch by the owner.
        owner: Row of the SDR that works the lead last.
        handoffs: Owner changes between assignment and response.
        seller: Row of the AE from the opportunity on.
        left: When the lead left by recycling or disqualification, with the exit in ``fate``.
        tired: Whether the repetitive nurture reaches the lead.
        odds: Stage entered to true chance of it, as it was.
        odds_without: The same without the planted leaks.
    """

    lead: Ints
    round: Ints
    mql: Ints
    assigned: Ints
    response: Ints
    owner: Ints
    handoffs: Ints
    seller: Ints
    accepted: Ints
    sql: Ints
    opportunity: Ints
    won: Ints
    lost: Ints
    left: Ints
    fate: Ints
    tired: Flags
    odds: dict[str, Floats]
    odds_without: dict[str, Floats]

    @property
    def last(self) -> Ints:
        """Give the last known moment of each walk."""
        steps = (
            self.mql,
            self.accepted,
            self.sql,
            self.opportunity,
            self.won,
            self.lost,
            self.left,
        )
        return np.asarray(np.max([np.where(step < NEVER, step, 0) for step in steps], axis=0))


@dataclass(frozen=True)
class Journeys:
    """Hold when each lead became an inquiry and fell out early, and the walks after that."""

    inquiry: Ints
    early_exit: Ints
    passages: Passages


def joined(first: Passages, second: Passages) -> Passages:
    """Put two sets of walks into one."""
    columns = {
        field.name: np.concatenate([getattr(first, field.name), getattr(second, field.name)])
        for field in fields(Passages)
        if not field.name.startswith("odds")
    }
    odds = {name: np.concatenate([first.odds[name], second.odds[name]]) for name in first.odds}
    without = {
        name: np.concatenate([first.odds_without[name], second.odds_without[name]])
        for name in first.odds
    }
    return Passages(odds=odds, odds_without=without, **columns)
