"""Acted upon: which alerts led to something, the only proof that they are worth sending."""

from typing import Any

import sqlalchemy as sa

from agent.slack.tables import ALERT
from knowledge.database import reading

USELESS, SNOOZED = "not useful", "snoozed"
_NO_ACT = (USELESS, SNOOZED)


def record(
    tx: sa.Connection, *, team: str, message: str, acted: str, at: str, signal: str | None = None
) -> None:
    """Note what somebody did about a message's alerts, or about one of them; the first act stays.

    An alert that was called not useful and led to something later counts as acted upon.
    """
    mine: sa.ColumnElement[bool] = (ALERT.c.team == team) & (ALERT.c.message == message)
    if signal is not None:
        mine &= ALERT.c.signal == signal
    undecided = ALERT.c.acted.is_(None)
    if acted not in _NO_ACT:
        mine &= undecided | ALERT.c.acted.in_(_NO_ACT)
    else:
        mine &= undecided
    tx.execute(sa.update(ALERT).where(mine).values(acted=acted, acted_at=at))


def acted_rate(database: sa.Engine, team: str | None = None) -> dict[str, dict[str, Any]]:
    """Tell by kind how many alerts were sent, acted upon, snoozed and called not useful.

    Args:
        database: The database of record.
        team: Only those of this workspace.

    Returns:
        Kind to ``sent``, ``acted``, ``not_useful``, ``snoozed``, ``held`` (for the digest, or by a
        snooze) and ``rate`` (acted upon of those sent; None where none was sent).
    """
    query = sa.select(ALERT.c.kind, ALERT.c.state, ALERT.c.acted, sa.func.count()).group_by(
        ALERT.c.kind, ALERT.c.state, ALERT.c.acted
    )
    if team is not None:
        query = query.where(ALERT.c.team == team)
    with reading(database).connect() as tx:
        rows = tx.execute(query).all()
    found: dict[str, dict[str, Any]] = {}
    for kind, state, acted, count in rows:
        counted = found.setdefault(
            str(kind), {"sent": 0, "acted": 0, "not_useful": 0, "snoozed": 0, "held": 0}
        )
        counted["sent"] += count if state == "sent" else 0
        counted["held"] += count if state in {"digest", "snoozed"} else 0
        if acted is not None and state == "sent":
            name = {USELESS: "not_useful", SNOOZED: "snoozed"}.get(acted, "acted")
            counted[name] += count
    for counted in found.values():
        counted["rate"] = counted["acted"] / counted["sent"] if counted["sent"] else None
    return found
