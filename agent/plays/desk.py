"""The desk where plays are handled: one door for the terminal, Slack, the dashboard and tests."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from agent.plays import audit
from agent.plays.again import PlayAgain
from agent.plays.attention import PlayAttention, attention_rows
from agent.plays.decision import Decision
from agent.plays.draft import DraftContext, DraftRequest, draft_play
from agent.plays.edit import Edit, edited
from agent.plays.errors import PlayError
from agent.plays.ledger import PlayLedger
from agent.plays.lifecycle import PlayLifecycle
from agent.plays.notices import Notice, PlayNotices
from agent.plays.play import Play, PlayState
from agent.plays.policy import Person, Policy, load_policy
from agent.plays.rights import PlayRights
from agent.plays.runner import PlayRunner, WorkReport
from agent.plays.stamps import Clock, utc_now
from agent.plays.switch import KillSwitch
from agent.plays.undo import PlayUndo
from agent.plays.view import play_as_json, play_in_brief
from tools.crm.port import Crm, CrmError


@dataclass(frozen=True)
class PlayDesk:
    """Draft, list, decide, run, undo and audit plays.

    Attributes:
        ledger: The play tables.
        crm: The CRM that plays write to.
        policy: Who may do what.
        checkpoints: File of the LangGraph threads.
        clock: Tells the time, naive UTC.
    """

    ledger: PlayLedger
    crm: Crm
    policy: Policy
    checkpoints: Path
    clock: Clock = utc_now

    @classmethod
    def open(cls, home: Path, engine: sa.Engine, crm: Crm, *, clock: Clock = utc_now) -> "PlayDesk":
        """Open the desk over the stores in WEIR_HOME.

        Raises:
            PolicyError: WEIR_HOME/policy.yaml can't be used.
        """
        return cls(PlayLedger(engine), crm, load_policy(home), home / "checkpoints.db", clock)

    def draft(
        self, request: DraftRequest, *, owners: Sequence[Mapping[str, Any]], warehouse_version: int
    ) -> Play:
        """Draft a play and store it for approval.

        Args:
            request: What to draft from.
            owners: Rows ``id, name, team, region, is_active, open_leads``, for routing.
            warehouse_version: Version that the request's figures come from.

        Raises:
            BadPlayError: The request can't be used.
            PlayError: No target is left, or another play took one meanwhile.
        """
        context = DraftContext(
            self.ledger, self.crm, self.policy, self.clock, owners, warehouse_version
        )
        try:
            play = draft_play(context, request)
        except CrmError as error:
            raise PlayError(
                f"The CRM could not be read, so nothing was drafted: {error}"
            ) from error
        self.submit(play)
        return play

    def submit(self, play: Play) -> None:
        """Store a drafted play and begin its thread, which waits for approval."""
        self._lifecycle.submit(play)
        self._start_thread(play.id)

    def list_plays(self, states: Collection[PlayState] | None = None) -> list[dict[str, Any]]:
        """List plays in brief, from newest to oldest."""
        self._lifecycle.expire_due()
        with self.ledger.read() as tx:
            return [play_in_brief(stored) for stored in self.ledger.select(tx, states)]

    def show(self, play_id: str) -> dict[str, Any]:
        """Give everything about a play as plain JSON (``weir plays show --json``).

        Raises:
            PlayError: There is no such play.
        """
        self._lifecycle.expire_due()
        with self.ledger.read() as tx:
            return play_as_json(self.ledger, tx, self.ledger.get(tx, play_id), self.policy)

    def approve(
        self,
        play_id: str,
        *,
        by: str,
        digest: str,
        via: str = "terminal",
        reason: str | None = None,
    ) -> Decision:
        """Approve what the digest names; with ``Outcome.APPROVED`` the play may run at once."""
        return self._lifecycle.approve(play_id, by=by, digest=digest, via=via, reason=reason)

    def reject(
        self, play_id: str, *, by: str, digest: str | None = None, reason: str | None = None
    ) -> Decision:
        """Reject a pending play."""
        return self._lifecycle.reject(play_id, by=by, digest=digest, reason=reason)

    def edit(
        self, play_id: str, edit: Edit, *, by: str, digest: str, reason: str | None = None
    ) -> Decision:
        """Change a pending play; its approvals start over.

        Raises:
            PlayError: The CRM could not be read.
        """
        person = self.policy.person(by)
        editor = person.email if person else by

        def change(play: Play) -> Play:
            return edited(play, edit, by=editor, crm=self.crm, policy=self.policy, clock=self.clock)

        try:
            return self._lifecycle.edit(play_id, by=by, digest=digest, change=change, reason=reason)
        except CrmError as error:
            raise PlayError(f"The CRM could not be read, so nothing changed: {error}") from error

    def undo(self, play_id: str, *, by: str, reason: str | None = None) -> Decision:
        """Have a finished play undone; with ``Outcome.UNDO_STARTED`` it may run at once."""
        undo = PlayUndo(self.ledger, self.policy, self.clock)
        return undo.undo(play_id, by=by, reason=reason)

    def snooze(self, play_id: str, *, by: str, until: datetime | str) -> Decision:
        """Spare a person reminders of a pending play until a time (naive UTC, or a stamp)."""
        return self._attention.snooze(play_id, by=by, until=until)

    def snoozed(self, play_id: str, by: str) -> str | None:
        """Give until when a person has snoozed a play, as a stamp, or None."""
        return self._attention.snoozed(play_id, by)

    def hand_over(self, play_id: str, *, by: str, to: str, reason: str | None = None) -> Decision:
        """Ask another who may approve to decide in one's place."""
        return self._attention.hand_over(play_id, by=by, to=to, reason=reason)

    def away(
        self,
        *,
        by: str,
        to: str,
        until: datetime | str,
        since: datetime | str | None = None,
        reason: str | None = None,
    ) -> Decision:
        """Have another reminded of everything in one's place for a while."""
        return self._attention.away(by=by, to=to, until=until, since=since, reason=reason)

    def back(self, *, by: str) -> Decision:
        """End one's absences."""
        return self._attention.back(by=by)

    def attention(self, play_id: str) -> list[dict[str, Any]]:
        """List what was snoozed, handed over, told and requested again, from oldest to newest."""
        with self.ledger.read() as tx:
            return attention_rows(tx, play_id)

    def request_again(self, play_id: str, *, by: str) -> Decision:
        """Draft an expired play again on the records as they are now; the answer names it.

        Raises:
            PlayError: The CRM could not be read.
        """
        again = PlayAgain(self.ledger, self.policy, self.clock, self.crm)
        try:
            decision = again.request_again(play_id, by=by)
        except CrmError as error:
            raise PlayError(
                f"The CRM could not be read, so nothing was drafted: {error}"
            ) from error
        if decision.accepted and decision.play_id:
            self._start_thread(decision.play_id)
        return decision

    def due_notices(self) -> list[Notice]:
        """List who is to be told about which play now and has not been; one notice a person."""
        self._lifecycle.expire_due()
        return self._notices.due()

    def noticed(self, notice: Notice) -> bool:
        """Claim a notice before telling it; False where another process tells it, or it is moot."""
        return self._notices.claim(notice)

    def give_back(self, notice: Notice) -> None:
        """Return a claimed notice that could not be told, so that it is due again."""
        self._notices.give_back(notice)

    def approvers(self, play_id: str) -> list[Person]:
        """List who may approve a play under the policy of now, whatever its state."""
        with self.ledger.read() as tx:
            return self.policy.approvers(self.ledger.get(tx, play_id).play)

    def can(self, play_id: str, by: str | None) -> dict[str, str | None]:
        """Say for each thing that one can do with a play why a person may not do it now.

        Returns:
            ``approve``, ``edit``, ``reject``, ``undo``, ``snooze``, ``hand_over`` and
            ``request_again``, each with None where they may, else with the sentence that a click
            would be answered.

        Raises:
            PlayError: There is no such play.
        """
        with self.ledger.read() as tx:
            stored = self.ledger.get(tx, play_id)
            rights = PlayRights(self.ledger, self.policy, self.clock, self.crm)
            return rights.of(tx, stored, by or "")

    def stop(self, *, by: str, reason: str | None = None) -> Decision:
        """Throw the kill switch: no play writes anything from now on."""
        return self._switch.switch(stop=True, by=by, reason=reason)

    def resume(self, *, by: str, reason: str | None = None) -> Decision:
        """Release the kill switch."""
        return self._switch.switch(stop=False, by=by, reason=reason)

    def run(self, play_id: str) -> WorkReport:
        """Run or undo one play in this process; does nothing if a worker has it already."""
        return self.runner().run(play_id)

    def runner(self, should_stop: Callable[[], bool] = lambda: False) -> PlayRunner:
        """Give what a worker runs plays with."""
        return PlayRunner(
            self.ledger, self.crm, self._lifecycle, self.checkpoints, self.clock, should_stop
        )

    def who_may_approve(self, play_id: str) -> str:
        """Say in words who may approve a play, and until when."""
        with self.ledger.read() as tx:
            return self.policy.explain(self.ledger.get(tx, play_id).play)

    def verify_audit(self) -> audit.AuditReport:
        """Walk the audit chain and tell whether it holds."""
        with self.ledger.read() as tx:
            return audit.verify(tx)

    def audit_entries(self, play_id: str | None = None) -> list[dict[str, Any]]:
        """Export the audit log, of one play or of all, from oldest to newest."""
        with self.ledger.read() as tx:
            return [*audit.entries(tx, play_id)]

    def _start_thread(self, play_id: str) -> None:
        # Imported here: LangGraph costs a second of CPU that only drafting and running need.
        from agent.plays.graph import start_thread  # noqa: PLC0415

        start_thread(self.checkpoints, self.ledger, play_id)

    @property
    def _attention(self) -> PlayAttention:
        return PlayAttention(self.ledger, self.policy, self.clock)

    @property
    def _notices(self) -> PlayNotices:
        return PlayNotices(self.ledger, self.policy, self.clock)

    @property
    def _lifecycle(self) -> PlayLifecycle:
        return PlayLifecycle(self.ledger, self.policy, self.clock)

    @property
    def _switch(self) -> KillSwitch:
        return KillSwitch(self.ledger, self.policy, self.clock)
