"""Record: the row of an answer, written before anything is sent and read after a crash."""

import hashlib
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from agent.slack.tables import ANSWER
from knowledge.database import reading


@dataclass(frozen=True)
class Place:
    """Say where an answer stands."""

    team: str
    channel: str
    thread_ts: str

    @property
    def thread_id(self) -> str:
        """Name the thread as the conversation remembers it."""
        return f"slack:{self.team}:{self.channel}:{self.thread_ts}"


@dataclass(frozen=True)
class Record:
    """Hold the row of an answer.

    Attributes:
        id: Derived from what was asked with, so that a second run finds the row.
        place: Where it stands; its thread is empty until there is one.
        ts: The message that shows it, None until there is one.
        asked_by: Slack user who asked.
        question: What they asked.
        answer: What is kept of it: ``answer``, ``sources``, ``more`` (ts of further messages),
            ``charts`` and ``stopped_by``, as far as it got.
        state: ``streaming``, ``done``, ``stopped`` or ``failed``.
        finished_at: Stamp of the end, None while it is under way.
    """

    id: str
    place: Place
    ts: str | None
    asked_by: str
    question: str
    answer: dict[str, Any]
    state: str
    finished_at: str | None


def identity(key: str) -> str:
    """Derive an answer's id from the key of the item that asked."""
    return f"ans_{hashlib.sha256(key.encode()).hexdigest()[:20]}"


def begin(
    database: sa.Engine, answer_id: str, place: Place, *, asked_by: str, question: str, at: str
) -> tuple[Record, bool]:
    """Write the row of an answer, or read it where an earlier run wrote it.

    Returns:
        The row, and whether it was written just now.
    """
    row = {
        "id": answer_id,
        "team": place.team,
        "channel": place.channel,
        "thread_ts": place.thread_ts,
        "asked_by": asked_by,
        "question": question,
        "state": "streaming",
        "created_at": at,
    }
    found, fresh = read(database, answer_id), False
    if found is None:
        try:
            with database.begin() as tx:
                tx.execute(ANSWER.insert().values(row))
            fresh = True
        except sa.exc.IntegrityError:
            # Another process took it up in this instant.
            fresh = False
        found = read(database, answer_id)
    if found is None:
        raise AssertionError("the row was written or was there")
    return found, fresh


def read(database: sa.Engine, answer_id: str) -> Record | None:
    """Read the row of an answer."""
    with reading(database).connect() as connection:
        row = connection.execute(sa.select(ANSWER).where(ANSWER.c.id == answer_id)).one_or_none()
    if row is None:
        return None
    place = Place(row.team, row.channel, row.thread_ts)
    return Record(
        row.id,
        place,
        row.ts,
        row.asked_by,
        row.question,
        dict(row.answer or {}),
        row.state,
        row.finished_at,
    )


def stand(
    database: sa.Engine, answer_id: str, *, ts: str | None = None, thread_ts: str | None = None
) -> None:
    """Note the message that shows an answer, or the thread that it began."""
    known = {"ts": ts, "thread_ts": thread_ts}
    with database.begin() as tx:
        tx.execute(
            ANSWER.update()
            .where(ANSWER.c.id == answer_id)
            .values({name: value for name, value in known.items() if value is not None})
        )


def keep(database: sa.Engine, answer_id: str, **kept: Any) -> dict[str, Any]:
    """Add to what is kept of an answer; gives all of it."""
    with database.begin() as tx:
        row = tx.execute(
            sa.select(ANSWER.c.answer).where(ANSWER.c.id == answer_id).with_for_update()
        ).one()
        whole = {**(row.answer or {}), **kept}
        tx.execute(ANSWER.update().where(ANSWER.c.id == answer_id).values(answer=whole))
    return whole


def stop(database: sa.Engine, answer_id: str, by: str) -> bool:
    """Have an answer end with what it has; False where it ended before."""
    running = sa.and_(
        ANSWER.c.id == answer_id, ANSWER.c.state == "streaming", ANSWER.c.finished_at.is_(None)
    )
    with database.begin() as tx:
        row = tx.execute(sa.select(ANSWER.c.answer).where(running)).one_or_none()
        if row is None:
            return False
        kept = {**(row.answer or {}), "stopped_by": by}
        changed = ANSWER.update().where(running).values(state="stopped", answer=kept)
        return tx.execute(changed).rowcount == 1


def is_stopped(database: sa.Engine, answer_id: str) -> bool:
    """Say whether somebody stopped it, in whichever process."""
    with reading(database).connect() as connection:
        query = sa.select(ANSWER.c.state).where(ANSWER.c.id == answer_id)
        return connection.execute(query).scalar_one_or_none() == "stopped"


def finish(database: sa.Engine, answer_id: str, *, at: str, failed: bool = False) -> None:
    """Close the row; one that was stopped stays so."""
    state = sa.case((ANSWER.c.state == "stopped", "stopped"), else_="failed" if failed else "done")
    with database.begin() as tx:
        tx.execute(
            ANSWER.update().where(ANSWER.c.id == answer_id).values(state=state, finished_at=at)
        )


def has_answered(database: sa.Engine, place: Place) -> bool:
    """Say whether a thread holds an answer of ours."""
    query = (
        sa.select(ANSWER.c.id)
        .where(
            ANSWER.c.team == place.team,
            ANSWER.c.channel == place.channel,
            ANSWER.c.thread_ts == place.thread_ts,
        )
        .limit(1)
    )
    with reading(database).connect() as connection:
        return connection.execute(query).first() is not None
