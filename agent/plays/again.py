"""Request an expired play again: the same proposal, planned on the records as they are now."""

from dataclasses import dataclass

from agent.plays.decision import Decision, Outcome
from agent.plays.draft import in_its_tier
from agent.plays.effect import scaled
from agent.plays.errors import BadPlayError, PlayError, UnfitTargetError
from agent.plays.frequency import too_many_messages
from agent.plays.gate import Click, Gate
from agent.plays.ledger import target_key
from agent.plays.lifecycle import record_draft
from agent.plays.planning import Step, plan_target
from agent.plays.play import Action, LeftOut, Play, PlayState, Target, new_play_id
from agent.plays.stamps import stamp
from agent.plays.tables import ATTENTION
from tools.crm.port import Crm

REQUESTED_AGAIN = "requested_again"


@dataclass(frozen=True)
class PlayAgain(Gate):
    """Draft expired plays once more on behalf of people."""

    crm: Crm

    def request_again(self, play_id: str, *, by: str) -> Decision:
        """Draft an expired play again, once; the decision names the new play.

        Raises:
            CrmError: The CRM could not be read.
        """
        seen: list[Play] = []

        def look(click: Click) -> Decision:
            refused = self.not_again(click)
            if refused:
                return refused
            seen.append(click.play)
            return click.answer(Outcome.REQUESTED_AGAIN, "")

        allowed = self.decide("request again", play_id, by, None, look)
        if not allowed.accepted:
            return allowed
        try:
            fresh = self._planned_now(seen[0])
            return self.decide(
                "request again", play_id, by, None, lambda click: self._store(click, fresh)
            )
        except PlayError as error:
            sentence = str(error)
        except BadPlayError as error:
            sentence = str(error)
        return self.decide(
            "request again",
            play_id,
            by,
            None,
            lambda click: click.answer(Outcome.BAD_REQUEST, sentence),
        )

    def not_again(self, click: Click) -> Decision | None:
        """Answer a request about a play that did not expire, or was requested again already."""
        play = click.play
        may = click.by in play.authors or self.policy.refusal(click.by, play) is None
        if not may and not self.policy.allows(self.policy.edit, click.by):
            return click.answer(
                Outcome.NOT_ALLOWED, self.no_role(click.by, "request this play again", "edit")
            )
        lapsed = click.stored.state is PlayState.PENDING and play.expires_at <= click.now
        if click.stored.state is not PlayState.EXPIRED and not lapsed:
            return click.answer(
                Outcome.BAD_REQUEST,
                f"Only an expired play can be requested again, and this one is "
                f"{click.stored.state}.",
            )
        row = click.tx.execute(
            ATTENTION.select().where(ATTENTION.c.id == _row_id(play))
        ).one_or_none()
        if row is not None:
            return click.answer(
                Outcome.ALREADY_DECIDED,
                f"{self.policy.called(row.by)} requested this play again already: {row.reason}.",
            )
        return None

    def _store(self, click: Click, fresh: Play) -> Decision:
        refused = self.not_again(click)
        if refused:
            return refused
        if click.stored.state is PlayState.PENDING:
            self.expire(click)
        self.ledger.insert(click.tx, fresh)
        click.tx.execute(
            ATTENTION.insert().values(
                id=_row_id(click.play),
                play_id=click.play.id,
                kind=REQUESTED_AGAIN,
                by=click.by,
                at=click.now,
                reason=fresh.id,
            )
        )
        click.record(REQUESTED_AGAIN, new_play=fresh.id)
        record_draft(click.tx, fresh, at=click.now, who=click.by, instead_of=click.play.id)
        gone = len(fresh.left_out) - len(click.play.left_out)
        left = f", {gone} target(s) left out" if gone else ""
        return Decision(
            Outcome.REQUESTED_AGAIN,
            f"Drafted again as {fresh.id}{left}. {self.policy.explain(fresh)}",
            fresh.id,
            PlayState.PENDING,
            fresh.digest,
        )

    def _planned_now(self, old: Play) -> Play:
        """Plan the same steps for every target that is free and still fits.

        Nobody becomes an author by asking again, because what is asked for is what the authors
        wrote.
        """
        now = self.clock()
        targets: list[Target] = []
        actions: list[Action] = []
        left_out: list[LeftOut] = []
        keys = [target_key(t.kind, t.id) for t in old.targets]
        with self.ledger.read() as tx:
            held = self.ledger.claimed(tx, keys)
        for target in old.targets:
            other = held.get(target_key(target.kind, target.id))
            if other == old.id:
                other = None
            planned = f"{other} is open for this lead" if other else self._plan(old, target)
            if isinstance(planned, str):
                left_out.append(LeftOut(id=target.id, name=target.name, reason=planned))
                continue
            targets.append(target)
            actions.extend(planned)
        if not actions:
            reasons = "; ".join(sorted({item.reason for item in left_out}))
            raise PlayError(f"Nothing is left to draft {old.id} again for: {reasons}.")
        treated = tuple(t.id for t in targets if t.arm == "treatment")
        fresh = old.model_copy(
            update={
                "id": new_play_id(),
                "revision": 1,
                "targets": tuple(targets),
                "actions": tuple(actions),
                "left_out": (*old.left_out, *left_out),
                "expected_effect": scaled(
                    old.expected_effect, before=len(old.experiment.treatment), after=len(treated)
                ),
                "experiment": old.experiment.model_copy(
                    update={
                        "treatment": treated,
                        "holdout": tuple(t.id for t in targets if t.arm == "holdout"),
                    }
                ),
                "created_at": stamp(now),
            }
        )
        return in_its_tier(fresh, self.policy, self.clock)

    def _plan(self, old: Play, target: Target) -> list[Action] | str:
        """Plan a target's steps anew, or say in words why there are none."""
        record = self.crm.read(target.ref)
        if record is None:
            return "no longer in the CRM"
        steps: list[Step] = [(a.kind, a.params) for a in old.actions if a.target.id == target.id]
        today = self.clock().date()
        try:
            actions = plan_target(target, record, steps, read=self.crm.read, today=today)
        except UnfitTargetError as error:
            return str(error).removesuffix(".")
        with self.ledger.read() as tx:
            crowded = too_many_messages(tx, self.policy, actions, at=stamp(self.clock()))
        if crowded:
            return crowded[0]
        if steps and not actions:
            return "everything is already as the play would make it"
        return actions


def _row_id(play: Play) -> str:
    return f"again_{play.id}"
