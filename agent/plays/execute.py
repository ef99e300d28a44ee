"""Run the writes of a play, forward or back, each with one effect however often we crash.

Before a write its start is recorded, after it its receipt. A run that finds a started write asks
the CRM by the idempotency key what became of it before anything else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import sqlalchemy as sa

from agent.plays import audit
from agent.plays.action_types.base import UndoBlockedError, difference
from agent.plays.actions import action_type
from agent.plays.errors import BadPlayError, PlayHeldError
from agent.plays.leases import Lease
from agent.plays.ledger import Direction, PlayLedger, StoredAction, receipt_to_json
from agent.plays.play import Action, ActionState, Play, PlayState
from agent.plays.stamps import Clock, stamp
from tools.crm.port import Crm, CrmError, CrmUnavailableError, Receipt, StaleRecordError

_RUNNING = frozenset({PlayState.APPROVED, PlayState.RUNNING, PlayState.UNKNOWN})

_OPEN = frozenset({ActionState.WAITING, ActionState.STARTED, ActionState.UNKNOWN})


@dataclass(frozen=True)
class Executor:
    """Run one play under a lease.

    Attributes:
        ledger: Where every step is recorded.
        crm: Where the writes go.
        clock: Tells the time, naive UTC.
        lease: The right to run this play; every step renews it.
        should_stop: Tells whether this process is to stop after the current action.
    """

    ledger: PlayLedger
    crm: Crm
    clock: Clock
    lease: Lease
    should_stop: Callable[[], bool]

    def begin(self) -> None:
        """Mark the play as running.

        Raises:
            PlayHeldError: It may not begin now, or its approval ran out before it could.
        """
        with self.ledger.begin() as tx:
            self.lease.renew(tx)
            stored = self.ledger.get(tx, self.lease.play_id)
            if stored.state not in _RUNNING:
                raise PlayHeldError(f"it is {stored.state}")
            if stored.state is PlayState.APPROVED and stored.play.expires_at <= self._now():
                raise PlayHeldError("its approval ran out before it could begin")
            killed = stored.state is PlayState.APPROVED and self.ledger.kill_switch(tx)
            if not killed and self.ledger.move(
                tx, stored.play.id, source=[PlayState.APPROVED], to=PlayState.RUNNING, note=None
            ):
                self._audit(tx, "run_started", digest=stored.digest, crm=self.crm.name)
        if killed:
            self._hold(None, "the kill switch is on")

    def run(self, direction: Direction) -> dict[str, str]:
        """Make every write of a direction that has not been made.

        Returns:
            The state of each action by its key.

        Raises:
            PlayHeldError: The rest has to wait; the ledger says for what.
            LeaseLostError: Another worker has taken over.
        """
        with self.ledger.begin() as tx:
            play = self.ledger.get(tx, self.lease.play_id).play
            rows = self.ledger.actions(tx, play.id, direction)
        for row in rows:
            if row.state in _OPEN:
                self._run_one(play, row, direction)
        return self._states(direction)

    def verify(self, direction: Direction) -> dict[str, str]:
        """Read every written record back and compare it with what was written.

        Raises:
            PlayHeldError: The CRM did not answer.
            LeaseLostError: Another worker has taken over.
        """
        with self.ledger.begin() as tx:
            play = self.ledger.get(tx, self.lease.play_id).play
            rows = self.ledger.actions(tx, play.id, direction)
        for row in rows:
            if row.state is not ActionState.DONE or row.receipt is None:
                continue
            known = action_type(play.actions[row.position].kind)
            check = known.verify if direction == "do" else known.verify_undo
            try:
                problem = check(self.crm, row.receipt)
            except CrmUnavailableError as error:
                self._hold(PlayState.UNKNOWN, f"the CRM did not answer ({error})")
            state = ActionState.UNVERIFIED if problem else ActionState.VERIFIED
            with self.ledger.begin() as tx:
                self.lease.renew(tx)
                self.ledger.mark(tx, row.key, state, verified_at=self._now(), note=problem)
                self._audit(tx, f"{_word(direction)}_{state}", key=row.key, why=problem)
        return self._states(direction)

    def record(self, direction: Direction) -> PlayState:
        """Sum the actions up in the play's final state."""
        with self.ledger.begin() as tx:
            self.lease.renew(tx)
            rows = self.ledger.actions(tx, self.lease.play_id, direction)
            good = sum(row.state is ActionState.VERIFIED for row in rows)
            whole = good == len(rows)
            if direction == "do":
                to = PlayState.VERIFIED if whole else PlayState.FAILED
                source = [PlayState.RUNNING, PlayState.UNKNOWN]
            else:
                to = PlayState.UNDONE if whole else PlayState.PARTLY_UNDONE
                source = [PlayState.UNDOING]
            note = None if whole else _summary(good, rows, direction)
            won = self.ledger.move(
                tx,
                self.lease.play_id,
                source=source,
                to=to,
                finished_at=self._now(),
                note=note,
            )
            if won:
                self._audit(tx, to, took_effect=good, of=len(rows), why=note)
            return self.ledger.get(tx, self.lease.play_id).state

    def _run_one(self, play: Play, row: StoredAction, direction: Direction) -> None:
        action = play.actions[row.position]
        try:
            if row.state is not ActionState.WAITING:
                receipt = self.crm.receipt(row.key)
                if receipt is not None:
                    self._finish(row, ActionState.DONE, direction, receipt=receipt, reconciled=True)
                    return
            self._start(row, action, direction)
            receipt = self._write(play, action, row, direction)
        except (StaleRecordError, UndoBlockedError) as error:
            self._finish(row, ActionState.STALE, direction, why=str(error))
        except CrmUnavailableError as error:
            self._mark_unknown(row, direction, str(error))
        except (CrmError, BadPlayError) as error:
            self._finish(row, ActionState.FAILED, direction, why=str(error))
        else:
            self._finish(row, ActionState.DONE, direction, receipt=receipt)

    def _start(self, row: StoredAction, action: Action, direction: Direction) -> None:
        """Record that the write begins; the last look at the kill switch before it."""
        with self.ledger.begin() as tx:
            self.lease.renew(tx)
            killed = self.ledger.kill_switch(tx)
            if killed is None and not self.should_stop():
                if row.started_at is None:
                    self._audit(
                        tx,
                        f"{_word(direction)}_started",
                        key=row.key,
                        action=action.kind,
                        target=action.target.id,
                    )
                self.ledger.mark(
                    tx, row.key, ActionState.STARTED, started_at=row.started_at or self._now()
                )
                return
        self._hold(None, "the kill switch is on" if killed else "the worker is shutting down")

    def _write(
        self, play: Play, action: Action, row: StoredAction, direction: Direction
    ) -> Receipt:
        known = action_type(action.kind)
        with self.ledger.begin() as tx:
            done = self.ledger.actions(tx, play.id, "do")
        if direction == "undo":
            written = next(a.receipt for a in done if a.position == row.position)
            if written is None:  # undo records exist only for receipts
                raise BadPlayError("There is no receipt to undo.")
            return known.undo(self.crm, written, key=row.key)
        version = self._expected_version(action, row, done)
        self._check_precondition(action, version)
        return known.write(self.crm, action, key=row.key, expected_version=version)

    def _expected_version(self, action: Action, row: StoredAction, done: list[StoredAction]) -> str:
        """Give the version that the draft saw, or that this play itself left behind."""
        own = [
            a.receipt.version
            for a in done
            if a.receipt and a.receipt.ref == action.target.ref and a.position < row.position
        ]
        return own[-1] if own else action.precondition.version

    def _check_precondition(self, action: Action, version: str) -> None:
        record = self.crm.read(action.target.ref)
        name = action.target.name
        if record is None:
            raise StaleRecordError(f"{name} is no longer in the CRM.")
        changed = difference(action.precondition.fields, record.fields)
        if changed:
            raise StaleRecordError(f"{name} changed since the draft: {changed}.")
        if record.version != version:
            raise StaleRecordError(
                f"{name} changed since the draft (version {record.version}, not {version})."
            )

    def _finish(
        self,
        row: StoredAction,
        state: ActionState,
        direction: Direction,
        *,
        receipt: Receipt | None = None,
        why: str | None = None,
        reconciled: bool = False,
    ) -> None:
        with self.ledger.begin() as tx:
            self.lease.renew(tx)
            stored = receipt_to_json(receipt) if receipt else None
            self.ledger.mark(tx, row.key, state, finished_at=self._now(), receipt=stored, note=why)
            self._audit(
                tx,
                f"{_word(direction)}_{state}",
                key=row.key,
                why=why,
                receipt=stored,
                reconciled=reconciled or None,
            )

    def _mark_unknown(self, row: StoredAction, direction: Direction, why: str) -> None:
        if row.state is not ActionState.UNKNOWN:
            with self.ledger.begin() as tx:
                self.lease.renew(tx)
                self.ledger.mark(tx, row.key, ActionState.UNKNOWN, note=why)
                self._audit(tx, f"{_word(direction)}_unknown", key=row.key, why=why)
        self._hold(PlayState.UNKNOWN if direction == "do" else None, why)

    def _hold(self, state: PlayState | None, why: str) -> NoReturn:
        """Stop here and say in the ledger what the play waits for."""
        with self.ledger.begin() as tx:
            stored = self.ledger.get(tx, self.lease.play_id)
            to = state or stored.state
            self.ledger.move(tx, stored.play.id, source=[stored.state], to=to, note=why)
            if stored.note != why:
                self._audit(tx, "held", why=why)
        raise PlayHeldError(why)

    def _states(self, direction: Direction) -> dict[str, str]:
        with self.ledger.begin() as tx:
            rows = self.ledger.actions(tx, self.lease.play_id, direction)
        return {row.key: row.state.value for row in rows}

    def _audit(self, tx: sa.Connection, what: str, **details: Any) -> None:
        audit.append(
            tx,
            at=self._now(),
            who=f"worker {self.lease.owner}",
            what=what,
            play_id=self.lease.play_id,
            **details,
        )

    def _now(self) -> str:
        return stamp(self.clock())


def _word(direction: Direction) -> str:
    return "action" if direction == "do" else "undo"


def _summary(good: int, rows: list[StoredAction], direction: Direction) -> str:
    verb = "took effect" if direction == "do" else "undone"
    rest = [row for row in rows if row.state is not ActionState.VERIFIED]
    reasons = "; ".join(f"{row.state}: {row.note or 'no reason given'}" for row in rest[:3])
    more = f"; and {len(rest) - 3} more" if len(rest) > 3 else ""  # noqa: PLR2004 -- a sentence
    return f"{good} of {len(rows)} {verb}; {reasons}{more}"
