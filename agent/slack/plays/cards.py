"""Where cards stand: the rows of ``slack_card``, each changed in one short transaction."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from agent.plays.stamps import Clock, parse, stamp
from agent.slack.tables import CARD
from knowledge.database import reading

POSTING = "posting"
SHOWN = "shown"
GONE = "gone"

CHANNEL = "channel"
PERSON = "person"
# Who posts is taken for dead when nothing was heard for longer than any call of Slack's takes.
_POSTING_TAKES = timedelta(seconds=60)
# So old that whoever looks next sees an attempt that has ended.
_LONG_AGO = "1970-01-01T00:00:00.000000Z"


@dataclass(frozen=True)
class Place:
    """Say where a card shall stand.

    Attributes:
        team: Workspace.
        channel: Conversation.
        place: ``channel``, ``person`` or ``thread`` with the thread's ts.
        thread_ts: Thread it belongs to, None where it stands by itself.
        recipient: User it was sent to, in a direct message.
    """

    team: str
    channel: str
    place: str
    thread_ts: str | None = None
    recipient: str | None = None

    @classmethod
    def thread(cls, team: str, channel: str, thread_ts: str) -> "Place":
        """Name a place in a conversation; there may be several in one channel."""
        return cls(team, channel, f"thread {thread_ts}", thread_ts)


@dataclass(frozen=True)
class Card:
    """Hold a card as it is kept."""

    id: str
    play_id: str
    team: str
    channel: str
    ts: str | None
    thread_ts: str | None
    place: str
    recipient: str | None
    state: str
    shown: str | None
    told: dict[str, dict[str, Any]] = field(hash=False)
    created_at: str
    updated_at: str

    @property
    def thread(self) -> str | None:
        """Give the thread in which things about the card are told."""
        return self.thread_ts or self.ts


class Cards:
    """Read and change where cards stand."""

    def __init__(self, database: sa.Engine, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def of(self, play_id: str, team: str) -> list[Card]:
        """List the cards of a play in a workspace, oldest first."""
        query = sa.select(CARD).where(CARD.c.play_id == play_id, CARD.c.team == team)
        with reading(self._database).connect() as tx:
            return [_card(row) for row in tx.execute(query.order_by(CARD.c.created_at, CARD.c.id))]

    def at(self, team: str, channel: str, ts: str) -> Card | None:
        """Find the card that a message is."""
        query = sa.select(CARD).where(
            CARD.c.team == team, CARD.c.channel == channel, CARD.c.ts == ts
        )
        with reading(self._database).connect() as tx:
            row = tx.execute(query).first()
        return None if row is None else _card(row)

    def begin(self, play_id: str, place: Place) -> Card | None:
        """Note that a card is being posted; None where it stands there or another posts it."""
        now = stamp(self._clock())
        values: dict[str, Any] = {
            "id": f"card_{secrets.token_hex(8)}",
            "play_id": play_id,
            "team": place.team,
            "channel": place.channel,
            "ts": None,
            "thread_ts": place.thread_ts,
            "place": place.place,
            "recipient": place.recipient,
            "state": POSTING,
            "shown": None,
            "told": {},
            "created_at": now,
            "updated_at": now,
        }
        try:
            with self._database.begin() as tx:
                tx.execute(CARD.insert().values(values))
        except sa.exc.IntegrityError:
            return None
        return Card(**values)

    def take_up(self, card: Card) -> bool:
        """Take over a post whose outcome nobody knows; False while somebody is at it."""
        now = self._clock()
        if parse(card.updated_at) > now - _POSTING_TAKES:
            return False
        return self._change(
            CARD.c.id == card.id,
            CARD.c.state == POSTING,
            CARD.c.updated_at == card.updated_at,
            updated_at=stamp(now),
        )

    def give_up(self, card: Card) -> None:
        """Note that an attempt to post has ended without an answer: it may be looked for at once.

        The times before which it can't have been posted stay as they are.
        """
        self._change(CARD.c.id == card.id, CARD.c.state == POSTING, updated_at=_LONG_AGO)

    def stands(self, card: Card, *, ts: str, shown: str) -> None:
        """Note where a card was posted, or what it shows now."""
        self._change(
            CARD.c.id == card.id, state=SHOWN, ts=ts, shown=shown, updated_at=stamp(self._clock())
        )

    def is_gone(self, card: Card) -> None:
        """Note that a card can't be reached any more."""
        self._change(CARD.c.id == card.id, state=GONE, updated_at=stamp(self._clock()))

    def again(self, play_id: str, place: Place) -> None:
        """Have a card posted once more in a place where it was gone."""
        self._change(
            CARD.c.play_id == play_id,
            CARD.c.team == place.team,
            CARD.c.channel == place.channel,
            CARD.c.place == place.place,
            CARD.c.state == GONE,
            state=POSTING,
            ts=None,
            told={},
            created_at=stamp(self._clock()),
            updated_at=_LONG_AGO,
        )

    def claim_line(self, card: Card, key: str) -> tuple[bool, str | None]:
        """Claim telling something in a card's thread.

        Returns:
            Whether it is for the caller to tell; and since when others may have tried, None where
            nobody has.
        """
        now = stamp(self._clock())
        with self._database.begin() as tx:
            told = self._told(tx, card)
            entry = told.get(key)
            if entry is not None:
                at = entry["at"]
                if entry.get("ts") or parse(at) > self._clock() - _POSTING_TAKES:
                    return False, None
            since = None if entry is None else entry.get("since", entry["at"])
            told[key] = {"at": now, "since": since or now}
            tx.execute(CARD.update().where(CARD.c.id == card.id).values(told=told))
        return True, since

    def line_ended(self, card: Card, key: str, ts: str | None) -> None:
        """Note where a line stands; None where the attempt ended without an answer."""
        with self._database.begin() as tx:
            told = self._told(tx, card)
            entry = told.get(key, {"at": _LONG_AGO})
            told[key] = entry | ({"ts": ts} if ts else {"at": _LONG_AGO})
            tx.execute(CARD.update().where(CARD.c.id == card.id).values(told=told))

    def _told(self, tx: sa.Connection, card: Card) -> dict[str, dict[str, Any]]:
        query = sa.select(CARD.c.told).where(CARD.c.id == card.id).with_for_update()
        return dict(tx.execute(query).scalar_one())

    def _change(self, *where: sa.ColumnElement[bool], **columns: Any) -> bool:
        with self._database.begin() as tx:
            return bool(tx.execute(CARD.update().where(*where).values(**columns)).rowcount)


def _card(row: Any) -> Card:
    return Card(**row._mapping)  # noqa: SLF001 -- SQLAlchemy's documented name
