"""The desk where plays are handled: one door for the terminal, Slack, the dashboard and tests."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from agent.plays import audit
from agent.plays.decision import Decision
from agent.plays.draft import DraftContext, DraftRequest, draft_play
from agent.plays.edit import Edit, edited
from agent.plays.errors import PlayError
from agent.plays.ledger import PlayLedger
from agent.plays.lifecycle import PlayLifecycle
from agent.plays.play import Play, PlayState
from agent.plays.policy import Policy, load_policy
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
        # Imported here: LangGraph costs a second of CPU that only drafting and running need.
        from agent.plays.graph import start_thread  # noqa: PLC0415

        start_thread(self.checkpoints, self.ledger, play.id)

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

    @property
    def _lifecycle(self) -> PlayLifecycle:
        return PlayLifecycle(self.ledger, self.policy, self.clock)

    @property
    def _switch(self) -> KillSwitch:
        return KillSwitch(self.ledger, self.policy, self.clock)
