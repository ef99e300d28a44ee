"""Preferences: what a person, or a workspace, has set about alerts and the digest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from agent.slack.tables import PREFERENCE
from knowledge.database import reading

WORKSPACE = "*"  # the subject of what a whole workspace has set
MOST_A_DAY = 50
_FRIDAY = 4
_SNOOZE = "snooze:"


@dataclass(frozen=True)
class Preferences:
    """Hold what a person has set, or the defaults.

    Attributes:
        off: Kinds of alerts that are not wanted.
        budget: Alerts a day, at most; what is over waits for the digest.
        digest_at: When the morning digest comes, local time; None for never.
        day_from: Alerts are sent from this local time on, on weekdays.
        day_until: Alerts are sent until this local time.
        snoozed: Kind to the stamp until which it is silent.
    """

    off: frozenset[str] = frozenset()
    budget: int = 3
    digest_at: time | None = time(8, 30)
    day_from: time = time(8)
    day_until: time = time(18)
    snoozed: Mapping[str, str] | None = None

    def is_awake(self, local: datetime) -> bool:
        """Tell whether alerts may be sent at a local time."""
        return local.weekday() <= _FRIDAY and self.day_from <= local.time() < self.day_until

    def is_snoozed(self, kind: str, at: str) -> bool:
        """Tell whether a kind is silent at a stamp."""
        until = (self.snoozed or {}).get(kind)
        return until is not None and at < until


@dataclass(frozen=True)
class Workspace:
    """Hold what a workspace has set.

    Attributes:
        channel: Channel for plays and alerts; None where they go to people directly.
        budget: Alerts a day in that channel.
    """

    channel: str | None = None
    budget: int = 5


def read_person(database: sa.Engine, team: str, user: str) -> Preferences:
    """Read what a person has set."""
    rows = _rows(database, team, user)
    default = Preferences()
    digest: Any = rows.get("digest_at", default.digest_at)
    return Preferences(
        off=frozenset(rows.get("off", ())),
        budget=int(rows.get("budget", default.budget)),
        digest_at=_clock(digest),
        day_from=_clock(rows.get("day_from")) or default.day_from,
        day_until=_clock(rows.get("day_until")) or default.day_until,
        snoozed={
            name.removeprefix(_SNOOZE): str(until)
            for name, until in rows.items()
            if name.startswith(_SNOOZE)
        },
    )


def read_workspace(database: sa.Engine, team: str, default_channel: str | None) -> Workspace:
    """Read what a workspace has set; without a channel of its own that of the settings."""
    rows = _rows(database, team, WORKSPACE)
    budget = int(rows.get("channel_budget", Workspace().budget))
    # An empty channel was chosen on purpose: to people directly, whatever the settings say.
    return Workspace(rows.get("channel", default_channel) or None, budget)


def write(tx: sa.Connection, team: str, subject: str, values: Mapping[str, Any]) -> None:
    """Set some preferences of a person or a workspace."""
    for name, value in values.items():
        mine = (
            (PREFERENCE.c.team == team)
            & (PREFERENCE.c.subject == subject)
            & (PREFERENCE.c.name == name)
        )
        tx.execute(sa.delete(PREFERENCE).where(mine))
        tx.execute(sa.insert(PREFERENCE).values(team=team, subject=subject, name=name, value=value))


def read(tx: sa.Connection, team: str, subject: str, name: str) -> Any:
    """Read one preference; None where it was never set."""
    return tx.execute(
        sa.select(PREFERENCE.c.value).where(
            PREFERENCE.c.team == team, PREFERENCE.c.subject == subject, PREFERENCE.c.name == name
        )
    ).scalar_one_or_none()


def snooze(tx: sa.Connection, team: str, subject: str, kind: str, until: str) -> None:
    """Keep a kind silent for a person or a channel."""
    write(tx, team, subject, {f"{_SNOOZE}{kind}": until})


def local_time(at: datetime, time_zone: str) -> datetime:
    """Give the local time of a naive UTC time."""
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(time_zone))


def start_of_day(at: datetime, time_zone: str) -> datetime:
    """Give the naive UTC time at which the local day began."""
    midnight = local_time(at, time_zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(UTC).replace(tzinfo=None)


def _rows(database: sa.Engine, team: str, subject: str) -> dict[str, Any]:
    query = sa.select(PREFERENCE.c.name, PREFERENCE.c.value).where(
        PREFERENCE.c.team == team, PREFERENCE.c.subject == subject
    )
    with reading(database).connect() as tx:
        return {str(name): value for name, value in tx.execute(query)}


def _clock(value: Any) -> time | None:
    if value is None or isinstance(value, time):
        return value
    # "never" is kept as an empty text: a JSON null can't be told from nothing set.
    return time.fromisoformat(value) if value else None
