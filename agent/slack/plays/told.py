"""What is told in the thread of a card, once each: the decision, the receipt, the undo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.slack.blocks import FALLBACK_TEXT, Block, section
from agent.slack.plays import receipt
from agent.slack.plays.card import card_text
from agent.slack.plays.stamp import stamp_lines, undo_requests
from agent.slack.plays.words import Called, Shown, short, when
from agent.slack.text import clip
from agent.words import counted

_DECIDED = frozenset({"approved", "running", "unknown", "verified", "failed"})
_AFTER_UNDO = frozenset({"undone", "partly_undone"})


@dataclass(frozen=True)
class Line:
    """Hold one message in the thread of a card.

    Attributes:
        key: What it tells; a card's thread is told it once.
        text: The same for notifications.
        blocks: What is shown.
    """

    key: str
    text: str
    blocks: list[Block]


def lines(
    shown: Shown, *, called: Called, attention: Sequence[Mapping[str, Any]] = ()
) -> list[Line]:
    """List what the thread of a card has to have been told by now.

    Args:
        shown: The play, as ``PlayDesk.show`` gives it.
        called: Names a person by e-mail.
        attention: Who was asked, reminded and told, as ``PlayDesk.attention`` gives it.
    """
    state, found = shown["state"], []
    if state == "pending" and shown["revision"] > 1:
        found.append(_said(f"edited:{shown['revision']}", _edited(shown, called)))
    if state == "pending" and any(row["kind"] == "told_escalate" for row in attention):
        text = f":rotating_light: Still undecided; it expires {when(shown['expires_at'])}."
        found.append(_said(f"escalated:{shown['revision']}", text))
    if state in _DECIDED:
        who = short(called(shown["decided_by"] or "somebody"))
        number = counted(len(shown["actions"]), "write")
        found.append(_said("approved", f":arrow_forward: Approved by {who}; {number} to make."))
    if state in {"rejected", "expired"}:
        found.append(_said(state, "\n".join(stamp_lines(shown, called))))
    if state in receipt.FINISHED:
        blocks = receipt.receipt_blocks(shown, called=called)
        found.append(Line("receipt", card_text(shown), blocks))
    asked = undo_requests(shown)
    started = len(asked)
    if state == "undoing" and asked:
        who = short(called(asked[-1]["who"]))
        found.append(
            _said(f"undoing:{started}", f":leftwards_arrow_with_hook: {who} has this play undone.")
        )
    if state in _AFTER_UNDO:
        blocks = receipt.receipt_blocks(shown, called=called)
        found.append(Line(f"undone:{started}", card_text(shown), blocks))
    return found


def _edited(shown: Shown, called: Called) -> str:
    edits = [entry for entry in shown["audit"] if entry["what"] == "edited"]
    who = short(called(edits[-1]["who"])) if edits else "somebody"
    at = f" {when(edits[-1]['at'])}" if edits else ""
    return (
        f":pencil2: *Edited (revision {shown['revision']})* by {who}{at}: "
        "look at it again, approvals start over."
    )


def _said(key: str, text: str) -> Line:
    return Line(key, clip(text, FALLBACK_TEXT), [section(text)])
