"""Access: what each person may see, decided by role and ownership, outside any model.

Every surface asks here: tools of the conversation through ``guarded_tools``, cards, the home tab
and alerts directly. Whoever is unknown sees nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw

from knowledge.errors import WeirError
from knowledge.warehouse.remember import per_version
from tools.crm.directory import Directory, Entry, Resolution, directory_of, one_or_several

if TYPE_CHECKING:
    from agent.assembly import Weir
    from knowledge.warehouse.versions import Snapshot

# The role of an owner in the CRM whom the policy does not name.
OWNER_ROLE = "sales"
# Owners by address, of the latest warehouse versions that were asked about.
_owners: dict[tuple[str, int, str], dict[str, dict[str, Any]]] = {}
_KEPT = 4


class AccessError(WeirError):
    """Report that somebody asked for what they may not see."""


@dataclass(frozen=True)
class Viewer:
    """Describe who looks, and what they may see.

    Attributes:
        email: Their address; None for the operator of the machine.
        name: How people call them.
        roles: Their roles in the policy.
        owner_id: Their record among the CRM's owners; None where they own nothing.
        sees: ``all``, ``own`` (rates, leaks and the library, and by name only what is theirs) or
            ``nothing``.
    """

    email: str | None
    name: str
    roles: frozenset[str]
    owner_id: str | None
    sees: Literal["all", "own", "nothing"]


# Whoever has a terminal on this machine has the files themselves.
OPERATOR = Viewer(None, "the operator", frozenset(), None, "all")


def viewer_of(weir: "Weir", email: str | None) -> Viewer:
    """Tell what a person may see: by the policy, and by the CRM's owners.

    Args:
        weir: The assembly.
        email: Who looks; nobody known sees nothing.
    """
    if not email or not email.strip():
        return Viewer(None, "somebody unknown", frozenset(), None, "nothing")
    address = email.strip().lower()
    policy = weir.plays.policy
    person, owner = policy.person(address), _owner(weir, address)
    roles = person.roles if person else frozenset({OWNER_ROLE} if owner else ())
    sees: Literal["all", "own", "nothing"] = "nothing"
    if roles & policy.access.all:
        sees = "all"
    elif roles & policy.access.own:
        sees = "own"
    name = person.name if person else str((owner or {}).get("name") or address)
    return Viewer(address, name, roles, owner["id"] if owner else None, sees)


def refusal(viewer: Viewer) -> str | None:
    """Say why somebody sees nothing at all, or None where they see something."""
    if viewer.sees != "nothing":
        return None
    if viewer.email is None:
        return "I don't know who you are, so I can't show you anything of this company's."
    if viewer.roles:
        named = ", ".join(sorted(viewer.roles))
        return f"{viewer.name} has the role {named}, which sees nothing under this policy."
    return (
        f"{viewer.email} is neither in the policy nor an owner in the CRM, so I can't show you "
        "anything; whoever keeps the policy can add you."
    )


def owns_nothing(viewer: Viewer) -> str | None:
    """Say that there are no leads of theirs, or None where there may be some."""
    if viewer.owner_id is not None:
        return None
    return (
        f"No owner in the CRM has the address {viewer.email}, so no leads or accounts are yours; "
        "ask whoever keeps the CRM to enter it."
    )


class OwnDirectory(Directory):
    """Resolve names among the records that somebody may see."""

    def __init__(self, whole: Directory, own: Sequence[Entry]) -> None:
        super().__init__(own)
        self._whole = whole
        self._own = frozenset(own)

    def resolve(self, query: str, kind: str | None = None) -> Resolution:
        """Find the record that a name means; somebody else's means none.

        Which record is near to a name is judged among all: one of theirs that is merely near to
        what somebody else is called was not meant.
        """
        if exact := self.exactly(query, kind):
            return one_or_several(exact)
        found = self._whole.resolve(query, kind)
        near = tuple(entry for entry in found.near if entry in self._own)
        several = [found.match] if found.match is not None else found.candidates
        own = [entry for entry in several if entry in self._own]
        return one_or_several(own) if own else Resolution(None, near=near)


@dataclass(frozen=True)
class Book:
    """What somebody who sees only their own may see by name, in one warehouse version.

    Attributes:
        snapshot: The warehouse version.
        viewer: Who looks.
    """

    snapshot: "Snapshot"
    viewer: Viewer

    @cached_property
    def journeys(self) -> frozenset[str]:
        """Give the leads that are theirs."""
        return frozenset(row["journey_id"] for row in self._leads)

    @cached_property
    def people(self) -> frozenset[str]:
        """Give the people, over all records of each, who are their leads or contacts."""
        entities = {row["person_id"] for row in self._leads if row["person_id"]}
        contacts = self._rows("person", "id", "owner_id")
        identity = _entities(self.snapshot)
        # Once somebody is a lead, the lead's owner counts, whoever had the contact before.
        mine = {identity.get(row["id"], row["id"]) for row in contacts}
        return frozenset(entities | (mine - _led(self.snapshot)))

    @cached_property
    def accounts(self) -> frozenset[str]:
        """Give the accounts that they own, or have a lead at."""
        at = {row["account_id"] for row in self._leads if row["account_id"]}
        return frozenset(at | {row["id"] for row in self._rows("account", "id")})

    @cached_property
    def opportunities(self) -> frozenset[str]:
        """Give the deals that they own, or that are with their people or at accounts of theirs."""
        owned = {row["id"] for row in self._rows("account", "id")}
        identity = _entities(self.snapshot)
        return frozenset(
            row["id"]
            for row in _deals(self.snapshot)
            if self._is_me(row["owner_id"])
            or row["account_id"] in owned
            or identity.get(row["person_id"], row["person_id"]) in self.people
        )

    @cached_property
    def directory(self) -> "OwnDirectory":
        """Give the names that they may ask for: their own, and their colleagues'."""
        entries = _own_entries(self.snapshot, self.viewer)
        return OwnDirectory(directory_of(self.snapshot), entries)

    def shows(self, entry: Entry) -> bool:
        """Tell whether a record may be shown to them."""
        if entry.kind in ("lead", "person"):
            return entry.id in self.journeys or entry.entity in self.people
        known = {"account": self.accounts, "opportunity": self.opportunities}
        return entry.kind == "owner" or entry.id in known.get(entry.kind, frozenset())

    def foreign(self, journey_ids: Sequence[str]) -> list[str]:
        """Give those of some leads that are not theirs."""
        return [item for item in journey_ids if item not in self.journeys]

    @cached_property
    def _leads(self) -> list[dict[str, Any]]:
        return self._rows("journeys", "journey_id", "person_id", "account_id")

    def _is_me(self, owner_id: str | None) -> bool:
        return owner_id is not None and owner_id == self.viewer.owner_id

    def _rows(self, table: str, *columns: str) -> list[dict[str, Any]]:
        if self.viewer.owner_id is None:
            return []
        return _of_owner(self.snapshot, self.viewer.owner_id, table, columns)


