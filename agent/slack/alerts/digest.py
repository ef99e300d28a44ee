"""The morning digest: what waits for a person, once a day, and nothing where there is nothing.

That a digest goes out is written down before it is sent: after a crash in between it is left out
rather than sent twice. What was held back for it stays held back for the next one.
"""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from agent.access import viewer_of
from agent.plays.stamps import parse, stamp
from agent.slack import blocks
from agent.slack.alerts.morning import morning_blocks, summary
from agent.slack.alerts.overview import is_new, overview
from agent.slack.alerts.preferences import local_time, read, read_person, write
from agent.slack.alerts.reports import reports
from agent.slack.alerts.scan import last_seen
from agent.slack.blocks import FALLBACK_TEXT
from agent.slack.failures import described
from agent.slack.people import Person
from agent.slack.posting import ALERT_EVENT, post
from agent.slack.tables import ALERT, USER
from agent.slack.text import clip, data
from knowledge.database import reading

if TYPE_CHECKING:
    from agent.slack.surface import Surface

_LOG = logging.getLogger(__name__)

# A digest that could not be sent in the morning is no morning digest any more.
_LATEST = timedelta(hours=4)
_FRIDAY = 4
_SENT = "digest_sent"


def digest(surface: "Surface") -> None:
    """Send the digest to everybody for whom it is time and there is something to say."""
    for team in surface.clients.teams():
        for person in _people(surface, team):
            try:
                if _is_due(surface, person):
                    _send(surface, person)
            except Exception as error:  # noqa: BLE001 - one person must not hold up the others
                _LOG.warning("the digest for %s was not sent: %s", person.user, described(error))


def _people(surface: "Surface", team: str) -> list[Person]:
    """List people of the policy, and whoever Weir has to do with in a workspace."""
    query = sa.select(USER.c.user).where(
        USER.c.team == team, USER.c.standing == "member", USER.c.email.is_not(None)
    )
    with reading(surface.database).connect() as tx:
        users = {str(user): None for user in tx.execute(query).scalars()}
    for member in surface.weir.plays.policy.people:
        person = surface.people.by_email(team, member.email)
        if person is not None:
            users[person.user] = None
    known = [surface.people.who(team, user) for user in users]
    return [person for person in known if person.is_trusted]


def _is_due(surface: "Surface", person: Person) -> bool:
    """Tell whether it is time, and no digest was sent today."""
    wanted = read_person(surface.database, person.team, person.user).digest_at
    local = local_time(surface.clock(), person.time_zone)
    if wanted is None or local.weekday() > _FRIDAY:
        return False
    due = datetime.combine(local.date(), wanted, local.tzinfo)
    if not due <= local < due + _LATEST:
        return False
    with reading(surface.database).connect() as tx:
        return bool(_last(tx, person)["day"] != local.date().isoformat())


def _last(tx: sa.Connection, person: Person) -> dict[str, Any]:
    return read(tx, person.team, person.user, _SENT) or {"day": None, "at": None}


def _send(surface: "Surface", person: Person) -> None:
    from slack_sdk.errors import SlackApiError  # noqa: PLC0415

    now = surface.clock()
    at, today = stamp(now), local_time(now, person.time_zone).date().isoformat()
    viewer = viewer_of(surface.weir, person.email)
    found = overview(surface.weir, viewer, reports(surface.weir), now=now)
    with surface.database.begin() as tx:
        before = _last(tx, person)
        if before["day"] == today:
            return
        write(tx, person.team, person.user, {_SENT: {"day": today, "at": at}})
        held = tx.execute(_held(person)).all()
        message = f"digest:{person.user}:{today}"
        since = parse(before["at"]) if before["at"] else now - timedelta(days=1)
        first_seen = last_seen(surface.database).leaks
        new = {leak["id"] for leak in found.leaks if is_new(first_seen.get(leak["id"]), since)}
        drawn = morning_blocks(tx, person.team, message, found, new=new, held=held, at=at)
    if viewer.sees == "nothing" or not drawn:
        return
    client = surface.clients.of(person.team)
    channel = client.conversations_open(users=person.user)["channel"]["id"]
    try:
        ts = post(
            client,
            channel=channel,
            thread_ts=None,
            text=clip(f"Good morning, {data(person.name)}: {summary(found, new)}", FALLBACK_TEXT),
            blocks=[blocks.header(f"Good morning, {person.name}"), *drawn],
            event=ALERT_EVENT,
            payload={"message": message},
        )
    except SlackApiError:
        # Slack answered that it was not posted: the next turn tries again.
        with surface.database.begin() as tx:
            write(tx, person.team, person.user, {_SENT: before})
        raise
    told = {"state": "sent", "message": message, "channel": channel, "ts": ts}
    with surface.database.begin() as tx:
        for row in held:
            mine = (ALERT.c.signal == row.signal) & (ALERT.c.recipient == person.user)
            mine &= (ALERT.c.team == person.team) & (ALERT.c.state == "digest")
            tx.execute(sa.update(ALERT).where(mine).values(told | {"sent_at": at}))


def _held(person: Person) -> sa.Select[Any]:
    return (
        sa.select(ALERT.c.signal, ALERT.c.payload, ALERT.c.kind)
        .where(
            ALERT.c.team == person.team,
            ALERT.c.recipient == person.user,
            ALERT.c.state == "digest",
        )
        .order_by(ALERT.c.created_at)
    )
