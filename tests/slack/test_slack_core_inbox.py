"""The inbox: once, in order, by one process at a time, and never forgotten."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from agent.plays.stamps import stamp
from agent.slack.inbox import BODY_KEPT, KEPT, LEASE, Inbox
from agent.slack.incoming import read
from agent.slack.item import Item
from agent.slack.jobs import Job, JobLeases
from agent.slack.tables import INBOX
from knowledge.database import open_database


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 9, 0, 0)  # noqa: DTZ001 - stamps are naive UTC

    def __call__(self) -> datetime:
        return self.now

    def step(self, **units: float) -> None:
        self.now += timedelta(**units)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def inbox(database: sa.Engine, clock: Clock) -> Inbox:
    return Inbox(database, owner="one", clock=clock)


@pytest.fixture
def other(database: sa.Engine, clock: Clock) -> Inbox:
    return Inbox(database, owner="two", clock=clock)


def message(clock: Clock, number: int, *, thread: str = "1.0") -> Item:
    clock.step(milliseconds=1)
    event = {
        "type": "message",
        "user": "UDANA",
        "channel": "CREV",
        "text": "hi",
        "ts": f"{number}.5",
        "thread_ts": thread,
    }
    body = {"event_id": f"Ev{number}", "token": "old-secret", "event": event}
    return read("event", body, "T1", received_at=stamp(clock()))


def submission(reason: str) -> Item:
    state = {"values": {"reason": {"text": {"value": reason}}}}
    view = {"id": "V1", "hash": "h1", "callback_id": "why", "state": state}
    return read("submission", {"user": {"id": "UDANA"}, "view": view}, "T1")


def keys(inbox: Inbox) -> list[str]:
    return [waiting.key for waiting in inbox.waiting()]


def row(database: sa.Engine, item: Item) -> Any:
    with database.begin() as tx:
        return tx.execute(sa.select(INBOX).where(INBOX.c.key == item.key)).one()


def test_a_redelivery_is_kept_once(inbox: Inbox, other: Inbox, clock: Clock) -> None:
    item = message(clock, 1)
    assert inbox.put(item)
    assert not inbox.put(item)
    assert not other.put(item)


def test_an_item_comes_back_as_it_went_in_but_for_the_token(inbox: Inbox, clock: Clock) -> None:
    item = message(clock, 1)
    inbox.put(item)
    taken = inbox.claim(item.key)
    assert taken is not None
    assert (taken.key, taken.actor, taken.channel, taken.thread_ts) == (
        item.key,
        "UDANA",
        "CREV",
        "1.0",
    )
    assert taken.attempts == 1
    assert "token" not in taken.body


def test_of_many_threads_and_processes_one_takes_an_item(
    inbox: Inbox, other: Inbox, clock: Clock
) -> None:
    item = message(clock, 1)
    inbox.put(item)
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda box: box.claim(item.key), [inbox, other] * 8))
    assert sum(one is not None for one in taken) == 1


def test_messages_of_a_thread_wait_for_each_other_across_processes(
    inbox: Inbox, other: Inbox, clock: Clock
) -> None:
    first, second, elsewhere = (
        message(clock, 1),
        message(clock, 2),
        message(clock, 3, thread="9.0"),
    )
    for item in (first, second, elsewhere):
        inbox.put(item)
    assert keys(inbox) == [first.key, elsewhere.key]
    assert other.claim(second.key) is None
    taken = inbox.claim(first.key)
    assert taken is not None
    assert other.claim(second.key) is None
    assert other.claim(elsewhere.key) is not None
    inbox.finish(taken)
    assert other.claim(second.key) is not None


def test_a_message_that_is_tried_again_keeps_its_turn(inbox: Inbox, clock: Clock) -> None:
    first, second = message(clock, 1), message(clock, 2)
    inbox.put(first)
    inbox.put(second)
    taken = inbox.claim(first.key)
    assert taken is not None
    inbox.retry(taken, "Slack is down")
    assert keys(inbox) == []
    clock.step(seconds=1)
    assert keys(inbox) == [first.key]


def test_waits_double_up_to_a_minute(inbox: Inbox, clock: Clock) -> None:
    item = message(clock, 1)
    inbox.put(item)
    waits = []
    for _ in range(9):
        taken = inbox.claim(item.key)
        assert taken is not None
        inbox.retry(taken, "Slack is down")
        waited = 0
        while not keys(inbox):
            clock.step(seconds=1)
            waited += 1
        waits.append(waited)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_what_a_dead_process_held_is_taken_over_when_its_lease_ran_out(
    inbox: Inbox, other: Inbox, clock: Clock, database: sa.Engine
) -> None:
    item = message(clock, 1)
    inbox.put(item)
    lost = inbox.claim(item.key)
    assert lost is not None
    clock.step(seconds=LEASE.total_seconds() - 1)
    inbox.renew()
    clock.step(seconds=LEASE.total_seconds() - 1)
    other.recover()
    assert other.claim(item.key) is None
    clock.step(seconds=1)
    other.recover()
    taken = other.claim(item.key)
    assert taken is not None
    assert taken.attempts == 2
    inbox.fail(lost, "came back from the dead")
    assert row(database, item).state == "running"
    other.finish(taken)
    assert row(database, item).state == "done"


def test_a_process_that_ends_gives_back_what_it_has_not_finished(
    inbox: Inbox, other: Inbox, clock: Clock
) -> None:
    item = message(clock, 1)
    inbox.put(item)
    assert inbox.claim(item.key) is not None
    inbox.release()
    assert other.claim(item.key) is not None


def test_a_submission_whose_process_ended_is_not_run_behind_its_senders_back(
    inbox: Inbox, other: Inbox, clock: Clock, database: sa.Engine
) -> None:
    item = submission("too many")
    assert inbox.put_running(item)
    inbox.release()
    clock.step(seconds=LEASE.total_seconds())
    other.recover()
    assert row(database, item).state == "failed"
    assert keys(other) == []
    assert other.claim_again(item.key, attempts=1) is not None


def test_a_corrected_submission_is_another_one() -> None:
    assert submission("a").key == submission("a").key
    assert submission("a").key != submission("b").key


def test_what_was_finished_a_month_ago_is_deleted_and_what_waits_stays(
    inbox: Inbox, clock: Clock
) -> None:
    old, waiting = message(clock, 1), message(clock, 2, thread="9.0")
    inbox.put(old)
    inbox.put(waiting)
    taken = inbox.claim(old.key)
    assert taken is not None
    inbox.finish(taken)
    assert inbox.prune() == 0
    clock.step(seconds=KEPT.total_seconds())
    assert inbox.prune() == 1
    assert keys(inbox) == [waiting.key]


def test_a_day_after_it_was_done_only_the_key_of_an_item_is_left(
    inbox: Inbox, database: sa.Engine, clock: Clock
) -> None:
    done, waiting = message(clock, 1), message(clock, 2, thread="9.0")
    inbox.put(done)
    inbox.put(waiting)
    taken = inbox.claim(done.key)
    assert taken is not None
    inbox.finish(taken)
    clock.step(seconds=BODY_KEPT.total_seconds() - 1)
    inbox.prune()
    assert bodies(database)[done.key]
    clock.step(seconds=2)
    inbox.prune()
    assert bodies(database)[done.key] == {}
    assert bodies(database)[waiting.key]
    assert not inbox.put(done)


def bodies(database: sa.Engine) -> dict[str, Any]:
    with database.begin() as tx:
        return {row.key: row.body for row in tx.execute(sa.select(INBOX.c.key, INBOX.c.body))}


def test_a_job_is_done_by_one_process_until_that_ends(database: sa.Engine, clock: Clock) -> None:
    job = Job("cards", 2, lambda _surface: None)
    one, two = JobLeases(database, "one", clock), JobLeases(database, "two", clock)
    assert one.take(job)
    assert not two.take(job)
    clock.step(seconds=20)
    one.renew()
    clock.step(seconds=20)
    assert not two.take(job)
    clock.step(seconds=10)
    assert two.take(job)
    assert not one.take(job)
    two.release()
    assert one.take(job)
