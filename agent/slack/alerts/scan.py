"""Scan: once a warehouse version, turn what is new in it into alerts for those it concerns."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from agent.plays.stamps import stamp
from agent.plays.tables import CONTROL
from agent.slack.alerts.preferences import read_person, read_workspace
from agent.slack.alerts.reports import reports
from agent.slack.alerts.signals import Seen, Signal, gather
from agent.slack.tables import ALERT
from knowledge.database import reading

if TYPE_CHECKING:
    from agent.slack.surface import Surface

_SEEN = "slack_scan"
# What everybody in the channel works on; the rest is somebody's own business.
_FOR_CHANNEL = frozenset({"leak"})


def scan(surface: "Surface") -> None:
    """Look at the newest warehouse version, unless it was looked at, and queue its alerts."""
    newest = surface.weir.warehouse.newest()
    seen = last_seen(surface.database)
    if newest is None or seen.version == newest.version:
        return
    found = reports(surface.weir)
    if found is None:
        return
    at = stamp(surface.clock())
    signals, after = gather(found, seen, at=at)
    rows = [
        {
            "signal": signal.id,
            "team": team,
            "recipient": recipient,
            "kind": signal.kind,
            "payload": signal.payload(),
            "state": "waiting",
            "created_at": at,
        }
        for team in surface.clients.teams()
        for signal in signals
        for recipient in _recipients(surface, team, signal)
    ]
    with surface.database.begin() as tx:
        for row in rows:
            _insert(tx, row)
        # In one transaction: a scan that dies here is made again, and finds the same rows.
        _remember(tx, after)


def last_seen(database: sa.Engine) -> Seen:
    """Read what the last scan left."""
    query = sa.select(CONTROL.c.value).where(CONTROL.c.name == _SEEN)
    with reading(database).connect() as tx:
        value: dict[str, Any] = tx.execute(query).scalar_one_or_none() or {}
    return Seen(
        version=value.get("version"),
        at_risk=frozenset(value.get("at_risk", ())),
        surges=value.get("surges", {}),
        leaks=value.get("leaks", {}),
    )


def _remember(tx: sa.Connection, seen: Seen) -> None:
    value = {
        "version": seen.version,
        "at_risk": sorted(seen.at_risk),
        "surges": dict(seen.surges),
        "leaks": dict(seen.leaks),
    }
    tx.execute(sa.delete(CONTROL).where(CONTROL.c.name == _SEEN))
    tx.execute(sa.insert(CONTROL).values(name=_SEEN, value=value))


def _recipients(surface: "Surface", team: str, signal: Signal) -> list[str]:
    """Name the channel or the people of a workspace that a signal is for."""
    workspace = read_workspace(surface.database, team, surface.settings.channel)
    # Where people of other companies read along, nothing of this is shown.
    if (
        signal.kind in _FOR_CHANNEL
        and workspace.channel
        and not surface.people.channel(team, workspace.channel).is_shared
    ):
        return [workspace.channel]
    people = (surface.people.by_email(team, email) for email in _emails(surface, signal))
    return [
        person.user
        for person in people
        if person is not None
        and person.is_trusted
        and signal.kind not in read_person(surface.database, team, person.user).off
    ]


def _emails(surface: "Surface", signal: Signal) -> Iterable[str]:
    policy = surface.weir.plays.policy
    by_role = [p.email.lower() for p in policy.people if p.roles & set(signal.roles)]
    return dict.fromkeys([*signal.emails, *by_role])


def _insert(tx: sa.Connection, row: dict[str, Any]) -> None:
    """Queue an alert; one that was queued before stays as it is."""
    same = (
        (ALERT.c.signal == row["signal"])
        & (ALERT.c.team == row["team"])
        & (ALERT.c.recipient == row["recipient"])
    )
    if tx.execute(sa.select(ALERT.c.signal).where(same)).first() is None:
        tx.execute(sa.insert(ALERT).values(row))
