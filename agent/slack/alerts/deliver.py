"""Deliver: send what waits, within budgets; what was sent is known even after a crash.

Before a message is sent its alerts are marked ``sending`` with our own id, which travels in the
message's metadata. Whoever finds such alerts later asks Slack whether the message is there, so
that it is sent once: not twice, and not never.
"""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from slack_sdk.errors import SlackApiError

from agent.plays.stamps import stamp
from agent.slack.alerts.budget import judge, rule_of, sent_today
from agent.slack.alerts.message import alert_blocks, fallback
from agent.slack.failures import code_of, described
from agent.slack.posting import ALERT_EVENT, OUT_OF_REACH, find_posted, post
from agent.slack.tables import ALERT
from knowledge.database import reading

if TYPE_CHECKING:
    from agent.slack.surface import Surface

_LOG = logging.getLogger(__name__)

STUCK_AFTER = timedelta(seconds=60)
_SEVERITY = {"high": 0, "normal": 1}
# Slack refused for good: the message does not exist, and asking again changes nothing.
_REFUSED = OUT_OF_REACH | {"invalid_blocks", "msg_too_long"}


@dataclass(frozen=True)
class Group:
    """Hold the alerts of one kind that wait for one recipient."""

    team: str
    recipient: str
    kind: str
    rows: tuple[sa.Row[Any], ...]


def deliver(surface: "Surface") -> None:
    """Send what waits and may be sent, and settle what an earlier process left open."""
    _settle(surface)
    _wake(surface)
    for group in _waiting(surface.database):
        try:
            _deliver(surface, group)
        except Exception as error:  # noqa: BLE001 - one recipient must not hold up the others
            _LOG.warning("alerts for %s were not sent: %s", group.recipient, described(error))


def _waiting(database: sa.Engine) -> list[Group]:
    query = sa.select(ALERT).where(ALERT.c.state == "waiting").order_by(ALERT.c.created_at)
    with reading(database).connect() as tx:
        rows = tx.execute(query).all()
    grouped: dict[tuple[str, str, str], list[sa.Row[Any]]] = {}
    for row in rows:
        grouped.setdefault((row.team, row.recipient, row.kind), []).append(row)
    groups = [Group(*key, tuple(found)) for key, found in grouped.items()]
    # Where the budget is short, what is worse goes first.
    return sorted(groups, key=lambda group: min(_rank(row) for row in group.rows))


def _rank(row: sa.Row[Any]) -> int:
    return _SEVERITY.get(str(row.payload.get("severity")), 1)


def _deliver(surface: "Surface", group: Group) -> None:
    now = surface.clock()
    rule = rule_of(surface, group.team, group.recipient)
    count = sent_today(
        surface.database, group.team, group.recipient, now=now, time_zone=rule.time_zone
    )
    verdict = judge(rule, group.kind, sent_today=count, now=now)
    if verdict == "send":
        _send(surface, group)
    else:
        state = "dropped" if verdict == "drop" else verdict
        until = (rule.preferences.snoozed or {}).get(group.kind)
        with surface.database.begin() as tx:
            for row in group.rows:
                _change(
                    tx,
                    row,
                    {"state": state, "snoozed_until": until if state == "snoozed" else None},
                )


def _send(surface: "Surface", group: Group) -> None:
    """Send one message for a group, unless another process took it meanwhile."""
    client = surface.clients.of(group.team)
    channel = group.recipient
    if channel.startswith(("U", "W")):
        channel = client.conversations_open(users=channel)["channel"]["id"]
    message = f"alert_{secrets.token_hex(8)}"
    at = stamp(surface.clock())
    claim = {"state": "sending", "message": message, "channel": channel, "sent_at": at}
    with surface.database.begin() as tx:
        taken = [row for row in group.rows if _change(tx, row, claim, state="waiting")]
        if not taken:
            return
        payloads = [row.payload for row in taken]
        drawn = alert_blocks(tx, group.team, message, payloads, at=at)
    try:
        ts = post(
            client,
            channel=channel,
            thread_ts=None,
            text=fallback(payloads),
            blocks=drawn,
            event=ALERT_EVENT,
            payload={"message": message},
        )
    except SlackApiError as error:
        if code_of(error) not in _REFUSED:
            raise  # It may have arrived all the same: settled by looking.
        _LOG.warning("Slack refused alerts for %s: %s", group.recipient, code_of(error))
        _finish(surface.database, message, {"state": "digest", "message": None, "sent_at": None})
        return
    _finish(surface.database, message, {"state": "sent", "ts": ts})


def _settle(surface: "Surface") -> None:
    """Look whether messages that were being sent when a process ended have arrived."""
    before = stamp(surface.clock() - STUCK_AFTER)
    columns = (ALERT.c.message, ALERT.c.team, ALERT.c.channel, ALERT.c.sent_at)
    query = sa.select(*columns).where(ALERT.c.state == "sending", ALERT.c.sent_at < before)
    with reading(surface.database).connect() as tx:
        stuck = tx.execute(query.distinct()).all()
    for row in stuck:
        try:
            ts = find_posted(
                surface.clients.of(row.team),
                channel=row.channel,
                thread_ts=None,
                since=row.sent_at,
                event=ALERT_EVENT,
                payload={"message": row.message},
            )
        except Exception as error:  # noqa: BLE001 - the next round asks again
            _LOG.warning("could not ask whether alerts arrived: %s", described(error))
            continue
        arrived = {"state": "sent", "ts": ts}
        again = {"state": "waiting", "message": None, "channel": None, "sent_at": None}
        _finish(surface.database, row.message, arrived if ts else again)


def _wake(surface: "Surface") -> None:
    """Keep what a snooze held back for the next digest once it has ended."""
    over = ALERT.c.snoozed_until <= stamp(surface.clock())
    with surface.database.begin() as tx:
        tx.execute(sa.update(ALERT).where(ALERT.c.state == "snoozed", over).values(state="digest"))


def _change(
    tx: sa.Connection, row: sa.Row[Any], values: dict[str, Any], *, state: str | None = None
) -> bool:
    mine = (
        (ALERT.c.signal == row.signal)
        & (ALERT.c.team == row.team)
        & (ALERT.c.recipient == row.recipient)
    )
    if state is not None:
        mine &= ALERT.c.state == state
    return tx.execute(sa.update(ALERT).where(mine).values(values)).rowcount == 1


def _finish(database: sa.Engine, message: str, values: dict[str, Any]) -> None:
    with database.begin() as tx:
        mine = (ALERT.c.message == message) & (ALERT.c.state == "sending")
        tx.execute(sa.update(ALERT).where(mine).values(values))


def payloads_of(database: sa.Engine, team: str, message: str) -> Sequence[dict[str, Any]]:
    """Read the signals that a message shows."""
    query = (
        sa.select(ALERT.c.payload)
        .where(ALERT.c.team == team, ALERT.c.message == message)
        .order_by(ALERT.c.created_at, ALERT.c.signal)
    )
    with reading(database).connect() as tx:
        return [dict(payload) for payload in tx.execute(query).scalars()]
