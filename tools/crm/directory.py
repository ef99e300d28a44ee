"""Directory: every name, address and id of a warehouse version, to resolve what people type."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from knowledge.errors import BadInputError
from knowledge.warehouse.reads import ReadsWarehouse
from knowledge.warehouse.remember import per_version

KINDS = ("lead", "person", "account", "owner", "opportunity")
# Similarities on rapidfuzz's scale of 0 to 100.
_SURE = 86.0
_NEAR = 72.0
# How far ahead of the next the best match must be to be taken without asking.
_AHEAD = 5.0
_MOST_CANDIDATES = 6
_SHORTEST = 2
_SHORT = 4


@dataclass(frozen=True)
class Entry:
    """A record that can be named.

    Attributes:
        kind: ``lead`` for a person whose stages moved, else ``person``, ``account``, ``owner`` or
            ``opportunity``.
        id: Id of the record.
        entity: What it is: records of one person share it.
        name: Name as it is written, empty where there is none.
        email: E-mail address in lower case, empty where there is none.
        hint: What tells it from others of its name, such as the company.
    """

    kind: str
    id: str
    entity: str
    name: str
    email: str = ""
    hint: str = ""

    def as_dict(self) -> dict[str, str]:
        """Give what a reader needs to choose."""
        return {"kind": self.kind, "id": self.id, "name": self.name, "hint": self.hint}


@dataclass(frozen=True)
class Resolution:
    """Say which record was meant: one, or several to choose from, or none with what is near."""

    match: Entry | None
    candidates: tuple[Entry, ...] = ()
    near: tuple[Entry, ...] = ()


class UnknownKindError(BadInputError):
    """Report a kind of record that there is not."""


class Directory:
    """Resolve names against the records of one warehouse version."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._plain = [_plain(entry.name) for entry in self.entries]
        self._exact: dict[str, list[int]] = {}
        for place, entry in enumerate(self.entries):
            local = entry.id.partition(":")[2].lower()
            keys = {entry.id.lower(), local, entry.email, self._plain[place]}
            for key in keys - {""}:
                self._exact.setdefault(key, []).append(place)

    def names(self) -> Iterator[str]:
        """Give every name there is."""
        return (entry.name for entry in self.entries if entry.name)

    def resolve(self, query: str, kind: str | None = None) -> Resolution:
        """Find the record that a name, an e-mail address or an id means.

        Args:
            query: What somebody typed; typing errors and parts of names are borne.
            kind: One of ``KINDS``, to look among these only; a lead is a person, too.

        Returns:
            One match only where it is exact, or clearly ahead of all others.

        Raises:
            UnknownKindError: There is no such kind.
        """
        from rapidfuzz import fuzz, process  # noqa: PLC0415 - not needed for other commands

        allowed = _allowed(kind)
        plain = _plain(query)
        if found := self.exactly(query, kind):
            return one_or_several(found)
        if len(plain) < _SHORTEST:
            return Resolution(None)
        choices = {
            place: name
            for place, name in enumerate(self._plain)
            if name
            and self.entries[place].kind in allowed
            # A few letters resemble a part of many names: they have to be a word of one.
            and (len(plain) >= _SHORT or plain in name.split())
        }
        ranked = process.extract(
            plain, choices, scorer=fuzz.WRatio, score_cutoff=_NEAR, limit=10 * _MOST_CANDIDATES
        )
        best = self._distinct(place for _, score, place in ranked if score >= _SURE)
        scores = {self.entries[place].entity: score for _, score, place in reversed(ranked)}
        if best and (
            len(scores) == 1 or scores[best[0].entity] - _second(scores.values()) >= _AHEAD
        ):
            return Resolution(best[0])
        if best:
            return Resolution(None, candidates=tuple(best[:_MOST_CANDIDATES]))
        near = self._distinct(place for _, _, place in ranked)
        return Resolution(None, near=tuple(near[:3]))

    def exactly(self, query: str, kind: str | None = None) -> list[Entry]:
        """Find the records that have just this name, e-mail address or id."""
        allowed = _allowed(kind)
        places = self._exact.get(query.strip().lower()) or self._exact.get(_plain(query)) or []
        return self._distinct(place for place in places if self.entries[place].kind in allowed)

    def _distinct(self, places: Iterable[int]) -> list[Entry]:
        """Keep one record of each entity, a lead before a mere person."""
        kept: dict[str, Entry] = {}
        for place in places:
            entry = self.entries[place]
            held = kept.get(entry.entity)
            if held is None or (held.kind == "person" and entry.kind == "lead"):
                kept[entry.entity] = entry
        return list(kept.values())


@per_version(most=2)
def directory_of(snapshot: ReadsWarehouse) -> Directory:
    """Give the directory of a warehouse version; the latest ones are kept in memory."""
    return Directory(_entries(snapshot))


def _entries(snapshot: ReadsWarehouse) -> Iterator[Entry]:
    entities = dict(zip(*_columns(snapshot.table("identity"), "id", "entity_id"), strict=True))
    stages = dict(
        zip(*_columns(snapshot.table("journeys"), "journey_id", "current_stage"), strict=True)
    )
    for identity, name, email, company in zip(
        *_columns(snapshot.table("person"), "id", "name", "email", "company"), strict=True
    ):
        hint = ", ".join(part for part in (company, email, stages.get(identity)) if part)
        kind = "lead" if identity in stages else "person"
        entity = entities.get(identity) or identity
        yield Entry(kind, identity, entity, name or "", (email or "").strip().lower(), hint)
    for kind, hints in (
        ("account", ("domain", "industry")),
        ("owner", ("team", "email")),
        ("opportunity", ("stage", "account_id")),
    ):
        columns = _columns(snapshot.table(kind), "id", "name", *hints)
        for identity, name, *known in zip(*columns, strict=True):
            email = known[1] if kind == "owner" else ""
            hint = ", ".join(str(part) for part in known if part)
            yield Entry(kind, identity, identity, name or "", (email or "").lower(), hint)


def _columns(frame: nw.LazyFrame[Any], *names: str) -> list[list[Any]]:
    table = frame.select(*names).collect("pyarrow").to_dict(as_series=False)
    return [table[name] for name in names]


def _allowed(kind: str | None) -> Sequence[str]:
    if kind is None:
        return KINDS
    if kind not in KINDS:
        raise UnknownKindError(f"There is no kind '{kind}'; use one of {', '.join(KINDS)}.")
    return ("lead", "person") if kind in ("lead", "person") else (kind,)


def _plain(name: str) -> str:
    """Set case, accents and punctuation aside, which people leave out when they type."""
    letters = "".join(
        char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char)
    )
    return " ".join(re.sub(r"[^\w]+", " ", letters.casefold()).split())


def one_or_several(found: Sequence[Entry]) -> Resolution:
    """Take a record for the one that was meant, unless there are several."""
    if len(found) == 1:
        return Resolution(found[0])
    return Resolution(None, candidates=tuple(found[:_MOST_CANDIDATES]))


def _second(scores: Iterable[float]) -> float:
    return sorted(scores, reverse=True)[1]
