"""The ledger: the one place where it is decided what state a play is in."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from agent.plays.errors import PlayError
from agent.plays.play import OPEN_STATES, ActionState, Play, PlayState
from agent.plays.tables import ACTION, APPROVAL, CONTROL, PLAY, PLAY_TARGET
from knowledge.database import reading
from tools.crm.port import Receipt, RecordRef

Direction = Literal["do", "undo"]

_KILL_SWITCH = "kill_switch"


@dataclass(frozen=True)
class StoredPlay:
    """Hold a play with what the protocol knows about it."""

    play: Play
    state: PlayState
    digest: str
    decided_by: str | None
    decided_at: str | None
    finished_at: str | None
    note: str | None
    lease_owner: str | None
    lease_until: str | None
    thread: str


@dataclass(frozen=True)
class StoredAction:
    """Hold the execution record of one write."""

    key: str
    position: int
    state: ActionState
    started_at: str | None
    finished_at: str | None
    verified_at: str | None
    receipt: Receipt | None
    note: str | None


class PlayLedger:
    """Read and change the play tables inside transactions that the caller opens.

    Every change of state is one conditional UPDATE: whoever finds the row in the state that they
    expected has won, everyone else reads what happened instead.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def begin(self) -> AbstractContextManager[sa.Connection]:
        """Open a transaction; on SQLite it holds the write lock from its start."""
        return self.engine.begin()

    def read(self) -> AbstractContextManager[sa.Connection]:
        """Open a transaction that only reads; it waits for nobody."""
        return reading(self.engine).connect()

    # Plays

    def insert(self, tx: sa.Connection, play: Play) -> None:
        """Store a drafted play as pending and claim its targets.

        Raises:
            PlayError: Another open play holds one of the targets.
        """
        taken = self.claimed(tx, [target_key(t.kind, t.id) for t in play.targets])
        if taken:
            target, other = next(iter(taken.items()))
            raise PlayError(f"{target} already belongs to {other}; draft again without it.")
        tx.execute(
            PLAY.insert().values(
                id=play.id,
                state=PlayState.PENDING,
                digest=play.digest,
                document=play.model_dump(mode="json"),
                created_at=play.created_at,
                expires_at=play.expires_at,
                thread="new",
            )
        )
        self._insert_targets(tx, play)

    def replace(self, tx: sa.Connection, play: Play, *, digest: str) -> bool:
        """Put an edited play in the place of the pending one with ``digest``."""
        changed = tx.execute(
            PLAY.update()
            .where(PLAY.c.id == play.id, PLAY.c.state == PlayState.PENDING, PLAY.c.digest == digest)
            .values(
                digest=play.digest,
                document=play.model_dump(mode="json"),
                expires_at=play.expires_at,
            )
        ).rowcount
        if changed:
            tx.execute(PLAY_TARGET.delete().where(PLAY_TARGET.c.play_id == play.id))
            self._insert_targets(tx, play)
        return bool(changed)

    def find(self, tx: sa.Connection, play_id: str) -> StoredPlay | None:
        """Read a play, or None where there is none."""
        row = tx.execute(sa.select(PLAY).where(PLAY.c.id == play_id)).one_or_none()
        return None if row is None else _stored(row)

    def get(self, tx: sa.Connection, play_id: str) -> StoredPlay:
        """Read a play.

        Raises:
            PlayError: There is no such play.
        """
        found = self.find(tx, play_id)
        if found is None:
            raise PlayError(f"There is no play {play_id}; `weir plays list` shows them all.")
        return found

    def select(
        self,
        tx: sa.Connection,
        states: Collection[PlayState] | None = None,
        *,
        threads: Collection[str] | None = None,
    ) -> list[StoredPlay]:
        """List plays from newest to oldest, by state and by how far their thread is."""
        query = sa.select(PLAY).order_by(PLAY.c.created_at.desc(), PLAY.c.id)
        if states is not None:
            query = query.where(PLAY.c.state.in_(states))
        if threads is not None:
            query = query.where(PLAY.c.thread.in_(threads))
        return [_stored(row) for row in tx.execute(query)]

    def move(
        self,
        tx: sa.Connection,
        play_id: str,
        *,
        source: Collection[PlayState],
        to: PlayState,
        digest: str | None = None,
        **columns: Any,
    ) -> bool:
        """Move a play from one of the source states; False where it was in another.

        Leaving the open states releases its targets for other plays.
        """
        query = PLAY.update().where(PLAY.c.id == play_id, PLAY.c.state.in_(source))
        if digest is not None:
            query = query.where(PLAY.c.digest == digest)
        won = bool(tx.execute(query.values(state=to, **columns)).rowcount)
        if won and to not in OPEN_STATES:
            tx.execute(
                PLAY_TARGET.update().where(PLAY_TARGET.c.play_id == play_id).values(claim=None)
            )
        return won

    def set_thread(self, tx: sa.Connection, play_id: str, thread: str) -> None:
        """Note whether the play's LangGraph thread waits or is closed."""
        tx.execute(PLAY.update().where(PLAY.c.id == play_id).values(thread=thread))

    def claimed(self, tx: sa.Connection, targets: Sequence[str]) -> dict[str, str]:
        """Find which targets (see ``target_key``) open plays hold, and which play holds each."""
        rows = tx.execute(
            sa.select(PLAY_TARGET.c.claim, PLAY_TARGET.c.play_id).where(
                PLAY_TARGET.c.claim.in_(targets)
            )
        )
        return {row.claim: row.play_id for row in rows}

    # Approvals

    def approve(
        self, tx: sa.Connection, play: StoredPlay, *, by: str, at: str, via: str, reason: str | None
    ) -> None:
        """Record one person's approval of what the play says now."""
        tx.execute(
            APPROVAL.insert().values(
                play_id=play.play.id,
                digest=play.digest,
                approver=by,
                at=at,
                via=via,
                reason=reason,
            )
        )

    def approvals(self, tx: sa.Connection, play: StoredPlay) -> list[dict[str, Any]]:
        """List the approvals of what the play says now."""
        query = (
            sa.select(APPROVAL.c.approver, APPROVAL.c.at, APPROVAL.c.via, APPROVAL.c.reason)
            .where(APPROVAL.c.play_id == play.play.id, APPROVAL.c.digest == play.digest)
            .order_by(APPROVAL.c.at)
        )
        return [dict(row) for row in tx.execute(query).mappings()]

    # Actions

    def add_actions(
        self,
        tx: sa.Connection,
        play_id: str,
        direction: Direction,
        keys: Iterable[tuple[int, str]],
    ) -> None:
        """Add execution records in the state waiting; keys come with their positions."""
        rows = [
            {
                "key": key,
                "play_id": play_id,
                "position": position,
                "direction": direction,
                "state": ActionState.WAITING,
            }
            for position, key in keys
        ]
        if rows:
            tx.execute(ACTION.insert(), rows)

    def actions(self, tx: sa.Connection, play_id: str, direction: Direction) -> list[StoredAction]:
        """List the execution records of a play in the order in which they run."""
        order = ACTION.c.position.asc() if direction == "do" else ACTION.c.position.desc()
        query = (
            sa.select(ACTION)
            .where(ACTION.c.play_id == play_id, ACTION.c.direction == direction)
            .order_by(order)
        )
        return [_stored_action(row) for row in tx.execute(query)]

    def mark(self, tx: sa.Connection, key: str, state: ActionState, **columns: Any) -> None:
        """Set the state of an execution record."""
        tx.execute(ACTION.update().where(ACTION.c.key == key).values(state=state, **columns))

    def writes_since(self, tx: sa.Connection, since: str) -> int:
        """Count the writes that were started since a stamp."""
        query = sa.select(sa.func.count()).where(ACTION.c.started_at >= since)
        return int(tx.execute(query).scalar_one())

    # Kill switch

    def kill_switch(self, tx: sa.Connection) -> dict[str, Any] | None:
        """Read who stopped all writing, when and why; None while writing is allowed."""
        value = tx.execute(
            sa.select(CONTROL.c.value).where(CONTROL.c.name == _KILL_SWITCH)
        ).scalar_one_or_none()
        return value or None

    def set_kill_switch(self, tx: sa.Connection, value: dict[str, Any] | None) -> None:
        """Stop all writing, or allow it again with None."""
        tx.execute(CONTROL.delete().where(CONTROL.c.name == _KILL_SWITCH))
        if value:
            tx.execute(CONTROL.insert().values(name=_KILL_SWITCH, value=value))

    def _insert_targets(self, tx: sa.Connection, play: Play) -> None:
        rows = [
            {"play_id": play.id, "target": key, "arm": target.arm, "claim": key}
            for target in play.targets
            for key in [target_key(target.kind, target.id)]
        ]
        tx.execute(PLAY_TARGET.insert(), rows)


