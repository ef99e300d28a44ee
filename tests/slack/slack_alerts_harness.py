"""What the tests of alerts share: a finding, reports of one version, and a surface at a time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from agent.assembly import Weir
from agent.config import Settings, SlackSettings
from agent.plays.stamps import utc_now
from agent.slack.alerts.reports import Reports, reports
from agent.slack.clients import OneWorkspace
from agent.slack.people import People
from agent.slack.surface import Surface
from agent.slack.tables import ALERT
from knowledge.warehouse.versions import Snapshot

TUESDAY = datetime(2026, 11, 24, 9, 0)  # noqa: DTZ001 - naive UTC; ten in Berlin
HOSTILE = "<!channel> *Ev\u202eil* <https://a.example|Bank> `x` & 😀" + "x" * 500
FINDING: dict[str, Any] = {
    "id": "leak_11aa22bb",
    "kind": "rate",
    "from": "mql",
    "to": "accepted",
    "segment": {"region": "EMEA"},
    "since": "2026-08-03",
    "until": "2026-10-18",
    "baseline_rate": 0.61,
    "rate": 0.38,
    "rate_before": 0.6,
    "lost": 41.0,
    "lost_low": 20.0,
    "lost_high": 60.0,
    "value_lost": 120_000.0,
    "q_value": 0.0004,
    "entered": 180,
    "converted": 68,
    "drivers": [{"driver": "slow_handoff", "effect": 0.6, "evidence": []}],
}
AS_OF = "2026-10-31T23:59:59Z"


class Clock:
    """Tell a time that tests move, and that goes on by itself."""

    def __init__(self, at: datetime = TUESDAY) -> None:
        self._ahead = at - utc_now()

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def move(self, **span: float) -> None:
        self._ahead += timedelta(**span)


def lead(number: int, owner: str = "o1", risk: float = 0.9, **columns: Any) -> dict[str, Any]:
    row = {
        "id": f"score_{number}",
        "entity": f"crm:{number}",
        "name": f"Lead {number}",
        "owner": owner,
        "owner_id": owner,
        "from": "mql",
        "to": "accepted",
        "risk": risk,
        "value": None,
        "reasons": [{"feature": "last_touch", "value": "x", "effect": 0.1, "text": "silent"}],
        "lower_it": "a touch within 3 days goes with a risk of 60% instead of 90%",
    }
    return row | columns


def surge(account: str = "a1", name: str = "Acme", owner: str | None = "o1") -> dict[str, Any]:
    return {
        "id": account,
        "name": name,
        "people": 4,
        "touches": 33,
        "person_days": 14,
        "expected": 1.2,
        "q_value": 0.001,
        "owner": owner,
        "text": f"4 people of {name} were active on 14 person-days",
    }


def some_reports(version: int = 1, **parts: Any) -> Reports:
    made = Reports(
        version=version,
        as_of=AS_OF,
        leaks={"findings": []},
        scores={"scores": [], "model": {"reason": None}},
        surges={"accounts": []},
        drift={"compared": []},
        breaks={"breaks": []},
        funnel={"transitions": [], "cohorts": []},
        owners={
            "o1": {"id": "o1", "name": "Sam", "email": "Sam.Okafor@northpeak.example"},
            "o2": {"id": "o2", "name": "Nobody", "email": None},
        },
    )
    return replace(made, **parts)


@dataclass
class Leaky(Weir):
    """A company whose leaks are known: what follows from a leak is tried here, not its finding."""

    findings: tuple[dict[str, Any], ...] = ()

    def leaks(self, snapshot: Snapshot) -> dict[str, Any]:
        return {**super().leaks(snapshot), "findings": [dict(found) for found in self.findings]}


def weir_of(home: Path, *findings: dict[str, Any]) -> Weir:
    """Open a company in which these leaks have been found."""
    return Leaky(Settings(home=home), findings)


def surface_of(weir: Weir, settings: SlackSettings, clock: Callable[[], datetime]) -> Surface:
    """Give what jobs work with; none of them asks the conversation."""
    clients = OneWorkspace(settings)
    people = People(weir.warehouse.database, clients, clock=clock)
    return Surface(weir, settings, clients, people, cast("Any", None), clock)


def queue(surface: Surface, recipient: str, kind: str, count: int, **columns: Any) -> None:
    """Queue alerts without a scan."""
    with surface.database.begin() as tx:
        for number in range(count):
            name = f"{kind}:{recipient}:{number}:{surface.clock().isoformat()}"
            payload = {
                "id": name,
                "kind": kind,
                "subject": f"Subject {number}",
                "text": f"Text {number}",
                "facts": [["Rate", "38%"]],
                "refs": {},
                "severity": "normal",
            }
            row = {
                "signal": name,
                "team": "T1",
                "recipient": recipient,
                "kind": kind,
                "payload": payload | columns.get("payload", {}),
                "state": columns.get("state", "waiting"),
                "created_at": surface.clock().isoformat(),
            }
            tx.execute(sa.insert(ALERT).values(row))


def states(surface: Surface, recipient: str | None = None) -> list[str]:
    """Give the states of alerts, sorted."""
    query = sa.select(ALERT.c.state).order_by(ALERT.c.state)
    if recipient is not None:
        query = query.where(ALERT.c.recipient == recipient)
    with surface.database.connect() as tx:
        return [str(state) for state in tx.execute(query).scalars()]


def at_risk_owner(weir: Weir) -> tuple[str, str]:
    """Give id and e-mail of the owner with most leads at high risk."""
    found = reports(weir)
    assert found is not None
    owned = [row["owner_id"] for row in found.at_risk() if row["risk"] >= 0.8 and row["owner_id"]]
    owner = max(sorted(set(owned)), key=owned.count)
    return owner, str(found.owners[owner]["email"])
