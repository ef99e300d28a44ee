"""The gate: what every click has to pass, and the answers to those that do not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from agent.plays import audit
from agent.plays.decision import Decision, Outcome
from agent.plays.frequency import too_many_messages
from agent.plays.ledger import PlayLedger, StoredPlay
from agent.plays.play import Play, PlayState
from agent.plays.policy import Policy
from agent.plays.stamps import Clock, parse, spoken, stamp

# Shorter prefixes of a digest could be guessed or mistaken for one another.
SHORTEST_DIGEST = 12

_DECISIONS = frozenset({PlayState.APPROVED, PlayState.REJECTED})

_STATE_WORDS = {
    PlayState.APPROVED: "it is about to run",
    PlayState.RUNNING: "it is running",
    PlayState.UNKNOWN: "it is running, and waits to hear from the CRM",
    PlayState.VERIFIED: "it has run and was verified",
    PlayState.FAILED: "it has run, but not all of it took effect",
    PlayState.UNDOING: "it is being undone",
    PlayState.UNDONE: "it has run and was undone",
    PlayState.PARTLY_UNDONE: "it has run and was undone in part",
}


@dataclass(frozen=True)
class Click:
    """Hold one call while it is being answered.

    Attributes:
        asks_only: Somebody asks what a click would be answered; nothing is changed or written down.
    """

    tx: sa.Connection
    what: str
    by: str
    now: str
    stored: StoredPlay
    reason: str | None = None
    asks_only: bool = False

    @property
    def play(self) -> Play:
        """Give the play that the click is about."""
        return self.stored.play

    def answer(
        self, outcome: Outcome, sentence: str, state: PlayState | None = None, digest: str = ""
    ) -> Decision:
        """Answer; a refusal is written down with who was refused what and why."""
        decision = Decision(
            outcome,
            sentence,
            self.play.id,
            state or self.stored.state,
            digest or self.stored.digest,
        )
        if not decision.accepted and not self.asks_only:
            self.record(f"{self.what.replace(' ', '_')}_refused", outcome=outcome, why=sentence)
        return decision

    def record(self, what: str, **details: object) -> None:
        """Write an audit entry about this play by whoever clicked."""
        audit.append(
            self.tx,
            at=self.now,
            who=self.by,
            what=what,
            play_id=self.play.id,
            digest=self.stored.digest,
            reason=self.reason,
            **details,
        )


@dataclass(frozen=True)
class Gate:
    """Check clicks in the ledger, closed by default; refused ones go to the audit log too."""

    ledger: PlayLedger
    policy: Policy
    clock: Clock

    def decide(
        self,
        what: str,
        play_id: str,
        by: str,
        reason: str | None,
        decide: Callable[[Click], Decision],
    ) -> Decision:
        """Answer a click in one transaction; strangers get no further than this."""
        now = stamp(self.clock())
        with self.ledger.begin() as tx:
            stored = self.ledger.find(tx, play_id)
            if stored is None:
                return Decision(
                    Outcome.NOT_FOUND,
                    f"There is no play {play_id}; `weir plays list` shows them all.",
                )
            person = self.policy.person(by)
            click = Click(tx, what, person.email if person else by, now, stored, reason)
            return self.stranger(click) or decide(click)

    def stranger(self, click: Click) -> Decision | None:
        """Answer a click by somebody whom the policy does not know."""
        if self.policy.person(click.by) is not None:
            return None
        return click.answer(
            Outcome.NOT_ALLOWED,
            f"You can't {click.what.replace('_', ' ')} this play: {click.by or 'nobody'} is not in "
            "the policy.",
        )

    def not_pending(self, click: Click) -> Decision | None:
        """Answer a click that comes after the decision, or too late."""
        stored = click.stored
        if stored.state is PlayState.PENDING and stored.play.expires_at <= click.now:
            if not click.asks_only:
                self.expire(click)
            return click.answer(Outcome.EXPIRED, _expired_sentence(stored.play), PlayState.EXPIRED)
        if stored.state is PlayState.PENDING:
            return None
        if stored.state is PlayState.EXPIRED:
            return click.answer(Outcome.EXPIRED, _expired_sentence(stored.play))
        who = self.policy.called(stored.decided_by or "somebody")
        when = spoken(stored.decided_at) if stored.decided_at else "an unknown time"
        if stored.state is PlayState.REJECTED:
            sentence = f"{who} already rejected this play at {when}."
        else:
            sentence = f"{who} already approved this play at {when}; {_STATE_WORDS[stored.state]}."
        return click.answer(Outcome.ALREADY_DECIDED, sentence)

    def not_seen(self, click: Click, digest: str) -> Decision | None:
        """Answer a click on something other than what the play says now."""
        whole = click.stored.digest
        if len(digest) >= SHORTEST_DIGEST and whole.startswith(digest.lower()):
            return None
        return click.answer(
            Outcome.CHANGED,
            f"This play was edited since you saw it; look at it again: its digest is now "
            f"{whole[:SHORTEST_DIGEST]}.",
        )

    def not_approvable(self, click: Click) -> Decision | None:
        """Answer an approval that the kill switch, the policy or a cap forbids."""
        killed = self.killed(click)
        if killed:
            return killed
        tier = self.policy.tier_of(click.play)
        if tier != click.play.tier:
            return click.answer(
                Outcome.POLICY_CHANGED,
                f"The policy changed since this was drafted: it was tier '{click.play.tier}' and "
                f"is now {f'tier {tier!r}' if tier else 'allowed by no tier'}; edit it or draft "
                "it again.",
            )
        why_not = self.policy.refusal(click.by, click.play)
        if why_not:
            return click.answer(Outcome.NOT_ALLOWED, f"You can't approve this play: {why_not}.")
        day_ago = stamp(parse(click.now) - timedelta(days=1))
        writes = self.ledger.writes_since(click.tx, day_ago) + len(click.play.actions)
        if writes > self.policy.caps.writes_per_day:
            return click.answer(
                Outcome.OVER_CAP,
                f"With this play there would be {writes} writes within a day, and the policy "
                f"allows {self.policy.caps.writes_per_day}; try again later.",
            )
        crowded = too_many_messages(click.tx, self.policy, click.play.actions, at=click.now)
        if crowded:
            return click.answer(Outcome.OVER_CAP, f"You can't approve this play: {crowded[0]}.")
        return None

    def killed(self, click: Click) -> Decision | None:
        """Answer a click while the kill switch is on."""
        value = self.ledger.kill_switch(click.tx)
        if value is None:
            return None
        return click.answer(Outcome.KILLED, killed_sentence(self.policy, value))

    def move(
        self,
        click: Click,
        to: PlayState,
        *,
        source: PlayState = PlayState.PENDING,
        note: str | None = None,
    ) -> bool:
        """Claim the play: the one UPDATE that decides a race."""
        decided = {"decided_by": click.by, "decided_at": click.now}
        return self.ledger.move(
            click.tx,
            click.play.id,
            source=[source],
            to=to,
            digest=click.stored.digest,
            note=note,
            **(decided if to in _DECISIONS else {}),
        )

    def expire(self, click: Click) -> None:
        """Let a play go whose time ran out."""
        self.move(click, PlayState.EXPIRED, source=click.stored.state)
        click.record("expired", expires_at=click.play.expires_at)

    def no_role(self, by: str, what: str, part: str) -> str:
        """Say which role somebody lacks."""
        roles = " or ".join(sorted(getattr(self.policy, part)))
        return f"You can't {what}: {self.policy.called(by)} lacks the role {roles}."


def _expired_sentence(play: Play) -> str:
    return (
        f"This play expired at {spoken(play.expires_at)} without a decision (nobody rejected it); "
        "draft it again if it is still wanted."
    )


def killed_sentence(policy: Policy, value: dict[str, str | None]) -> str:
    """Say who threw the kill switch, when and why."""
    who = policy.called(value["by"] or "somebody")
    why = f" ({value['reason']})" if value.get("reason") else ""
    return (
        f"The kill switch is on: {who} stopped all plays at {spoken(value['at'] or '')}{why}; "
        "`weir plays resume` allows them again."
    )
