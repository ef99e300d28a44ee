"""Whose attention a pending play asks for: snooze, hand over, be away. None of it decides."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agent.plays import audit
from agent.plays.decision import Decision, Outcome
from agent.plays.gate import Click, Gate
from agent.plays.play import Play
from agent.plays.policy import Person
from agent.plays.stamps import parse, spoken, stamp
from agent.plays.tables import ATTENTION

SNOOZED = "snoozed"
HANDED_OVER = "handed_over"
AWAY = "away"


@dataclass(frozen=True)
class PlayAttention(Gate):
    """Keep who does not want to be asked now, and who is asked in whose place."""

    def snooze(self, play_id: str, *, by: str, until: datetime | str) -> Decision:
        """Spare a person reminders of a play until a time; the play stays pending.

        Args:
            play_id: The play.
            by: E-mail of who does not want to be asked now.
            until: Naive UTC time, or a stamp.
        """
        wanted = _stamped(until)

        def decide(click: Click) -> Decision:
            refused = self.not_snoozable(click)
            if refused:
                return refused
            if wanted <= click.now:
                return click.answer(
                    Outcome.BAD_REQUEST, f"{spoken(wanted)} has passed; choose a later time."
                )
            if wanted >= click.play.expires_at:
                return click.answer(
                    Outcome.BAD_REQUEST,
                    f"This play expires at {spoken(click.play.expires_at)}, before that time; "
                    "choose an earlier one.",
                )
            _add(click, SNOOZED, person=click.by, until=wanted)
            click.record("snoozed", until=wanted)
            return click.answer(
                Outcome.SNOOZED,
                f"Snoozed until {spoken(wanted)}; the play stays pending and expires at "
                f"{spoken(click.play.expires_at)}.",
            )

        return self.decide("snooze", play_id, by, None, decide)

    def hand_over(self, play_id: str, *, by: str, to: str, reason: str | None = None) -> Decision:
        """Ask another who may approve to decide instead; who hands over is no longer reminded."""

        def decide(click: Click) -> Decision:
            refused = self.not_handable(click)
            if refused:
                return refused
            other = self.policy.person(to)
            sentence = self._unfit_stand_in(click, to, other)
            if sentence or other is None:
                return click.answer(Outcome.BAD_REQUEST, sentence or "")
            _add(click, HANDED_OVER, person=other.email, reason=reason)
            click.record("handed_over", to=other.email)
            return click.answer(
                Outcome.HANDED_OVER,
                f"Handed over to {other.name}, who is told and reminded in your place; until they "
                "decide you still may.",
            )

        return self.decide("hand over", play_id, by, reason, decide)

    def away(
        self,
        *,
        by: str,
        to: str,
        until: datetime | str,
        since: datetime | str | None = None,
        reason: str | None = None,
    ) -> Decision:
        """Have another person reminded of everything in one's place for a while.

        A new absence takes the place of the ones that were noted before.

        Args:
            by: E-mail of who is away.
            to: E-mail of who stands in.
            until: When they are back.
            since: When they leave; now by default.
            reason: Their words, for the audit log.
        """
        now = stamp(self.clock())
        begin, end = now if since is None else _stamped(since), _stamped(until)
        me, other = self.policy.person(by), self.policy.person(to)
        with self.ledger.begin() as tx:
            sentence = _bad_absence(by, me, to, other, begin=begin, end=end, now=now)
            if sentence or me is None or other is None:
                outcome = Outcome.NOT_ALLOWED if me is None else Outcome.BAD_REQUEST
                who = me.email if me else by
                audit.append(tx, at=now, who=who, what="away_refused", why=sentence)
                return Decision(outcome, sentence or "")
            _end_absences(tx, me.email)
            tx.execute(
                ATTENTION.insert().values(
                    id=_new_id(),
                    kind=AWAY,
                    by=me.email,
                    person=other.email,
                    at=begin,
                    until=end,
                    reason=reason,
                )
            )
            audit.append(
                tx,
                at=now,
                who=me.email,
                what="away",
                to=other.email,
                since=begin,
                until=end,
                reason=reason,
            )
        return Decision(
            Outcome.AWAY,
            f"From {spoken(begin)} until {spoken(end)} {other.name} is reminded in your place, "
            "where they may approve.",
        )

    def back(self, *, by: str) -> Decision:
        """End one's absences."""
        me = self.policy.person(by)
        now = stamp(self.clock())
        with self.ledger.begin() as tx:
            ended = _end_absences(tx, me.email) if me else 0
            if not ended or me is None:
                return Decision(Outcome.NO_CHANGE, f"No absence of {by} is noted.")
            audit.append(tx, at=now, who=me.email, what="back")
        return Decision(Outcome.BACK, "Welcome back; you are reminded yourself again.")

    def snoozed(self, play_id: str, by: str) -> str | None:
        """Give until when a person has snoozed a play, or None."""
        with self.ledger.read() as tx:
            rows = attention_rows(tx, play_id)
        return snoozed_until(rows, by, now=stamp(self.clock()))

    def not_snoozable(self, click: Click) -> Decision | None:
        """Answer a snooze by somebody whom this play does not ask, or too late."""
        return self.not_pending(click) or self._not_asked(click, "snooze")

    def not_handable(self, click: Click) -> Decision | None:
        """Answer a hand-over by somebody who has no decision to give away, or too late."""
        return self.not_pending(click) or self._not_asked(click, "hand over")

    def _not_asked(self, click: Click, what: str) -> Decision | None:
        why_not = self.policy.refusal(click.by, click.play)
        if why_not:
            return click.answer(Outcome.NOT_ALLOWED, f"You can't {what} this play: {why_not}.")
        if any(a["approver"] == click.by for a in self.ledger.approvals(click.tx, click.stored)):
            return click.answer(
                Outcome.ALREADY_COUNTED,
                f"You have approved this play already, so there is nothing for you to {what}.",
            )
        return None

    def _unfit_stand_in(self, click: Click, to: str, other: Person | None) -> str | None:
        if other is None:
            return f"{to or 'Nobody'} is not in the policy, so the decision can't be theirs."
        if other.email == click.by:
            return "The decision is yours already; name somebody else."
        why_not = self.policy.refusal(other.email, click.play)
        if why_not:
            return f"{other.name} can't approve this play: {why_not}."
        given = self.ledger.approvals(click.tx, click.stored)
        if any(a["approver"] == other.email for a in given):
            return f"{other.name} has approved this play already; name somebody else."
        return None


