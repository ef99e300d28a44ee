"""The stamp that takes the place of the buttons: who decided, when and why, and what came of it."""

from typing import Any

from agent.slack.plays import receipt
from agent.slack.plays.words import Called, Shown, listed, short, state_line, when

_IN_FLIGHT = frozenset({"approved", "running", "unknown", "undoing"})
_REASON = 600


def stamp_lines(shown: Shown, called: Called) -> list[str]:
    """Say who decided, when and why, and what has come of it."""
    state = shown["state"]
    who = short(called(shown["decided_by"])) if shown["decided_by"] else "nobody"
    at = f" {when(shown['decided_at'])}" if shown["decided_at"] else ""
    reason = f": {short(shown['note'], _REASON)}" if shown["note"] else ""
    if state == "rejected":
        return [f":x: *Rejected by {who}*{at}{reason}"]
    if state == "expired":
        when_gone = when(shown["expires_at"])
        return [f":hourglass: *Expired undecided* {when_gone}; nobody rejected it."]
    lines = [f":white_check_mark: *Approved by {who}*{at}"]
    others = [a["approver"] for a in shown["approvals"] if a["approver"] != shown["decided_by"]]
    if others:
        lines[0] += f", after {listed([called(name) for name in others], word='and')}"
    if state in _IN_FLIGHT:
        lines.append(f"{state_line(shown)}: {receipt.progress(shown)}")
    else:
        # The state itself stands at the top of the card.
        lines.append(receipt.summary(shown))
    lines += [
        f"Undo asked for by {short(called(asked['who']))} {when(asked['at'])}"
        for asked in undo_requests(shown)[-1:]
    ]
    if shown["note"]:
        lines.append(short(shown["note"], _REASON))
    return lines


def undo_requests(shown: Shown) -> list[dict[str, Any]]:
    """List when people had the play undone; a worker notes each write that it takes back, too."""
    return [
        entry
        for entry in shown["audit"]
        if entry["what"] == "undo_started" and "writes" in entry["details"]
    ]
