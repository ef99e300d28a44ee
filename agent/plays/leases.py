"""Leases: one worker at a time runs a play, and a dead worker's play is soon taken over."""

import os
import secrets
import socket
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from agent.plays.errors import LeaseLostError
from agent.plays.ledger import StoredPlay
from agent.plays.play import PlayState
from agent.plays.stamps import Clock, stamp
from agent.plays.tables import PLAY

# Longer than a CRM call may take. Taking over too early would still be safe, because the
# idempotency key stops a second effect; it would only waste work.
LEASE = timedelta(seconds=60)

RUNNABLE = frozenset({PlayState.APPROVED, PlayState.RUNNING, PlayState.UNKNOWN, PlayState.UNDOING})


@dataclass(frozen=True)
class Lease:
    """Hold the right to run one play, renewed at every step."""

    play_id: str
    owner: str
    clock: Clock

    def renew(self, tx: sa.Connection) -> None:
        """Extend the lease in the transaction of the step that it protects.

        Raises:
            LeaseLostError: Another worker has taken the play over.
        """
        held = tx.execute(
            PLAY.update()
            .where(PLAY.c.id == self.play_id, PLAY.c.lease_owner == self.owner)
            .values(lease_until=stamp(self.clock() + LEASE))
        ).rowcount
        if not held:
            raise LeaseLostError(self.play_id)

    def release(self, tx: sa.Connection) -> None:
        """Give the play back, unless another worker has it already."""
        tx.execute(
            PLAY.update()
            .where(PLAY.c.id == self.play_id, PLAY.c.lease_owner == self.owner)
            .values(lease_owner=None, lease_until=None)
        )


def worker_name() -> str:
    """Name this process, in a way that lets others on this machine see whether it lives."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


def take(tx: sa.Connection, stored: StoredPlay, owner: str, clock: Clock) -> Lease | None:
    """Take the lease of a play that nobody runs, or None where somebody does.

    The UPDATE is conditional on the owner that was read, so of several takers one wins.
    """
    if not is_free(stored, clock) or stored.state not in RUNNABLE:
        return None
    unchanged = (
        PLAY.c.lease_owner.is_(None)
        if stored.lease_owner is None
        else sa.and_(
            PLAY.c.lease_owner == stored.lease_owner, PLAY.c.lease_until == stored.lease_until
        )
    )
    won = tx.execute(
        PLAY.update()
        .where(PLAY.c.id == stored.play.id, PLAY.c.state.in_(_states(RUNNABLE)), unchanged)
        .values(lease_owner=owner, lease_until=stamp(clock() + LEASE))
    ).rowcount
    return Lease(stored.play.id, owner, clock) if won else None


def is_free(stored: StoredPlay, clock: Clock) -> bool:
    """Tell whether no living worker holds a play."""
    if stored.lease_owner is None or stored.lease_until is None:
        return True
    return stored.lease_until <= stamp(clock()) or is_dead(stored.lease_owner)


def is_dead(owner: str) -> bool:
    """Tell whether a worker of this machine has died; of other machines we can't know."""
    host, _, process = owner.partition("/")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(process.partition("/")[0]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _states(states: Collection[PlayState]) -> list[str]:
    return [state.value for state in states]
