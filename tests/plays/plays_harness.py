"""What the play tests share: a small company, a desk over it, and CRMs that fail on purpose."""

import os
import signal
import sqlite3
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from agent.plays.desk import PlayDesk
from agent.plays.draft import DraftRequest
from agent.plays.play import Play
from agent.plays.policy import Policy
from knowledge.database import open_database
from tools.crm.embedded import EmbeddedCrm
from tools.crm.port import Crm, CrmUnavailableError, Receipt, Record, RecordRef

DANA = "dana.meyer@northpeak.example"
RIO = "rio.tanaka@northpeak.example"
SAM = "sam.okafor@northpeak.example"

NOON = datetime(2026, 11, 23, 12, 0, 0)  # noqa: DTZ001 -- the ledger's times are naive UTC

OWNERS = [
    {
        "id": f"sample:o{i}",
        "name": name,
        "team": team,
        "region": region,
        "is_active": active,
        "open_leads": load,
        "manager_id": "sample:o9",
    }
    for i, (name, team, region, active, load) in enumerate(
        [
            ("Ada", "north", "EMEA", True, 30),
            ("Ben", "north", "EMEA", True, 5),
            ("Cem", "north", "EMEA", False, 0),
            ("Dee", "south", "EMEA", True, 1),
            ("Eve", "west", "AMER", True, 2),
        ]
    )
]

LEADS = [
    {
        "journey_id": f"sample:lead{i}",
        "name": f"Lead {i}",
        "email": f"lead{i}@customer.example",
        "owner_id": "sample:o0",
        "team": "north",
        "region": "EMEA",
        "current_stage": "mql",
        "value": 1000.0,
    }
    for i in range(20)
]

FINDING: dict[str, Any] = {
    "id": "leak_3f2a91",
    "kind": "rate_drop",
    "from": "mql",
    "to": "accepted",
    "segment": {"lead_source": "Webinar"},
    "since": "2026-06-01",
    "baseline_rate": 0.40,
    "rate": 0.20,
    "lost": 120,
    "value_lost": 500000.0,
    "q_value": 0.001,
    "drivers": [
        {
            "driver": "slow_handoff",
            "effect": 0.15,
            "evidence": [{"kind": "figure", "ref": "leak_3f2a91", "text": "9 days, was 2"}],
        }
    ],
}

REROUTE = {"kind": "reroute_lead", "for": "lead", "params": {"to": "least_loaded_in_team"}}
TASK = {
    "kind": "create_task",
    "for": "owner",
    "params": {"subject": "Call {name}", "due_in_days": 2},
}
FIELD = {"kind": "update_field", "for": "lead", "params": {"field": "priority", "value": "high"}}


class Clock:
    """Tell a time that the test sets."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, hours: float) -> None:
        self.now += timedelta(hours=hours)


def seeded(path: Path) -> EmbeddedCrm:
    crm = EmbeddedCrm(path)
    leads = [
        (RecordRef("lead", str(row["journey_id"])), {k: row[k] for k in ("name", "owner_id")})
        for row in LEADS
    ]
    owners = [
        (RecordRef("owner", str(o["id"])), {k: o[k] for k in ("name", "team", "manager_id")})
        for o in OWNERS
    ]
    crm.seed(leads + owners)
    return crm


def open_desk(home: Path, *, crm: Crm | None = None, clock: Clock | None = None) -> PlayDesk:
    engine = open_database(f"sqlite:///{home / 'ledger.db'}")
    return PlayDesk.open(home, engine, crm or seeded(home / "crm.db"), clock=clock or Clock())


def draft(
    desk: PlayDesk,
    *,
    leads: int = 3,
    actions: tuple[dict[str, Any], ...] = (REROUTE, TASK),
    by: str = "weir",
    holdout: float = 0.0,
    first: int = 0,
) -> Play:
    request = DraftRequest(
        targets=LEADS[first : first + leads],
        actions=actions,
        created_by=by,
        finding=FINDING,
        playbook_id="pb-slow-handoff",
        citations=[{"id": "pb-slow-handoff#steps", "quote": "Reroute within the team."}],
        holdout=holdout,
    )
    return desk.draft(request, owners=OWNERS, warehouse_version=4)


def approved(desk: PlayDesk, **how: Any) -> Play:
    play = draft(desk, **how)
    decision = desk.approve(play.id, by=DANA, digest=play.digest)
    assert decision.outcome == "approved", decision.sentence
    return play


def with_policy(desk: PlayDesk, policy: Policy) -> PlayDesk:
    return PlayDesk(desk.ledger, desk.crm, policy, desk.checkpoints, desk.clock)


def lead(desk: PlayDesk, index: int) -> Record:
    record = desk.crm.read(RecordRef("lead", f"sample:lead{index}"))
    assert record is not None
    return record


class KillingCrm(EmbeddedCrm):
    """Kill this very process at an instant of the ``at_write``-th write: before, during, after."""

    def __init__(self, path: Path, *, instant: str, at_write: int = 1) -> None:
        super().__init__(path)
        self._instant = instant
        self._left = at_write

    def _once(self, key: str, payload: dict[str, Any], effect: Any) -> Receipt:
        self._left -= 1
        if self._left != 0:
            return super()._once(key, payload, effect)
        if self._instant == "before":
            _die()

        def dying(connection: Any) -> Receipt:
            effect(connection)
            _die()
            raise AssertionError

        receipt = super()._once(key, payload, dying if self._instant == "during" else effect)
        _die()
        return receipt


class SilentCrm(EmbeddedCrm):
    """Give no answer to writes while told so: with the effect made, or without it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.silent = False
        self.lose_effect = False
        self.writes = 0

    def _once(self, key: str, payload: dict[str, Any], effect: Any) -> Receipt:
        self.writes += 1
        if self.silent and self.lose_effect:
            raise CrmUnavailableError("connection reset")
        receipt = super()._once(key, payload, effect)
        if self.silent:
            raise CrmUnavailableError("read timed out")
        return receipt


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class SlowCrm(EmbeddedCrm):
    """Take a while for each write."""

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__(path)
        self._seconds = seconds

    def _once(self, key: str, payload: dict[str, Any], effect: Any) -> Receipt:
        time.sleep(self._seconds)
        return super()._once(key, payload, effect)


def effects(home: Path) -> list[str]:
    """List the keys of all writes that the CRM has taken, one a write."""
    with closing(sqlite3.connect(home / "crm.db")) as connection:
        return [row[0] for row in connection.execute("SELECT key FROM write ORDER BY rowid")]


def tasks(home: Path) -> int:
    """Count the tasks in the CRM."""
    with closing(sqlite3.connect(home / "crm.db")) as connection:
        query = "SELECT count(*) FROM record WHERE kind = 'task'"
        return int(connection.execute(query).fetchone()[0])


def action_states(desk: PlayDesk, play_id: str) -> list[str]:
    return [a["state"] for a in desk.show(play_id)["actions"]]


def audit_words(desk: PlayDesk, play_id: str) -> list[str]:
    return [entry["what"] for entry in desk.audit_entries(play_id)]
