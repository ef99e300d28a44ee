"""Overview: what there is for one person, by their role; the digest and App Home draw it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent.access import Viewer
from agent.plays.play import PlayState
from agent.plays.stamps import parse, stamp
from agent.slack.alerts.reports import Reports
from agent.slack.alerts.signals import HIGH_RISK

if TYPE_CHECKING:
    from agent.assembly import Weir

_RUNS = frozenset({PlayState.APPROVED, PlayState.RUNNING, PlayState.UNKNOWN, PlayState.UNDOING})
_DONE = frozenset({PlayState.VERIFIED, PlayState.FAILED, PlayState.UNDONE, PlayState.PARTLY_UNDONE})
_SHOWN = 10


@dataclass(frozen=True)
class Overview:
    """Hold what one person should see.

    Attributes:
        viewer: Who they are to Weir.
        waiting: Plays that wait for their decision, in brief.
        running: Plays that run, or whose outcome is being looked up.
        done: Plays that ended lately, newest first.
        leaks: Open leaks; only for those who see the whole company.
        at_risk: Their own leads at risk, the most valuable first.
        risky: How many of their leads are above the threshold.
        surges: Surges of intent: of their accounts, or of all.
        why_no_scores: Why there are no scores, where the model abstains.
    """

    viewer: Viewer
    waiting: list[dict[str, Any]] = field(default_factory=list)
    running: list[dict[str, Any]] = field(default_factory=list)
    done: list[dict[str, Any]] = field(default_factory=list)
    leaks: list[Mapping[str, Any]] = field(default_factory=list)
    at_risk: list[dict[str, Any]] = field(default_factory=list)
    risky: int = 0
    surges: list[Mapping[str, Any]] = field(default_factory=list)
    why_no_scores: str | None = None


def overview(weir: "Weir", viewer: Viewer, found: Reports | None, *, now: datetime) -> Overview:
    """Collect what there is for a person.

    Args:
        weir: The assembly.
        viewer: Who looks.
        found: The newest version's reports, None where nothing is loaded.
        now: Naive UTC.
    """
    if viewer.sees == "nothing":
        return Overview(viewer)
    sees_all = viewer.sees == "all"
    mine: list[dict[str, Any]] = []
    surges: list[Mapping[str, Any]] = []
    if found is not None:
        if viewer.owner_id is not None:
            mine = found.at_risk(viewer.owner_id)
        surges = [
            account
            for account in found.surges["accounts"]
            if sees_all or (viewer.owner_id is not None and account["owner"] == viewer.owner_id)
        ]
    high = [row for row in mine if row["risk"] >= HIGH_RISK]
    return Overview(
        viewer,
        waiting=waiting_for(weir, viewer, now=now),
        running=weir.plays.list_plays(_RUNS)[:_SHOWN] if sees_all else [],
        done=weir.plays.list_plays(_DONE)[:5] if sees_all else [],
        leaks=list(found.leaks["findings"]) if found is not None and sees_all else [],
        at_risk=high[:_SHOWN],
        risky=len(high),
        surges=surges[:_SHOWN],
        why_no_scores=None if found is None else _why(found),
    )


def waiting_for(weir: "Weir", viewer: Viewer, *, now: datetime) -> list[dict[str, Any]]:
    """List pending plays that a person may approve and has not snoozed, the most urgent first."""
    if viewer.email is None:
        return []
    found = []
    for play in weir.plays.list_plays({PlayState.PENDING}):
        if weir.plays.can(play["id"], viewer.email)["approve"] is not None:
            continue
        snoozed = weir.plays.snoozed(play["id"], viewer.email)
        if snoozed is None or parse(snoozed) <= now:
            found.append(play)
    return sorted(found, key=lambda play: str(play["expires_at"]))


def is_new(first_seen: str | None, since: datetime) -> bool:
    """Tell whether something was first seen after a time."""
    return first_seen is not None and first_seen > stamp(since)


def _why(found: Reports) -> str | None:
    reason = found.scores.get("model", {}).get("reason")
    return str(reason) if reason else None
