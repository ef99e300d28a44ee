"""Judgements: what people who sent or read a piece thought of it for somebody, and what they teach.

Kept in the database of record (migration 0003); the ranking is handed a list of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import sqlalchemy as sa

Verdict = Literal["useful", "not_useful"]

METADATA = sa.MetaData()
JUDGEMENT = sa.Table(
    "content_judgement",
    METADATA,
    sa.Column("content_id", sa.String, primary_key=True),
    # Who the piece was judged for, over all records of the person.
    sa.Column("entity", sa.String, primary_key=True),
    sa.Column("by", sa.String, primary_key=True),
    sa.Column("verdict", sa.String, nullable=False),
    sa.Column("reason", sa.String),
    sa.Column("at", sa.String, nullable=False),
)

# Beta(2, 6): before anybody has judged it, a piece counts as useful to three in four. It takes
# several people to move a rate away from that.
PRIOR_NOT_USEFUL, PRIOR_USEFUL = 2, 6
# One person's judgement says something of the person it was made for, and little of others.
ENOUGH_JUDGES = 2


@dataclass(frozen=True)
class Judgement:
    """Hold what somebody thinks of a piece for a person.

    Attributes:
        content_id: Library id of the piece.
        entity: Who it was judged for.
        by: E-mail of who judged.
        at: Stamp; text order is time order.
    """

    content_id: str
    entity: str
    by: str
    verdict: Verdict
    reason: str | None
    at: str


@dataclass(frozen=True)
class Opinion:
    """Count the people who judged a piece for people like one, each by their latest word.

    Attributes:
        judges: How many judged.
        not_useful: How many of them found it not useful.
        whom: People like whom, in words.
    """

    judges: int
    not_useful: int
    whom: str

    @property
    def rate(self) -> float:
        """Give the share that finds it not useful, shrunken to the prior."""
        return _shrunken(self.not_useful, self.judges)

    @property
    def loss(self) -> float:
        """Say how far the rate lies above the prior, from 0; few judges say nothing."""
        return max(self.rate - _shrunken(0, 0), 0.0) if self.judges >= ENOUGH_JUDGES else 0.0

    @property
    def sentence(self) -> str:
        """Say it in words."""
        return f"{self.not_useful} of {self.judges} reps found it not useful for {self.whom}."


@dataclass(frozen=True)
class Kind:
    """Describe what sort of person somebody is."""

    persona: str | None = None
    stage: str | None = None


@dataclass(frozen=True)
class Judged:
    """Hold what the judgements say on pieces for one person.

    Attributes:
        refused: Pieces that were judged not useful for this very person.
        opinions: By piece, what was thought of it for people like them.
    """

    refused: frozenset[str] = frozenset()
    opinions: Mapping[str, Opinion] = field(default_factory=dict)


def judge(
    tx: sa.Connection,
    content_id: str,
    entity: str,
    *,
    by: str,
    verdict: Verdict,
    at: str,
    reason: str | None = None,
) -> None:
    """Store what somebody thinks of a piece for a person; it replaces what they thought before.

    Args:
        tx: A transaction that may write.
        content_id: Library id of the piece.
        entity: Who it was judged for (``Reader.entity``).
        by: E-mail of who judges.
        verdict: ``useful`` or ``not_useful``; ``useful`` takes the refusal back.
        at: Stamp of the judgement.
        reason: Why, in their own words.
    """
    key = {"content_id": content_id, "entity": entity, "by": by.strip().casefold()}
    here = sa.and_(*(JUDGEMENT.c[name] == value for name, value in key.items()))
    tx.execute(JUDGEMENT.delete().where(here))
    tx.execute(JUDGEMENT.insert().values(**key, verdict=verdict, reason=reason, at=at))


def read(tx: sa.Connection) -> list[Judgement]:
    """List all judgements, from oldest to newest."""
    order = (JUDGEMENT.c.at, JUDGEMENT.c.content_id, JUDGEMENT.c.entity, JUDGEMENT.c.by)
    found = tx.execute(sa.select(JUDGEMENT).order_by(*order)).mappings()
    return [Judgement(**row) for row in found]


def judged_for(
    entity: str, kind: Kind, judgements: Sequence[Judgement], kinds: Mapping[str, Kind]
) -> Judged:
    """Say what the judgements mean for one person.

    Args:
        entity: The person.
        kind: What sort of person they are.
        judgements: From oldest to newest.
        kinds: What sort the people are for whom pieces were judged, by entity.
    """
    own: dict[str, Verdict] = {}
    for judgement in judgements:
        if judgement.entity == entity:
            own[judgement.content_id] = judgement.verdict
    refused = frozenset(piece for piece, verdict in own.items() if verdict == "not_useful")
    others = [judgement for judgement in judgements if judgement.entity != entity]
    opinions: dict[str, Opinion] = {}
    for piece in {judgement.content_id for judgement in others}:
        about = [judgement for judgement in others if judgement.content_id == piece]
        for alike, whom in _alike(kind, kinds):
            opinion = _opinion((j for j in about if j.entity in alike), whom)
            if opinion.judges >= ENOUGH_JUDGES:
                opinions[piece] = opinion
                break
    return Judged(refused, opinions)


def _alike(kind: Kind, kinds: Mapping[str, Kind]) -> list[tuple[frozenset[str], str]]:
    """Give the people like one, those of the same role first, and else those as far along."""
    groups = []
    if kind.persona:
        alike = frozenset(e for e, other in kinds.items() if other.persona == kind.persona)
        groups.append((alike, f"people in the role {kind.persona}"))
    if kind.stage:
        alike = frozenset(e for e, other in kinds.items() if other.stage == kind.stage)
        groups.append((alike, f"leads in the stage {kind.stage}"))
    return groups


def _opinion(judgements: Iterable[Judgement], whom: str) -> Opinion:
    latest = {judgement.by: judgement.verdict for judgement in judgements}
    against = sum(verdict == "not_useful" for verdict in latest.values())
    return Opinion(len(latest), against, whom)


def _shrunken(not_useful: int, judges: int) -> float:
    return (not_useful + PRIOR_NOT_USEFUL) / (judges + PRIOR_NOT_USEFUL + PRIOR_USEFUL)