def attention_rows(tx: sa.Connection, play_id: str) -> list[dict[str, Any]]:
    """List what is noted about a play, from oldest to newest."""
    query = (
        sa.select(ATTENTION)
        .where(ATTENTION.c.play_id == play_id)
        .order_by(ATTENTION.c.at, ATTENTION.c.id)
    )
    return [dict(row) for row in tx.execute(query).mappings()]


def stand_ins(tx: sa.Connection, *, now: str) -> dict[str, str]:
    """Give who stands in for each person who is away now, by e-mail."""
    query = sa.select(ATTENTION.c.by, ATTENTION.c.person).where(
        ATTENTION.c.kind == AWAY, ATTENTION.c.at <= now, ATTENTION.c.until > now
    )
    return {row.by: row.person for row in tx.execute(query)}


def snoozed_until(rows: list[dict[str, Any]], person: str, *, now: str) -> str | None:
    """Give until when somebody's latest snooze lasts, or None where it is over."""
    wanted = person.strip().casefold()
    ends = [
        row["until"] for row in rows if row["kind"] == SNOOZED and row["by"].casefold() == wanted
    ]
    return ends[-1] if ends and ends[-1] > now else None


def asked_people(
    people: list[str], rows: list[dict[str, Any]], away: dict[str, str], play: Play, gate: Gate
) -> list[str]:
    """Follow hand-overs and absences to who is asked in the end.

    A stand-in who may not approve this play is passed over: then the absent person is asked all
    the same, because asking nobody would be worse.

    Args:
        people: E-mails of those whom the policy would ask.
        rows: What is noted about the play.
        away: Stand-ins of absent people.
        play: The play.
        gate: Knows the policy.
    """
    asked = dict.fromkeys(people)
    for row in rows:
        if row["kind"] == HANDED_OVER and gate.policy.refusal(row["person"], play) is None:
            asked.pop(row["by"], None)
            asked[row["person"]] = None
    final: dict[str, None] = {}
    for email in asked:
        final[_present(email, away, play, gate)] = None
    return list(final)


def _present(email: str, away: dict[str, str], play: Play, gate: Gate) -> str:
    passed, here = {email}, email
    while here in away and away[here] not in passed:
        here = away[here]
        passed.add(here)
    is_fit = here not in away and gate.policy.refusal(here, play) is None
    return here if is_fit else email


def _bad_absence(
    by: str,
    me: Person | None,
    to: str,
    other: Person | None,
    *,
    begin: str,
    end: str,
    now: str,
) -> str | None:
    if me is None:
        return f"{by or 'Nobody'} is not in the policy, so there is nothing to stand in for."
    if other is None:
        return f"{to or 'Nobody'} is not in the policy, so they can't stand in for you."
    if other.email == me.email:
        return "You can't stand in for yourself; name somebody else."
    if end <= max(begin, now):
        return f"An absence until {spoken(end)} would be over before it begins; choose later."
    return None


def _end_absences(tx: sa.Connection, email: str) -> int:
    gone = ATTENTION.delete().where(ATTENTION.c.kind == AWAY, ATTENTION.c.by == email)
    return int(tx.execute(gone).rowcount)


def _add(click: Click, kind: str, **columns: str | None) -> None:
    values = {"id": _new_id(), "play_id": click.play.id, "kind": kind, "by": click.by}
    click.tx.execute(ATTENTION.insert().values(**values, at=click.now, **columns))


def _new_id() -> str:
    return f"a_{secrets.token_hex(8)}"


def _stamped(at: datetime | str) -> str:
    """Take a time as naive UTC or as a stamp, and give the stamp."""
    return stamp(at) if isinstance(at, datetime) else stamp(parse(at))
