"""The audit log: append-only, each entry chained to the one before by its hash."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from agent.plays.play import canonical
from agent.plays.tables import AUDIT, CONTROL

GENESIS = "0" * 64
_HEAD = "audit_head"


@dataclass(frozen=True)
class AuditReport:
    """Say whether the chain holds.

    Attributes:
        intact: True when every entry follows from the one before and none is missing.
        entries: How many entries were read.
        head: Hash of the newest entry; noting it elsewhere guards against a rewritten log.
        problem: What is wrong with the first bad entry.
    """

    intact: bool
    entries: int
    head: str
    problem: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give the fields as plain JSON."""
        return asdict(self)


def append(
    connection: sa.Connection,
    *,
    at: str,
    who: str,
    what: str,
    play_id: str | None = None,
    **details: Any,
) -> None:
    """Write an entry in the caller's transaction, so that an effect and its entry are one.

    Args:
        connection: The transaction that makes the change.
        at: Stamp of the change.
        who: E-mail of a person, or the name of a worker.
        what: What happened, such as ``approved``.
        play_id: The play it happened to.
        **details: Why and on which versions, as plain JSON; None values are left out.
    """
    head = connection.execute(
        sa.select(CONTROL.c.value).where(CONTROL.c.name == _HEAD).with_for_update()
    ).scalar_one_or_none()
    previous = head or {"seq": 0, "hash": GENESIS}
    entry = {
        "seq": previous["seq"] + 1,
        "at": at,
        "who": who,
        "what": what,
        "play_id": play_id,
        "details": {name: value for name, value in details.items() if value is not None},
        "prev_hash": previous["hash"],
    }
    digest = _hash(entry)
    connection.execute(AUDIT.insert().values(**entry, hash=digest))
    value = {"seq": entry["seq"], "hash": digest}
    if head is None:
        connection.execute(CONTROL.insert().values(name=_HEAD, value=value))
    else:
        connection.execute(CONTROL.update().where(CONTROL.c.name == _HEAD).values(value=value))


def entries(connection: sa.Connection, play_id: str | None = None) -> Iterator[dict[str, Any]]:
    """Read entries from oldest to newest, of one play or of all."""
    query = sa.select(AUDIT).order_by(AUDIT.c.seq)
    if play_id is not None:
        query = query.where(AUDIT.c.play_id == play_id)
    for row in connection.execute(query).mappings():
        yield dict(row)


def verify(connection: sa.Connection) -> AuditReport:
    """Walk the whole chain and compare it with the head that the ledger keeps."""
    head = connection.execute(
        sa.select(CONTROL.c.value).where(CONTROL.c.name == _HEAD)
    ).scalar_one_or_none() or {"seq": 0, "hash": GENESIS}
    seq, previous = 0, GENESIS
    for entry in entries(connection):
        claimed = entry.pop("hash")
        if entry["seq"] != seq + 1:
            return AuditReport(False, seq, previous, f"entry {seq + 1} is missing")
        if entry["prev_hash"] != previous or _hash(entry) != claimed:
            return AuditReport(False, seq, previous, f"entry {entry['seq']} was changed")
        seq, previous = entry["seq"], claimed
    if (seq, previous) != (head["seq"], head["hash"]):
        return AuditReport(
            False, seq, previous, f"the log ends at entry {seq}, but {head['seq']} were written"
        )
    return AuditReport(True, seq, previous)


def _hash(entry: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(entry).encode()).hexdigest()
