"""The life of a play up to its run: submit, approve, reject, edit and expire.

Every call is one transaction, ends in a ``Decision`` and leaves an audit entry, whether it was
accepted or refused.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from agent.plays import audit
from agent.plays.decision import Decision, Outcome
from agent.plays.errors import BadPlayError
from agent.plays.gate import SHORTEST_DIGEST, Click, Gate
from agent.plays.ledger import StoredPlay
from agent.plays.play import Play, PlayState
from agent.plays.stamps import stamp


@dataclass(frozen=True)
class PlayLifecycle(Gate):
    """Decide about plays on behalf of people."""

    def submit(self, play: Play) -> None:
        """Store a drafted play so that it waits for approval.

        Raises:
            PlayError: Another open play holds one of its targets.
        """
        with self.ledger.begin() as tx:
            self.ledger.insert(tx, play)
            record_draft(tx, play, at=stamp(self.clock()), who=play.created_by)

    def approve(
        self,
        play_id: str,
        *,
        by: str,
        digest: str,
        via: str = "terminal",
        reason: str | None = None,
    ) -> Decision:
        """Approve exactly what the digest names; of racing approvers one claims the play.

        Args:
            play_id: The play.
            by: E-mail of who approves.
            digest: Digest of what they saw, whole or at least its first 12 characters.
            via: Surface on which they did.
            reason: Their words, for the audit log.
        """

        def decide(click: Click) -> Decision:
            refused = self.not_pending(click) or self.not_seen(click, digest)
            refused = refused or self.not_approvable(click) or self.already_counted(click)
            return refused or self._count_approval(click, via)

        return self.decide("approve", play_id, by, reason, decide)

    def reject(
        self, play_id: str, *, by: str, digest: str | None = None, reason: str | None = None
    ) -> Decision:
        """Reject a play; whoever may approve it may, and so may its authors."""

        def decide(click: Click) -> Decision:
            refused = self.not_pending(click) or (
                self.not_seen(click, digest) if digest is not None else None
            )
            refused = refused or self.not_rejectable(click)
            if refused:
                return refused
            self.move(click, PlayState.REJECTED, note=reason)
            click.record("rejected")
            return click.answer(
                Outcome.REJECTED, f"Rejected; {click.play.id} will not run.", PlayState.REJECTED
            )

        return self.decide("reject", play_id, by, reason, decide)

    def edit(
        self,
        play_id: str,
        *,
        by: str,
        digest: str,
        change: Callable[[Play], Play],
        reason: str | None = None,
    ) -> Decision:
        """Replace a pending play by a changed one: new digest, approvals start over.

        The change is worked out between two transactions, because it reads the CRM; the second
        one takes it only if the play is still what the first one saw.

        Args:
            play_id: The play.
            by: E-mail of who edits.
            digest: Digest of what they saw.
            change: Gives the changed play, or raises BadPlayError with one sentence.
            reason: Their words, for the audit log.
        """
        seen: list[Play] = []

        def look(click: Click) -> Decision:
            refused = self.not_pending(click) or self.not_seen(click, digest)
            refused = refused or self.not_editable(click)
            if refused:
                return refused
            seen.append(click.play)
            return click.answer(Outcome.EDITED, "")

        allowed = self.decide("edit", play_id, by, reason, look)
        if not allowed.accepted:
            return allowed
        try:
            changed = change(seen[0])
        except BadPlayError as error:
            sentence = str(error)
            return self.decide(
                "edit", play_id, by, reason, lambda click: click.answer(Outcome.BAD_EDIT, sentence)
            )

        def replace(click: Click) -> Decision:
            refused = self.not_pending(click) or self.not_seen(click, digest)
            return refused or self._replace(click, changed)

        return self.decide("edit", play_id, by, reason, replace)

    def already_counted(self, click: Click) -> Decision | None:
        """Answer somebody who has approved what the play says now."""
        given = self.ledger.approvals(click.tx, click.stored)
        if all(a["approver"] != click.by for a in given):
            return None
        quorum = self.policy.tiers[click.play.tier].quorum
        return click.answer(
            Outcome.ALREADY_COUNTED,
            f"Your approval is already counted; {quorum - len(given)} more from others is needed.",
        )

    def not_rejectable(self, click: Click) -> Decision | None:
        """Answer a rejection by somebody who neither may approve nor wrote the play."""
        why_not = self.policy.refusal(click.by, click.play)
        if why_not and click.by not in click.play.authors:
            return click.answer(Outcome.NOT_ALLOWED, f"You can't reject this play: {why_not}.")
        return None

    def not_editable(self, click: Click) -> Decision | None:
        """Answer an edit by somebody who may not make it."""
        may = self.policy.allows(self.policy.edit, click.by)
        if may or self.policy.allows_author(click.by, click.play):
            return None
        return click.answer(Outcome.NOT_ALLOWED, self.no_role(click.by, "edit", "edit"))

    def expire_due(self) -> list[str]:
        """Let plays go that were not decided about, or not begun, in time; no rejection."""
        now = stamp(self.clock())
        gone: list[str] = []
        # Asked by every home tab and list, and hardly ever so: only then it waits for the lock.
        with self.ledger.read() as tx:
            if not self._due(tx, now):
                return gone
        with self.ledger.begin() as tx:
            for stored in self._due(tx, now):
                self.expire(Click(tx, "expire", "weir", now, stored))
                gone.append(stored.play.id)
        return gone

    def _due(self, tx: sa.Connection, now: str) -> list[StoredPlay]:
        undecided = self.ledger.select(tx, [PlayState.PENDING, PlayState.APPROVED])
        return [stored for stored in undecided if stored.play.expires_at <= now]

    def _replace(self, click: Click, edited: Play) -> Decision:
        had = len(self.ledger.approvals(click.tx, click.stored))
        self.ledger.replace(click.tx, edited, digest=click.stored.digest)
        click.record(
            "edited",
            new_digest=edited.digest,
            tier=edited.tier,
            approvals_reset=had,
            policy_version=edited.policy_version,
        )
        reset = f", {had} approval(s) start over" if had else ""
        return click.answer(
            Outcome.EDITED,
            f"Edited: the digest is now {edited.digest[:SHORTEST_DIGEST]}{reset}. "
            f"{self.policy.explain(edited)}",
            PlayState.PENDING,
            edited.digest,
        )

    def _count_approval(self, click: Click, via: str) -> Decision:
        given = self.ledger.approvals(click.tx, click.stored)
        quorum = self.policy.tiers[click.play.tier].quorum
        self.ledger.approve(
            click.tx, click.stored, by=click.by, at=click.now, via=via, reason=click.reason
        )
        click.record("approval", via=via, count=len(given) + 1, quorum=quorum)
        if len(given) + 1 < quorum:
            return click.answer(
                Outcome.RECORDED,
                f"Your approval is counted; {quorum - len(given) - 1} more is needed from "
                "somebody else.",
            )
        if not self.move(click, PlayState.APPROVED):  # SQLite serialises us
            return click.answer(Outcome.ALREADY_DECIDED, "Somebody else decided at this moment.")
        self.ledger.add_actions(
            click.tx,
            click.play.id,
            "do",
            [(index, click.play.key(index)) for index in range(len(click.play.actions))],
        )
        click.record(
            "approved",
            policy_version=self.policy.label,
            warehouse_version=click.play.warehouse_version,
        )
        return click.answer(
            Outcome.APPROVED,
            f"Approved; {click.play.id} will write {len(click.play.actions)} change(s).",
            PlayState.APPROVED,
        )


def record_draft(tx: sa.Connection, play: Play, *, at: str, who: str, **details: str) -> None:
    """Write down that a play was drafted, why, and on which versions."""
    audit.append(
        tx,
        at=at,
        who=who,
        what="drafted",
        play_id=play.id,
        digest=play.digest,
        tier=play.tier,
        why=play.why.text,
        finding=play.why.finding_id,
        warehouse_version=play.warehouse_version,
        policy_version=play.policy_version,
        experiment=play.experiment.model_dump(mode="json"),
        **details,
    )
