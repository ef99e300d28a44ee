"""Jobs: what is done again and again, by one process at a time."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from agent.plays.leases import is_dead
from agent.plays.stamps import Clock, stamp
from agent.slack.alerts.deliver import deliver
from agent.slack.alerts.digest import digest
from agent.slack.alerts.scan import scan
from agent.slack.failures import described
from agent.slack.inbox import Inbox
from agent.slack.plays.notices import remind
from agent.slack.plays.sync import sync_cards
from agent.slack.tables import LEASE
from knowledge.database import reading

if TYPE_CHECKING:
    from agent.slack.surface import Surface

_LOG = logging.getLogger(__name__)

_HELD = timedelta(seconds=30)
_RENEWED_SECONDS = 10.0
_HOUR_SECONDS = 3600.0


@dataclass(frozen=True)
class Job:
    """Hold what is done and how often.

    Attributes:
        name: Its name, which its lease carries.
        every_seconds: Pause between two runs.
        run: What it does; it may be cut off at any point and run again.
    """

    name: str
    every_seconds: float
    run: Callable[["Surface"], None]


def all_jobs() -> list[Job]:
    """List the jobs of the Slack surface."""
    return [
        Job("cards", 2, sync_cards),
        Job("reminders", 60, remind),
        Job("alerts.scan", 300, scan),
        Job("alerts.deliver", 30, deliver),
        Job("digest", 60, digest),
        Job("inbox.prune", _HOUR_SECONDS, _prune),
    ]


class JobLeases:
    """Let one process do a job; it keeps the job while it lives, and others follow when it ends."""

    def __init__(self, database: sa.Engine, owner: str, clock: Clock) -> None:
        self._database = database
        self._owner = owner
        self._clock = clock

    def take(self, job: Job) -> bool:
        """Take or keep the job and note that it runs now; False while another process has it."""
        now = self._clock()
        held = {
            "owner": self._owner,
            "until": stamp(now + _HELD),
            "ran_at": stamp(now),
        }
        mine_or_free = sa.or_(LEASE.c.owner == self._owner, LEASE.c.until <= stamp(now))
        this = LEASE.c.name == job.name
        with reading(self._database).connect() as tx:
            other = tx.execute(sa.select(LEASE.c.owner).where(this, ~mine_or_free)).scalar()
        if other is not None:
            if not is_dead(other):
                return False
            mine_or_free |= LEASE.c.owner == other
        with self._database.begin() as tx:
            if tx.execute(LEASE.update().where(this, mine_or_free).values(held)).rowcount:
                return True
            if tx.execute(sa.select(LEASE.c.name).where(this)).first():
                return False
            tx.execute(LEASE.insert().values(held | {"name": job.name}))
            return True

    def renew(self) -> None:
        """Keep the jobs of this process."""
        with self._database.begin() as tx:
            tx.execute(
                LEASE.update()
                .where(LEASE.c.owner == self._owner)
                .values(until=stamp(self._clock() + _HELD))
            )

    def release(self) -> None:
        """Leave the jobs to others."""
        with self._database.begin() as tx:
            tx.execute(
                LEASE.update()
                .where(LEASE.c.owner == self._owner)
                .values(until=stamp(self._clock()))
            )

    def last_runs(self) -> dict[str, str]:
        """Tell when each job was begun last, in any process."""
        with reading(self._database).connect() as tx:
            return {row.name: row.ran_at for row in tx.execute(sa.select(LEASE))}


class JobRunner:
    """Run jobs, each in a thread of its own, so that a long one delays no other."""

    def __init__(self, surface: "Surface", jobs: Sequence[Job], *, owner: str) -> None:
        self._surface = surface
        self.leases = JobLeases(surface.database, owner, surface.clock)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._repeat, args=(job,), name=f"slack-job-{job.name}", daemon=True
            )
            for job in jobs
        ]
        self._threads.append(
            threading.Thread(target=self._beat, name="slack-job-leases", daemon=True)
        )

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """Begin nothing more, and wait a while for what runs."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(seconds / len(self._threads))
        self.leases.release()

    def _repeat(self, job: Job) -> None:
        last = None
        while True:
            try:
                if self.leases.take(job):
                    job.run(self._surface)
                trouble = None
            except Exception as error:  # noqa: BLE001 -- it is tried again at the next turn
                trouble = described(error)
            if trouble and trouble != last:
                # Once, not every two seconds, where Slack is down for an hour.
                _LOG.warning("job %s failed and is tried again: %s", job.name, trouble)
            last = trouble
            if self._stopping.wait(job.every_seconds):
                return

    def _beat(self) -> None:
        while not self._stopping.wait(_RENEWED_SECONDS):
            try:
                self.leases.renew()
            except Exception as error:  # noqa: BLE001 -- a thread that must live on
                _LOG.warning("could not renew the leases of jobs: %s", described(error))


def _prune(surface: "Surface") -> None:
    Inbox(surface.database, clock=surface.clock).prune()
