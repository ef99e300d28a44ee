"""Undo: take back what a play wrote, in reverse order, each write under a key of its own.

The worker does the writing (see ``execute``); here it is decided whether and what to undo.
"""

from dataclasses import dataclass

from agent.plays.decision import Decision, Outcome
from agent.plays.gate import Click, Gate
from agent.plays.ledger import StoredPlay
from agent.plays.play import ActionState, PlayState

UNDOABLE = frozenset({PlayState.VERIFIED, PlayState.FAILED, PlayState.PARTLY_UNDONE})


@dataclass(frozen=True)
class PlayUndo(Gate):
    """Decide about undoing on behalf of people."""

    def undo(self, play_id: str, *, by: str, reason: str | None = None) -> Decision:
        """Start to undo what a play has done."""

        def decide(click: Click) -> Decision:
            refused = self.not_undoable(click)
            if refused:
                return refused
            added = self._prepare_undo(click)
            self.move(click, PlayState.UNDOING, source=click.stored.state)
            click.record("undo_started", writes=added)
            return click.answer(
                Outcome.UNDO_STARTED, f"{added} write(s) are being undone.", PlayState.UNDOING
            )

        return self.decide("undo", play_id, by, reason, decide)

    def not_undoable(self, click: Click) -> Decision | None:
        """Answer an undo that is not allowed, comes too early or finds nothing."""
        may = self.policy.allows(self.policy.undo, click.by)
        if not may and not self.policy.allows_author(click.by, click.play):
            return click.answer(Outcome.NOT_ALLOWED, self.no_role(click.by, "undo", "undo"))
        if click.stored.state is PlayState.UNDOING:
            return click.answer(Outcome.ALREADY_DECIDED, "This play is already being undone.")
        if click.stored.state not in UNDOABLE:
            return click.answer(Outcome.NOTHING_TO_UNDO, self._nothing_to_undo(click.stored))
        killed = self.killed(click)
        if killed:
            return killed
        if not any(self._to_undo(click)):
            return click.answer(
                Outcome.NOTHING_TO_UNDO, "Nothing of this play took effect, so nothing is left."
            )
        return None

    def _to_undo(self, click: Click) -> tuple[list[tuple[int, str]], list[str]]:
        """List the writes without an undo record, and the undo records that were blocked."""
        earlier = {a.position: a for a in self.ledger.actions(click.tx, click.play.id, "undo")}
        fresh, again = [], []
        for action in self.ledger.actions(click.tx, click.play.id, "do"):
            before = earlier.get(action.position)
            if action.receipt is None:
                continue
            if before is None:
                fresh.append((action.position, f"{action.key}-undo"))
            elif before.state in {ActionState.STALE, ActionState.FAILED}:
                again.append(before.key)
        return fresh, again

    def _prepare_undo(self, click: Click) -> int:
        """Add an undo record for each write that took effect; blocked ones get another try."""
        fresh, again = self._to_undo(click)
        for key in again:
            self.ledger.mark(click.tx, key, ActionState.WAITING, note=None)
        self.ledger.add_actions(click.tx, click.play.id, "undo", fresh)
        return len(fresh) + len(again)

    def _nothing_to_undo(self, stored: StoredPlay) -> str:
        if stored.state in {PlayState.APPROVED, PlayState.RUNNING, PlayState.UNKNOWN}:
            return "This play has not finished yet; undo it once it has, or use the kill switch."
        if stored.state is PlayState.UNDONE:
            return "This play was already undone."
        return f"This play is {stored.state}: it wrote nothing, so there is nothing to undo."
