"""Whom: find the person that a name, or a role at an account, means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import narwhals as nw

from knowledge.warehouse.versions import Snapshot
from tools.content.asked import Asked
from tools.content.reader import rows
from tools.crm.directory import Directory, Entry, directory_of

ENGAGED = timedelta(days=90)
# How many times as active as the next the most active person must be to be taken for the one.
CLEARLY = 1.5
MOST_CANDIDATES = 6
_ALIKE = 86.0
# Whoever is most active there: nobody's title says "champion".
_ACTIVE = re.compile(
    r"\b(?:champions?|(?:main |primary |best |our )?contacts?|someone|somebody|anyone|anybody|"
    r"people|persons?|team|folks|leads?|buyers?|prospects?|customers?|account)\b",
    re.IGNORECASE,
)
# What a role is called, and words of the personas and titles that fill it; those behind the bar
# count where nobody has one of those before it.
_ROLES: tuple[tuple[re.Pattern[str], tuple[frozenset[str], ...]], ...] = tuple(
    (
        re.compile(rf"\b(?:{called})\b", re.IGNORECASE),
        tuple(frozenset(part.split()) for part in words.split("|")),
    )
    for called, words in (
        (
            r"decision[ -]?makers?|economic buyers?|(?:executive )?sponsors?|executives?|boss",
            "executive chief ceo coo cfo president founder managing | vp director head leader",
        ),
        (
            r"security|ciso|compliance|privacy",
            "security ciso compliance privacy | it information risk",
        ),
        (
            r"technical|technology|tech|it|cto|cio|engineers?|admins?",
            "it technology technical cto cio applications systems engineer architect admin",
        ),
        (
            r"financ\w+|cfo|procurement|purchasing|controller",
            "finance financial cfo procurement purchasing controller",
        ),
        (r"operations|ops|coo", "operations coo"),
        (r"(?:end )?users?", "user analyst coordinator specialist"),
    )
)


@dataclass(frozen=True)
class Whom:
    """Hold the person that was meant, or those to choose from.

    Attributes:
        person: Who was meant, None where that is not clear.
        status: ``found``, ``ambiguous`` or ``not_found``.
        candidates: People or accounts to choose from, with what to ask for to mean each.
        notes: How the person was found, where it takes saying.
    """

    person: str | None
    status: str
    candidates: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Member:
    """Describe a person at an account."""

    entry: Entry
    words: frozenset[str]
    title: str
    stage: str
    touches: int

    def as_dict(self) -> dict[str, str]:
        active = f"{self.touches} interactions in {ENGAGED.days} days"
        hint = ", ".join(part for part in (self.title, self.stage, active) if part)
        entry = self.entry
        kind = entry.kind
        return {"kind": kind, "id": entry.id, "name": entry.name, "hint": hint, "ask": entry.id}


def find_whom(
    snapshot: Snapshot, asked: Asked, *, typed: str = "", directory: Directory | None = None
) -> Whom:
    """Find who is meant.

    A name, an e-mail address or an id means a person. An account, or the champion there, means
    whoever was clearly the most active there in the past 90 days; any other role means who has it
    by persona or title.

    Args:
        snapshot: The warehouse version.
        asked: Whom somebody asks for.
        typed: The words as they were typed, in case a name holds words like "of".
        directory: The names to look among; all of them by default.
    """
    directory = directory or directory_of(snapshot)
    if typed and (whole := _exactly(directory, typed)):
        if whole.kind != "account":
            return Whom(whole.id, "found")
        asked = Asked(whole.name, None, asked.after)
    if asked.role is None:
        person = directory.resolve(asked.name, "person")
        if person.match is not None:
            return Whom(person.match.id, "found")
        account = directory.resolve(asked.name, "account")
        if account.match is None:
            listed = person.candidates or account.candidates
            status = "ambiguous" if listed else "not_found"
            return Whom(None, status, _listed(listed or person.near))
        role = "contact"
    else:
        account, role = directory.resolve(asked.name, "account"), asked.role
    if account.candidates:
        return Whom(None, "ambiguous", _listed(account.candidates, role))
    members = _members(snapshot, directory, account.match, asked.name)
    where = account.match.name if account.match else asked.name
    if not members:
        missing = [f"Nobody at {where} is in the data."] if account.match else []
        return Whom(None, "not_found", _listed(account.near, role), missing)
    return _choose(members, role, where, named=asked.role is not None)


def _choose(members: Sequence[_Member], role: str, where: str, *, named: bool) -> Whom:
    if called := [m for m in members if _is_called(m.entry.name, role)]:
        return _one(called) or Whom(None, "ambiguous", _shown(called))
    known = next((words for pattern, words in _ROLES if pattern.search(role)), None)
    if known is None and _ACTIVE.search(role):
        return _most_active(members, role, where, named=named)
    own = _words(role)
    fitting = [m for m in members if own <= m.words]
    for wanted in known or ():
        fitting = fitting or [m for m in members if wanted & m.words]
    if not fitting:
        note = f"Nobody at {where} is known to be the {role}; these people are there."
        return Whom(None, "ambiguous", _shown(members), [note])
    return _one(fitting) or Whom(None, "ambiguous", _shown(fitting))


def _most_active(members: Sequence[_Member], role: str, where: str, *, named: bool) -> Whom:
    first, *others = sorted(members, key=lambda m: -m.touches)
    second = max((member.touches for member in others), default=0)
    if others and (first.touches == 0 or first.touches < CLEARLY * second):
        said = f"{len(members)} people at {where} could be the {role}; none is clearly most active."
        return Whom(None, "ambiguous", _shown(members), [said])
    taken = f"{first.entry.name} is taken for the {role} at {where}" if named else first.entry.name
    joined = "" if named else f" is the contact at {where}"
    why = (
        f": {first.touches} interactions in {ENGAGED.days} days, the next person has {second}."
        if others
        else ": nobody else there is in the data."
    )
    return Whom(first.entry.id, "found", notes=[f"{taken}{joined}{why}"])


def _one(members: Sequence[_Member]) -> Whom | None:
    return Whom(members[0].entry.id, "found") if len(members) == 1 else None


def _shown(members: Sequence[_Member]) -> list[dict[str, str]]:
    ranked = sorted(members, key=lambda m: (-m.touches, m.entry.name))
    return [member.as_dict() for member in ranked[:MOST_CANDIDATES]]


def _listed(entries: Sequence[Entry], role: str | None = None) -> list[dict[str, str]]:
    """List records, each with what to ask for to mean it."""
    return [
        entry.as_dict()
        | {"ask": f"{role} at {entry.id}" if role and entry.kind == "account" else entry.id}
        for entry in entries
    ]


def _members(
    snapshot: Snapshot, directory: Directory, account: Entry | None, name: str
) -> list[_Member]:
    """Read the people of an account, each once, over all of their records."""
    company = nw.col("company").str.to_lowercase() == name.strip().lower()
    there = company if account is None else (nw.col("account_id") == account.id) | company
    person = snapshot.table("person").filter(there).select("id", "title", "persona")
    people = {row["id"]: row for row in rows(person)}
    entries: dict[str, Entry] = {}
    facts: dict[str, dict[str, Any]] = {}
    for entry in directory.entries:
        if entry.id not in people:
            continue
        held = entries.get(entry.entity)
        if held is None or (held.kind == "person" and entry.kind == "lead"):
            entries[entry.entity] = entry
        known = facts.setdefault(entry.entity, {})
        row = people[entry.id]
        for column in ("title", "persona"):
            known[column] = known.get(column) or row[column]
    active = _activity(snapshot, list(entries))
    stages = _stages(snapshot, list(entries))
    return [
        _Member(
            entry,
            _words(f"{facts[entity].get('title') or ''} {facts[entity].get('persona') or ''}"),
            str(facts[entity].get("title") or facts[entity].get("persona") or ""),
            stages.get(entity, ""),
            active.get(entity, 0),
        )
        for entity, entry in entries.items()
    ]


def _activity(snapshot: Snapshot, entities: Sequence[str]) -> Mapping[str, int]:
    """Count what each did of late, over all of their records."""
    identity = snapshot.table("identity").filter(
        nw.col("entity") == "person", nw.col("entity_id").is_in(list(entities))
    )
    touches = snapshot.table("touch").filter(
        nw.col("direction") == "inbound",
        nw.col("action") != "unsubscribed",
        nw.col("at") >= snapshot.as_of - ENGAGED,
    )
    counted = (
        touches.select("person_id")
        .join(identity.select("id", "entity_id"), left_on="person_id", right_on="id", how="inner")
        .group_by("entity_id")
        .agg(count=nw.len())
    )
    return {row["entity_id"]: int(row["count"]) for row in rows(counted)}


def _stages(snapshot: Snapshot, entities: Sequence[str]) -> dict[str, str]:
    journeys = snapshot.table("journeys").filter(nw.col("person_id").is_in(list(entities)))
    found = rows(journeys.select("person_id", "current_stage"))
    return {row["person_id"]: str(row["current_stage"] or "") for row in found}


def _exactly(directory: Directory, typed: str) -> Entry | None:
    """Find what is written as it was typed, whatever words its name holds."""
    match = directory.resolve(typed).match
    if match is None or match.kind not in ("lead", "person", "account"):
        return None
    spelled = {match.name.casefold(), match.email.casefold(), match.id.casefold()}
    return match if typed.strip().casefold() in spelled else None


def _is_called(name: str, role: str) -> bool:
    """Say whether a role is in fact a person's name, as in "Jane at Acme"."""
    from rapidfuzz import fuzz  # noqa: PLC0415 - not needed for other commands

    words = role.casefold().split()
    if len(words) == 1:
        return words[0] in name.casefold().split()
    return fuzz.ratio(role.casefold(), name.casefold()) >= _ALIKE


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))
