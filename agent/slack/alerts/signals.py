"""Signals: what a new warehouse version tells that somebody should know."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from agent import words
from agent.slack.alerts.reports import Reports

Kind = Literal["leak", "risk", "surge", "quality", "drift"]

KINDS: dict[Kind, str] = {
    "leak": "New leaks",
    "risk": "My leads at risk",
    "surge": "High intent at my accounts",
    "quality": "Broken data",
    "drift": "Drift of the risk score",
}
HIGH_RISK = 0.8
SHOWN_LEADS = 5
SURGE_RESTS = timedelta(days=14)  # before the same account is told of again
# What sounds like good news raises the risk too: the easy ones have gone on by then.
_AS_REASON = {
    "answered by its owner": "its owner answered, and it is still here",
    "assigned once": "has an owner, and is still here",
    "two-way contact within 7 days": "in contact this week, and still here",
    "touched within 3 days": "touched within 3 days, and still here",
    "8 or more touches in 28 days": "8 or more touches in 28 days, and still here",
}
_TINY = 0.001
_MANAGERS = ("manager", "revops")
_REVOPS = ("revops",)


@dataclass(frozen=True)
class Signal:
    """Say what happened, to whom it matters, and what it rests on.

    Attributes:
        id: Stable: the same happening has the same id at every scan.
        kind: What sort of thing happened.
        subject: In a few words.
        text: In a sentence.
        facts: Label and value of the figures worth showing.
        refs: Ids that buttons and lineage need.
        severity: ``high`` goes first where the budget is short.
        roles: Roles in the policy whose people are told.
        emails: People who are told because it is theirs.
    """

    id: str
    kind: Kind
    subject: str
    text: str
    facts: tuple[tuple[str, str], ...] = ()
    refs: Mapping[str, Any] = field(default_factory=dict)
    severity: Literal["high", "normal"] = "normal"
    roles: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()

    def payload(self) -> dict[str, Any]:
        """Write it as the ledger keeps it."""
        return asdict(self) | {"facts": [list(fact) for fact in self.facts]}


@dataclass(frozen=True)
class Seen:
    """Hold what earlier scans found, so that only what is new becomes a signal.

    Attributes:
        version: The warehouse version scanned last, None before the first.
        at_risk: Leads that were above the threshold.
        surges: Account id to the date its surge was told.
        leaks: Finding id to the stamp when it was first seen.
    """

    version: int | None = None
    at_risk: frozenset[str] = frozenset()
    surges: Mapping[str, str] = field(default_factory=dict)
    leaks: Mapping[str, str] = field(default_factory=dict)


def gather(found: Reports, seen: Seen, *, at: str) -> tuple[list[Signal], Seen]:
    """Tell what a version says that earlier ones did not.

    Args:
        found: The version's reports.
        seen: What the last scan left.
        at: Stamp of now.

    Returns:
        The signals, and what the next scan has to know.
    """
    new_leaks = [item for item in found.leaks["findings"] if item["id"] not in seen.leaks]
    high = [row for row in found.at_risk() if row["risk"] >= HIGH_RISK]
    risen = [row for row in high if row["entity"] not in seen.at_risk]
    told, surging = dict(seen.surges), []
    for account in found.surges["accounts"]:
        if _is_due(told.get(account["id"]), found.as_of):
            told[account["id"]] = found.as_of
            surging.append(account)
    signals = [
        *(_leak(item) for item in new_leaks),
        *_risks(risen, found),
        *(_surge(account, found) for account in surging),
        *_quality(found),
        *_drift(found),
    ]
    leaks = {item["id"]: seen.leaks.get(item["id"], at) for item in found.leaks["findings"]}
    # A leak that is not found for a while keeps its place: it is no news when it comes back.
    return signals, Seen(
        version=found.version,
        at_risk=frozenset(row["entity"] for row in high),
        surges=told,
        leaks={**seen.leaks, **leaks},
    )


def _is_due(last: str | None, now: str) -> bool:
    return last is None or datetime.fromisoformat(now) - datetime.fromisoformat(last) >= SURGE_RESTS


def _leak(finding: Mapping[str, Any]) -> Signal:
    return Signal(
        id=f"leak:{finding['id']}",
        kind="leak",
        subject=f"New leak: {words.where(finding)}",
        text=leak_words(finding),
        facts=(("More than chance, season and mix explain", _rate(finding)),),
        refs={"finding_id": finding["id"]},
        severity="high",
        roles=_MANAGERS,
    )


def leak_words(finding: Mapping[str, Any]) -> str:
    """Say how large a leak is, since when, and what changed with it."""
    value = finding.get("value_lost")
    worth = f", {value:,.0f} in value" if value else ""
    drivers = words.drivers(finding)
    return (
        f"{finding['rate']:.0%} instead of {finding['baseline_rate']:.0%} since "
        f"{words.day(finding['since'])}. {finding['lost']:,.0f} leads lost{worth}"
        f"{f'; with it changed: {drivers}' if drivers else ''}."
    )


def _rate(finding: Mapping[str, Any]) -> str:
    q = float(finding["q_value"])
    return f"false discovery rate {'under 0.1%' if q < _TINY else f'{q:.1%}'}"


def _risks(risen: list[dict[str, Any]], found: Reports) -> Iterator[Signal]:
    """Group by owner: one list a person, not one message a lead."""
    owned: dict[str, list[dict[str, Any]]] = {}
    for row in risen:
        owned.setdefault(row["owner_id"] or "", []).append(row)
    for owner_id, rows in owned.items():
        email = _email(found, owner_id)
        if email is None:
            continue
        shown = rows[:SHOWN_LEADS]
        digest = hashlib.sha256("\n".join(sorted(r["entity"] for r in rows)).encode())
        count = words.counted(len(rows), "lead")
        yield Signal(
            id=f"risk:{owner_id}:{digest.hexdigest()[:12]}",
            kind="risk",
            subject=f"{count} of yours at risk",
            text=f"{count} of yours rose above a risk of {HIGH_RISK:.0%} of not making the next "
            "step in time.",
            facts=tuple((str(row["name"] or row["entity"]), _risk_words(row)) for row in shown),
            refs={"journey_ids": [row["entity"] for row in rows[:100]], "owner_id": owner_id},
            severity="high" if any(row["value"] for row in rows) else "normal",
            emails=(email,),
        )


def _risk_words(row: Mapping[str, Any]) -> str:
    return "; ".join([risk_words(row), *raising(row)[:1]])


def risk_words(row: Mapping[str, Any]) -> str:
    """Say a lead's risk and where it is: ``98% risk, in MQL for 5 days``."""
    return f"{row['risk']:.0%} risk, in {words.stage(row['from'])}{_stay(row)}"


