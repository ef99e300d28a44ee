"""Budget: whether an alert may be sent now, or waits for the digest."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from agent.plays.stamps import stamp
from agent.slack.alerts.preferences import (
    Preferences,
    local_time,
    read_person,
    read_workspace,
    start_of_day,
)
from agent.slack.tables import ALERT
from knowledge.database import reading

if TYPE_CHECKING:
    from agent.slack.surface import Surface

Verdict = Literal["send", "digest", "snoozed", "drop"]


@dataclass(frozen=True)
class Rule:
    """Hold what bounds the alerts of one recipient.

    Attributes:
        preferences: What the recipient has set; for a channel, only what is snoozed counts.
        budget: Messages a day.
        time_zone: In which the day begins.
        is_channel: True for a channel: it has no night, and no digest of its own.
        reachable: False for somebody who may see nothing any more.
    """

    preferences: Preferences
    budget: int
    time_zone: str
    is_channel: bool
    reachable: bool = True


def rule_of(surface: "Surface", team: str, recipient: str) -> Rule:
    """Read what bounds the alerts of a person or a channel."""
    preferences = read_person(surface.database, team, recipient)
    if not recipient.startswith(("U", "W")):
        workspace = read_workspace(surface.database, team, surface.settings.channel)
        shared = surface.people.channel(team, recipient).is_shared
        return Rule(preferences, workspace.budget, "UTC", is_channel=True, reachable=not shared)
    person = surface.people.who(team, recipient)
    return Rule(
        preferences,
        preferences.budget,
        person.time_zone,
        is_channel=False,
        reachable=person.is_trusted,
    )


def judge(rule: Rule, kind: str, *, sent_today: int, now: datetime) -> Verdict:
    """Decide about the alerts of one kind that wait for one recipient.

    Args:
        rule: What bounds them.
        kind: Kind of the alerts.
        sent_today: Messages that the recipient got today.
        now: Naive UTC.
    """
    if not rule.reachable or kind in rule.preferences.off:
        return "drop"
    if rule.preferences.is_snoozed(kind, stamp(now)):
        return "snoozed"
    awake = rule.is_channel or rule.preferences.is_awake(local_time(now, rule.time_zone))
    return "send" if awake and sent_today < rule.budget else "digest"


def sent_today(
    database: sa.Engine, team: str, recipient: str, *, now: datetime, time_zone: str
) -> int:
    """Count the alert messages that a recipient got since their day began; digests don't count."""
    query = sa.select(sa.func.count(sa.distinct(ALERT.c.message))).where(
        ALERT.c.team == team,
        ALERT.c.recipient == recipient,
        ALERT.c.state.in_(("sending", "sent")),
        ALERT.c.sent_at >= stamp(start_of_day(now, time_zone)),
        ~ALERT.c.message.startswith("digest"),
    )
    with reading(database).connect() as tx:
        return int(tx.execute(query).scalar_one())
