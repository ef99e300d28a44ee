"""Inbox: what came in from Slack, each thing once, until it is done.

Slack forgets an event as soon as it was acknowledged, so the row comes first. Any number of
processes work on it: a row is taken by one conditional UPDATE and held by a lease that its
process renews; what a killed process held is free again when the lease runs out.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from agent.plays.leases import is_dead, worker_name
from agent.plays.stamps import Clock, stamp, utc_now
from agent.slack.incoming import lane_of, read, without_token
from agent.slack.item import Item
from agent.slack.tables import INBOX
from knowledge.database import reading

LEASE = timedelta(seconds=30)
KEPT = timedelta(days=30)
# How long what people wrote and clicked stays; after that the key alone, against redeliveries.
BODY_KEPT = timedelta(days=1)
# With a wait that doubles up to a minute this is a quarter of an hour.
TRIES = 20
_LONGEST_WAIT_SECONDS = 60
_BATCH = 100
_NEVER_ANSWERED = "its process ended before the modal was answered"


@dataclass(frozen=True)
class Waiting:
    """Name an item that can be taken up."""

    key: str
    kind: str
    name: str


@dataclass(frozen=True)
class Answered:
    """Hold how far a submission is, and what it was answered."""

    state: str
    attempts: int
    answer: dict[str, Any] | None


class Inbox:
    """Keep what came in; one per process, shared by its threads.

    Args:
        database: The database of record.
        owner: Name of this process.
        clock: Tells the time.
    """

    def __init__(
        self, database: sa.Engine, *, owner: str | None = None, clock: Clock = utc_now
    ) -> None:
        self._database = database
        self.owner = owner or worker_name()
        self._clock = clock

    def put(self, item: Item) -> bool:
        """Keep an item; False where it is there already, because Slack sent it again."""
        return self._insert(item, state="waiting", attempts=0)

    def put_running(self, item: Item) -> bool:
        """Keep an item that is worked on at once; False where it is there already."""
        return self._insert(
            item, state="running", attempts=1, lease_owner=self.owner, lease_until=self._until()
        )

    def claim(self, key: str) -> Item | None:
        """Take up a waiting item; None where it isn't due, isn't first in its lane, or is taken."""
        now = stamp(self._clock())
        return self._take(
            key, INBOX.c.state == "waiting", INBOX.c.due_at <= now, _is_first_in_lane()
        )

    def claim_again(self, key: str, *, attempts: int) -> Item | None:
        """Take up a submission that was sent again; None where another thread works on it.

        Args:
            key: Its key.
            attempts: How often it had been taken up when its answer was read.
        """
        over = INBOX.c.lease_until <= stamp(self._clock())
        free = sa.or_(INBOX.c.state != "running", over)
        return self._take(key, INBOX.c.attempts == attempts, free)

    def waiting(self, *, lane: str | None = None) -> list[Waiting]:
        """List what can be taken up now, the oldest first, in one lane or in all."""
        query = (
            sa.select(INBOX.c.key, INBOX.c.kind, INBOX.c.name)
            .where(
                INBOX.c.state == "waiting",
                INBOX.c.due_at <= stamp(self._clock()),
                _is_first_in_lane(),
            )
            .order_by(INBOX.c.received_at, INBOX.c.key)
            .limit(_BATCH)
        )
        if lane is not None:
            query = query.where(INBOX.c.lane == lane)
        with reading(self._database).connect() as tx:
            return [Waiting(row.key, row.kind, row.name) for row in tx.execute(query)]

    def finish(
        self, item: Item, *, note: str | None = None, answer: dict[str, Any] | None = None
    ) -> None:
        """Note that an item is done."""
        self._end(item, "done", note=note, answer=answer)

    def fail(self, item: Item, note: str, *, answer: dict[str, Any] | None = None) -> None:
        """Note that an item can't be done."""
        self._end(item, "failed", note=note, answer=answer)

    def retry(self, item: Item, note: str) -> None:
        """Put an item back until its wait is over: a second, then twice as long every time."""
        wait = min(_LONGEST_WAIT_SECONDS, 2 ** (item.attempts - 1))
        due = stamp(self._clock() + timedelta(seconds=wait))
        self._change(item.key, state="waiting", due_at=due, note=note)

    def answer_to(self, key: str) -> Answered:
        """Read what a submission was answered."""
        query = sa.select(INBOX.c.state, INBOX.c.attempts, INBOX.c.answer)
        with reading(self._database).connect() as tx:
            row = tx.execute(query.where(INBOX.c.key == key)).one()
        return Answered(row.state, row.attempts, row.answer)

    def renew(self) -> None:
        """Extend the leases of all that this process works on."""
        with self._database.begin() as tx:
            tx.execute(
                INBOX.update()
                .where(INBOX.c.lease_owner == self.owner, INBOX.c.state == "running")
                .values(lease_until=self._until())
            )

    def recover(self) -> None:
        """Free what a process held that no longer lives.

        A submission is not taken up later: its sender was told that it didn't work.
        """
        running = INBOX.c.state == "running"
        query = sa.select(INBOX.c.lease_owner, sa.func.min(INBOX.c.lease_until)).where(running)
        with reading(self._database).connect() as tx:
            held = tx.execute(query.group_by(INBOX.c.lease_owner)).all()
        now = stamp(self._clock())
        dead = [owner for owner, _until in held if owner != self.owner and is_dead(owner)]
        if not dead and all(until > now for _owner, until in held):
            return
        over = running & (INBOX.c.lease_owner.in_(dead) | (INBOX.c.lease_until <= now))
        free = {"lease_owner": None, "lease_until": None}
        submission = INBOX.c.kind == "submission"
        with self._database.begin() as tx:
            tx.execute(INBOX.update().where(over, ~submission).values(state="waiting", **free))
            tx.execute(
                INBOX.update()
                .where(over, submission)
                .values(state="failed", note=_NEVER_ANSWERED, **free)
            )

    def release(self) -> None:
        """Give back what this process has not finished, for others to take up at once."""
        with self._database.begin() as tx:
            tx.execute(
                INBOX.update()
                .where(
                    INBOX.c.lease_owner == self.owner,
                    INBOX.c.state == "running",
                    INBOX.c.kind != "submission",
                )
                .values(state="waiting", lease_owner=None, lease_until=None)
            )

    def backlog(self) -> int:
        """Count what waits or is worked on."""
        query = sa.select(sa.func.count()).where(INBOX.c.state.in_(["waiting", "running"]))
        with reading(self._database).connect() as tx:
            return int(tx.execute(query).scalar_one())

    def is_busy(self, lane: str) -> bool:
        """Tell whether something in a lane waits or is worked on."""
        unfinished = INBOX.c.state.in_(["waiting", "running"])
        query = sa.select(INBOX.c.key).where(INBOX.c.lane == lane, unfinished).limit(1)
        with reading(self._database).connect() as tx:
            return tx.execute(query).first() is not None

    def prune(self) -> int:
        """Empty what was finished a day ago, delete what was a month ago; give the deleted."""
        now = self._clock()
        finished = INBOX.c.state.in_(["done", "failed"])
        # A modal that was refused may be sent again, and is worked on with what it holds.
        emptied = INBOX.c.kind != "submission"
        with self._database.begin() as tx:
            gone = tx.execute(
                INBOX.delete().where(finished, INBOX.c.received_at < stamp(now - KEPT))
            ).rowcount
            tx.execute(
                INBOX.update()
                .where(
                    finished,
                    emptied,
                    INBOX.c.finished_at < stamp(now - BODY_KEPT),
                    # What holds nothing any more is not written again.
                    sa.func.length(sa.cast(INBOX.c.body, sa.String)) > len("{}"),
                )
                .values(body={})
            )
        return gone

    def _insert(self, item: Item, **columns: Any) -> bool:
        now = stamp(self._clock())
        row = {
            "key": item.key,
            "kind": item.kind,
            "name": item.name,
            "team": item.team,
            "actor": item.actor,
            "lane": lane_of(item),
            "body": without_token(item.body),
            "received_at": item.received_at or now,
            "due_at": now,
        }
        try:
            with self._database.begin() as tx:
                tx.execute(INBOX.insert().values(row | columns))
        except sa.exc.IntegrityError:
            return False
        return True

    def _take(self, key: str, *free: sa.ColumnElement[bool]) -> Item | None:
        with self._database.begin() as tx:
            taken = tx.execute(
                INBOX.update()
                .where(INBOX.c.key == key, *free)
                .values(
                    state="running",
                    attempts=INBOX.c.attempts + 1,
                    lease_owner=self.owner,
                    lease_until=self._until(),
                )
            ).rowcount
            if not taken:
                return None
            row = tx.execute(sa.select(INBOX).where(INBOX.c.key == key)).one()
        return read(
            row.kind, row.body, row.team, attempts=row.attempts, received_at=row.received_at
        )

    def _end(self, item: Item, state: str, **columns: Any) -> None:
        self._change(item.key, state=state, finished_at=stamp(self._clock()), **columns)

    def _change(self, key: str, **columns: Any) -> None:
        # Nothing happens where another process has taken the item over in the meantime.
        with self._database.begin() as tx:
            tx.execute(
                INBOX.update()
                .where(
                    INBOX.c.key == key,
                    INBOX.c.state == "running",
                    INBOX.c.lease_owner == self.owner,
                )
                .values(lease_owner=None, lease_until=None, **columns)
            )

    def _until(self) -> str:
        return stamp(self._clock() + LEASE)


def _is_first_in_lane() -> sa.ColumnElement[bool]:
    other = INBOX.alias("other")
    earlier = sa.or_(
        other.c.received_at < INBOX.c.received_at,
        sa.and_(other.c.received_at == INBOX.c.received_at, other.c.key < INBOX.c.key),
    )
    ahead = sa.or_(
        other.c.state == "running",
        sa.and_(other.c.state == "waiting", earlier),
    )
    return sa.or_(
        INBOX.c.lane.is_(None),
        ~sa.exists().where(other.c.lane == INBOX.c.lane, other.c.key != INBOX.c.key, ahead),
    )
