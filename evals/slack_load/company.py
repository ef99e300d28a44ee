"""The company under load: its people in Slack and in the policy, and plays that wait."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from agent.assembly import Weir
from agent.config import Settings
from evals.slack_server.server import SlackServer
from knowledge.errors import WeirError

TEAM = "T1"
# Where cards of plays are posted.
PLAYS = "CREV"
CHANNELS = (PLAYS, *(f"CTEAM{number}" for number in range(1, 12)))
COMPANY = "northpeak.example"
_LEADS_AT_RISK = 4


@dataclass(frozen=True)
class Person:
    """Hold one person of the team.

    Attributes:
        user: Their id in Slack.
        name: What they are called.
        email: Their address, in Slack as in the policy or the CRM.
        decides: True where they may decide about plays.
    """

    user: str
    name: str
    email: str
    decides: bool

    @property
    def direct(self) -> str:
        """Name their conversation with Weir."""
        return f"D{self.user}"


def prepare(home: Path, users: int) -> list[Person]:
    """Write a policy for so many people into a loaded home, and draft plays that wait.

    Args:
        home: The deployment's folder; the sample company is loaded.
        users: How many people there are; owners of the CRM first, colleagues after them.

    Returns:
        The people.
    """
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    weir = Weir(Settings(**{**defaults, "home": home}))
    try:
        people = _people(weir, users)
        _draft(weir)
    finally:
        weir.warehouse.database.dispose()
    return people


def bring(server: SlackServer, people: list[Person]) -> None:
    """Bring the people into a workspace with channels, all of them in each."""
    server.add_workspace(TEAM)
    for person in people:
        server.add_user(TEAM, person.user, person.name, person.email)
    for channel in CHANNELS:
        server.add_channel(TEAM, channel, channel.lower())
    workspace = server.workspace(TEAM)
    for person in people:
        workspace.direct(person.user)


def _people(weir: Weir, users: int) -> list[Person]:
    from agent.plays.policy import DEFAULT_POLICY  # noqa: PLC0415

    policy = yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8"))
    known = {entry["email"]: entry for entry in policy["people"]}
    with weir.snapshot() as snapshot:
        owners = snapshot.table("owner").select("name", "email", "is_active").collect("pyarrow")
        # Who has left sees nothing, and the CRM's integration asks nothing.
        listed = {
            row["email"].lower(): row["name"]
            for row in owners.iter_rows(named=True)
            if row["is_active"] and "integration" not in row["email"]
        }
    named = {entry["email"]: entry["name"] for entry in policy["people"]}
    everybody = list((named | listed).items())
    # Colleagues who own no lead: marketing and operations, who see everything.
    while len(everybody) < users:
        number = len(everybody) + 1
        email = f"colleague.{number}@{COMPANY}"
        everybody.append((email, f"Colleague {number}"))
        known[email] = {"email": email, "name": f"Colleague {number}", "roles": ["revops"]}
    policy["people"] = list(known.values())
    (weir.home / "policy.yaml").write_text(yaml.safe_dump(policy, sort_keys=False))
    return [
        Person(
            f"U{number:03d}",
            name,
            email,
            decides=bool({"manager", "revops"} & set(known.get(email, {}).get("roles", []))),
        )
        for number, (email, name) in enumerate(everybody[:users])
    ]


def _draft(weir: Weir) -> None:
    from tools.leakage.score import score  # noqa: PLC0415

    by = f"rio.tanaka@{COMPANY}"
    with weir.snapshot() as snapshot:
        findings = [finding["id"] for finding in weir.leaks(snapshot)["findings"]]
        at_risk = [row["entity"] for row in score(snapshot, limit=100)["scores"]]
    for finding in findings:
        try:
            weir.propose(by=by, finding_id=finding)
        except WeirError:
            continue  # its leads are in another play already
    for number in range(3):
        chosen = at_risk[number * _LEADS_AT_RISK : (number + 1) * _LEADS_AT_RISK]
        try:
            weir.propose(by=by, journey_ids=chosen)
        except WeirError:
            continue
