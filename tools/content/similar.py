"""What similar leads that were won had read, beside those that were not."""

from dataclasses import dataclass
from typing import Any

import narwhals as nw

from knowledge.warehouse.reads import ReadsWarehouse
from tools.content.reader import library_id, rows

# Below this many won leads of an industry a share says little: all industries speak instead.
ENOUGH_WON = 20


@dataclass(frozen=True)
class Reading:
    """Count who read a piece among decided leads; a coincidence to weigh, not an effect.

    Attributes:
        won: Readers among the won, before they were won.
        of_won: All won leads.
        other: Readers among the lost and disqualified.
        of_other: All lost and disqualified leads.
    """

    won: int
    of_won: int
    other: int
    of_other: int

    @property
    def lift(self) -> float:
        """Give the share of readers among the won over that of the others, with one added to each.

        The addition (Laplace) keeps a piece that few have read near 1.
        """
        of_won = (self.won + 1) / (self.of_won + 2)
        of_other = (self.other + 1) / (self.of_other + 2)
        return of_won / of_other


@dataclass(frozen=True)
class Similar:
    """Hold what leads like one read.

    Attributes:
        who: In words, such as ``Healthcare leads``.
        readings: By library id.
    """

    who: str
    readings: dict[str, Reading]


def similar_reading(snapshot: ReadsWarehouse, industry: str | None) -> Similar:
    """Count which pieces decided leads of an industry had read.

    Only what a person did (viewed, clicked, attended) counts as reading, and for won leads only
    until the win: what customers read afterwards says nothing on how they were won.
    """
    journeys = snapshot.table("journeys")
    exits = [c for c in ("first_lost", "first_disqualified") if c in _columns(journeys)]
    if "first_won" not in _columns(journeys) or not exits:
        return Similar("leads", {})
    decided = journeys.filter(
        ~nw.col("first_won").is_null()
        | nw.any_horizontal(*(_some(c) for c in exits), ignore_nulls=True)
    ).select("person_id", "industry", "first_won")
    who = "leads"
    if industry is not None:
        alike = decided.filter(nw.col("industry") == industry)
        if _count(alike.filter(_some("first_won"))) >= ENOUGH_WON:
            decided, who = alike, f"{industry} leads"
    of_won = _count(decided.filter(_some("first_won")).select("person_id").unique())
    of_other = _count(decided.filter(~_some("first_won")).select("person_id").unique())
    counts: dict[str, dict[bool, int]] = {}
    for row in rows(_readers(snapshot, decided)):
        piece = counts.setdefault(library_id(row["content_id"]), {})
        piece[bool(row["was_won"])] = int(row["readers"])
    readings = {
        piece: Reading(by.get(True, 0), of_won, by.get(False, 0), of_other)
        for piece, by in counts.items()
    }
    return Similar(who, readings)


def _readers(snapshot: ReadsWarehouse, decided: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    identity = snapshot.table("identity").filter(nw.col("entity") == "person")
    people = identity.select(record="id", entity_of="entity_id")
    read = (
        snapshot.table("touch")
        .filter(
            ~nw.col("content_id").is_null(),
            nw.col("direction") == "inbound",
            nw.col("action") != "unsubscribed",
        )
        .select("person_id", "content_id", "at")
        .join(people, left_on="person_id", right_on="record", how="inner")
        .select("content_id", "at", person_id=nw.col("entity_of"))
    )
    return (
        read.join(decided, on="person_id", how="inner")
        .filter(nw.col("first_won").is_null() | (nw.col("at") <= nw.col("first_won")))
        .select("content_id", "person_id", was_won=_some("first_won"))
        .unique()
        .group_by("content_id", "was_won")
        .agg(readers=nw.len())
    )


def _some(column: str) -> nw.Expr:
    return ~nw.col(column).is_null()


def _columns(frame: nw.LazyFrame[Any]) -> list[str]:
    return frame.collect_schema().names()


def _count(frame: nw.LazyFrame[Any]) -> int:
    return int(frame.select(nw.len()).collect("pyarrow").item())