# Asked with every tool call of somebody who sees only their own, for each of many people.
@per_version(512)
def _of_owner(
    snapshot: "Snapshot", owner_id: str, table: str, columns: tuple[str, ...]
) -> list[dict[str, Any]]:
    mine = snapshot.table(table).filter(nw.col("owner_id") == owner_id)
    return _rows(mine.select(*columns))


@per_version(2)
def _entities(snapshot: "Snapshot") -> Mapping[str, str]:
    rows = _rows(snapshot.table("identity").select("id", "entity_id"))
    return {row["id"]: row["entity_id"] for row in rows if row["entity_id"]}


@per_version(2)
def _led(snapshot: "Snapshot") -> frozenset[str]:
    return frozenset(
        row["person_id"] for row in _rows(snapshot.table("journeys").select("person_id"))
    )


@per_version(2)
def _deals(snapshot: "Snapshot") -> list[dict[str, Any]]:
    columns = ["id", "owner_id", "person_id", "account_id"]
    return _rows(snapshot.table("opportunity").select(*columns))


@per_version(128)
def _own_entries(snapshot: "Snapshot", viewer: Viewer) -> tuple[Entry, ...]:
    book = Book(snapshot, viewer)
    return tuple(entry for entry in directory_of(snapshot).entries if book.shows(entry))


def may_see(snapshot: "Snapshot", viewer: Viewer, kind: str, identity: str) -> bool:
    """Tell whether somebody may see a record by name.

    Args:
        snapshot: The warehouse version.
        viewer: Who looks.
        kind: ``lead``, ``person``, ``account``, ``owner`` or ``opportunity``.
        identity: Its id.
    """
    if viewer.sees != "own":
        return viewer.sees == "all"
    found = (
        entry
        for entry in directory_of(snapshot).entries
        if entry.id == identity and (entry.kind == kind or {entry.kind, kind} == {"lead", "person"})
    )
    book = Book(snapshot, viewer)
    return any(book.shows(entry) for entry in found)


def _owner(weir: "Weir", email: str) -> dict[str, Any] | None:
    """Find the active owner of an address in the newest data."""
    newest = weir.warehouse.newest()
    if newest is None:
        return None
    key = (str(weir.home.absolute()), newest.version, newest.load_id)
    owners = _owners.get(key)
    if owners is None:
        # Asked with every click: a version's owners never change, so one reading will do.
        owners = _read_owners(weir, newest.version)
        if len(_owners) >= _KEPT:
            _owners.clear()
        _owners[key] = owners
    return owners.get(email)


def _read_owners(weir: "Weir", version: int) -> dict[str, dict[str, Any]]:
    with weir.snapshot(version) as snapshot:
        rows = _rows(snapshot.table("owner").select("id", "name", "email", "is_active"))
    found: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: str(row["id"])):
        email = (row["email"] or "").strip().lower()
        if email and row["is_active"] is not False:
            found.setdefault(email, row)
    return found


def _rows(frame: nw.LazyFrame[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in frame.collect("pyarrow").iter_rows(named=True)]
