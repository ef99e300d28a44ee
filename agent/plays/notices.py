"""Notices: who is to be told about a play now, each once, whichever process tells them."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from agent.plays import audit
from agent.plays.attention import (
    HANDED_OVER,
    SNOOZED,
    asked_people,
    attention_rows,
    snoozed_until,
    stand_ins,
)
from agent.plays.gate import Gate
from agent.plays.ledger import StoredPlay
from agent.plays.play import Play, PlayState
from agent.plays.policy import Tier
from agent.plays.stamps import parse, spoken, stamp
from agent.plays.tables import ATTENTION

REMIND = "remind"
ESCALATE = "escalate"
EXPIRED = "expired"

# Who hears about an expiry later than this would only wonder.
_NEWS = timedelta(days=7)


@dataclass(frozen=True)
class Notice:
    """Say whom to tell what about a play; one notice a person.

    Attributes:
        id: The same in every process, so that one of them tells.
        play_id: The play.
        kind: ``handed_over``, ``remind``, ``escalate`` or ``expired``.
        to: E-mails of who is to be told.
        sentence: What to tell them.
    """

    id: str
    play_id: str
    kind: str
    to: tuple[str, ...]
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """Give the fields as plain JSON."""
        return {**asdict(self), "to": list(self.to)}


@dataclass(frozen=True)
class PlayNotices(Gate):
    """Work out from policy, clock and ledger who has to be told what."""

    def due(self) -> list[Notice]:
        """List what is due now and has not been told, oldest play first."""
        now = self.clock()
        with self.ledger.read() as tx:
            told = {row.id for row in tx.execute(sa.select(ATTENTION.c.id))}
            away = stand_ins(tx, now=stamp(now))
            found: list[Notice] = []
            for stored in reversed(self.ledger.select(tx, [PlayState.PENDING])):
                found.extend(self._of_pending(tx, stored, away, now))
            for stored in reversed(self.ledger.select(tx, [PlayState.EXPIRED])):
                if parse(stored.play.expires_at) >= now - _NEWS:
                    found.extend(self._of_expired(stored))
        return [notice for notice in found if notice.id not in told]

    def claim(self, notice: Notice) -> bool:
        """Note that a notice is being told; False where another does, or it is moot by now."""
        now = stamp(self.clock())
        try:
            with self.ledger.begin() as tx:
                stored = self.ledger.find(tx, notice.play_id)
                wanted = PlayState.EXPIRED if notice.kind == EXPIRED else PlayState.PENDING
                known = tx.execute(
                    sa.select(ATTENTION.c.id).where(ATTENTION.c.id == notice.id)
                ).scalar_one_or_none()
                if stored is None or stored.state is not wanted or known is not None:
                    return False
                tx.execute(
                    ATTENTION.insert().values(
                        id=notice.id,
                        play_id=notice.play_id,
                        kind=f"told_{notice.kind}",
                        by="weir",
                        person=", ".join(notice.to),
                        at=now,
                    )
                )
                self._audit(tx, f"told_{notice.kind}", notice)
        except IntegrityError:  # another process on a database without one write lock
            return False
        return True

    def give_back(self, notice: Notice) -> None:
        """Take back that a notice was told, because it could not be sent."""
        with self.ledger.begin() as tx:
            gone = tx.execute(ATTENTION.delete().where(ATTENTION.c.id == notice.id)).rowcount
            if gone:
                self._audit(tx, f"not_told_{notice.kind}", notice)

    def _audit(self, tx: sa.Connection, what: str, notice: Notice) -> None:
        audit.append(
            tx,
            at=stamp(self.clock()),
            who="weir",
            what=what,
            play_id=notice.play_id,
            to=list(notice.to),
        )

    def _of_pending(
        self, tx: sa.Connection, stored: StoredPlay, away: dict[str, str], now: datetime
    ) -> Iterator[Notice]:
        play, tier = stored.play, self.policy.tiers.get(stored.play.tier)
        if tier is None or play.expires_at <= stamp(now):
            return
        rows = attention_rows(tx, play.id)
        approved = {a["approver"] for a in self.ledger.approvals(tx, stored)}
        spared = {
            p.email
            for p in self.policy.people
            if snoozed_until(rows, p.email, now=stamp(now)) or p.email in approved
        }
        asked = asked_people(self._deciders(play), rows, away, play, self)
        begun = parse(play.expires_at) - timedelta(hours=tier.expires_hours)
        for row in rows:
            if row["kind"] == HANDED_OVER and row["person"] not in approved:
                yield _notice(play, HANDED_OVER, row["person"], row["id"], self._handed(play, row))
        escalated_to, since = self._escalation(tier, spared, begun=begun, now=now)
        for email in asked:
            moment = _last_moment(tier, rows, email, begun=begun, now=now)
            if moment is None or email in spared:
                continue
            # An escalation says what an earlier reminder would have said.
            if email not in escalated_to or moment > since:
                yield _notice(play, REMIND, email, stamp(moment), _reminder(play, now))
        for email in escalated_to:
            others = [self.policy.called(e) for e in asked if e not in {*spared, email}]
            waiting = ["you"] if email in asked else []
            sentence = _escalation(play, [*waiting, *others], now)
            to = away.get(email, email)
            yield _notice(play, ESCALATE, to, stamp(since), sentence)

    def _escalation(
        self, tier: Tier, spared: set[str], *, begun: datetime, now: datetime
    ) -> tuple[list[str], datetime]:
        """Give to whom a play has been escalated by now, and when."""
        at = begun + timedelta(hours=tier.escalate_hours or 0)
        if tier.escalate_hours is None or at > now:
            return [], at
        people = [p.email for p in self.policy.people if p.roles & tier.escalate_to]
        return [email for email in people if email not in spared], at

    def _of_expired(self, stored: StoredPlay) -> Iterator[Notice]:
        play = stored.play
        if stored.decided_by:
            sentence = (
                f"'{play.title}' was approved but could not begin before it expired at "
                f"{spoken(play.expires_at)}; nothing was written."
            )
        else:
            sentence = (
                f"'{play.title}' expired at {spoken(play.expires_at)} without a decision; nothing "
                "was written. It can be requested again."
            )
        authors = [p.email for a in play.authors if (p := self.policy.person(a))]
        for email in dict.fromkeys([*authors, *self._deciders(play)]):
            yield _notice(play, EXPIRED, email, "", sentence)

    def _deciders(self, play: Play) -> list[str]:
        """List whom a play asks: its author where they may approve it alone, else all who may."""
        authors = [p.email for a in play.authors if (p := self.policy.person(a))]
        alone = [email for email in authors if self.policy.allows_author(email, play)]
        return alone or [p.email for p in self.policy.approvers(play)]

    def _handed(self, play: Play, row: dict[str, Any]) -> str:
        why = f" ({row['reason']})" if row["reason"] else ""
        return (
            f"{self.policy.called(row['by'])} asks you to decide about '{play.title}' in their "
            f"place{why}; it expires at {spoken(play.expires_at)}."
        )


def _last_moment(
    tier: Tier, rows: list[dict[str, Any]], email: str, *, begun: datetime, now: datetime
) -> datetime | None:
    """Give the last moment that has passed at which a person was to be reminded.

    Of several moments that passed unseen, because nobody was there to tell or because of a
    snooze, only the last one counts: one reminder, not three.
    """
    # Who was asked by a hand-over was told then; earlier reminders were for somebody else.
    told = [parse(r["at"]) for r in rows if r["kind"] == HANDED_OVER and r["person"] == email]
    moments = [begun + timedelta(hours=hours) for hours in tier.remind_hours]
    moments = [moment for moment in moments if moment > max(told, default=begun)]
    snoozes = [parse(r["until"]) for r in rows if r["kind"] == SNOOZED and r["by"] == email]
    # A snooze is over: this is when the person asked to be reminded.
    moments += snoozes[-1:]
    return max((moment for moment in moments if moment <= now), default=None)


def _notice(play: Play, kind: str, to: str, step: str, sentence: str) -> Notice:
    material = f"{play.id}|{kind}|{to}|{step}"
    digest = hashlib.sha256(material.encode()).hexdigest()[:20]
    return Notice(f"n_{digest}", play.id, kind, (to,), sentence)


def _reminder(play: Play, now: datetime) -> str:
    return (
        f"'{play.title}' waits for your decision and expires in "
        f"{_hours(parse(play.expires_at) - now)}, at {spoken(play.expires_at)}."
    )


def _escalation(play: Play, waiting: list[str], now: datetime) -> str:
    for_whom = f" for {' and '.join(waiting)}" if waiting else ""
    return (
        f"'{play.title}' still waits{for_whom} to decide and expires in "
        f"{_hours(parse(play.expires_at) - now)}, at {spoken(play.expires_at)}."
    )


def _hours(left: timedelta) -> str:
    minutes = int(left.total_seconds() // 60)
    if minutes < 120:  # noqa: PLR2004 -- two hours: below, minutes say more
        return f"{minutes} minutes" if minutes != 1 else "1 minute"
    return f"{minutes // 60} hours"