def raising(row: Mapping[str, Any]) -> list[str]:
    """Say why a lead is at risk, without what was said of its stay in the stage already."""
    found = []
    for reason in row["reasons"]:
        text = str(reason["text"])
        if reason.get("feature") == "days_in_stage":
            text = text.partition(": ")[2] or text
        found.append(_AS_REASON.get(text, text))
    return found


def _stay(row: Mapping[str, Any]) -> str:
    stay = row.get("days_in_stage")
    return "" if stay is None else f" for {words.counted(round(stay), 'day')}"


def _surge(account: Mapping[str, Any], found: Reports) -> Signal:
    email = _email(found, account["owner"])
    return Signal(
        id=f"surge:{account['id']}:{found.as_of[:10]}",
        kind="surge",
        subject=f"High intent at {account['name']}",
        text=f"{account['text']}.",
        facts=(
            ("People", str(account["people"])),
            ("Person-days", f"{account['person_days']}, usually {account['expected']:.1f}"),
            ("Touches", str(account["touches"])),
        ),
        refs={"account_id": account["id"]},
        severity="high",
        roles=() if email else _REVOPS,
        emails=(email,) if email else (),
    )


def _quality(found: Reports) -> Iterator[Signal]:
    for item in found.breaks["breaks"]:
        # A silence is the same one as long as it lasts within a month.
        when = found.as_of[:7] if item["kind"] == "silence" else "load"
        yield Signal(
            id=f"quality:{item['kind']}:{item['where']}:{when}",
            kind="quality",
            subject="Broken data" if item["kind"] == "issues" else "A source fell silent",
            text=f"{item['text']}.",
            refs={"where": item["where"]},
            severity="high",
            roles=_REVOPS,
        )


def _drift(found: Reports) -> Iterator[Signal]:
    moved = [item for item in found.drift["compared"] if item["shifted"]]
    if not moved:
        return
    names = sorted(item["feature"] for item in moved)
    yield Signal(
        id=f"drift:{','.join(names)}:{found.as_of[:7]}",
        kind="drift",
        subject="The leads that the risk score describes have changed",
        text="Open leads differ from those of four weeks before; read the scores with care, and "
        "check whether the data behind them still comes in.",
        facts=tuple((item["feature"].replace("_", " "), item["text"]) for item in moved),
        refs={"features": names},
        roles=_REVOPS,
    )


def _email(found: Reports, owner_id: str | None) -> str | None:
    owner = found.owners.get(owner_id or "")
    return (owner["email"] or "").strip().lower() or None if owner else None