def target_key(kind: str, record_id: str) -> str:
    """Name a target in one text."""
    return f"{kind} {record_id}"


def _stored(row: Any) -> StoredPlay:
    return StoredPlay(
        play=Play.model_validate(row.document),
        state=PlayState(row.state),
        digest=row.digest,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        finished_at=row.finished_at,
        note=row.note,
        lease_owner=row.lease_owner,
        lease_until=row.lease_until,
        thread=row.thread,
    )


def _stored_action(row: Any) -> StoredAction:
    return StoredAction(
        key=row.key,
        position=row.position,
        state=ActionState(row.state),
        started_at=row.started_at,
        finished_at=row.finished_at,
        verified_at=row.verified_at,
        receipt=receipt_from_json(row.receipt),
        note=row.note,
    )


def receipt_to_json(receipt: Receipt) -> dict[str, Any]:
    """Write a receipt as plain JSON."""
    return {
        "key": receipt.key,
        "ref": {"kind": receipt.ref.kind, "id": receipt.ref.id},
        "before": receipt.before,
        "after": receipt.after,
        "version": receipt.version,
        "replayed": receipt.replayed,
    }


def receipt_from_json(value: dict[str, Any] | None) -> Receipt | None:
    """Read a receipt back."""
    if value is None:
        return None
    return Receipt(**{**value, "ref": RecordRef(**value["ref"])})
