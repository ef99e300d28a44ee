"""Messages: how alerts look, one message for all of a kind that came together."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from agent.slack import blocks
from agent.slack.alerts.signals import KINDS
from agent.slack.blocks import FALLBACK_TEXT, Block, Element
from agent.slack.buttons import mint
from agent.slack.text import clip, data

SHOWN = 5
_NEW = "New leak: "
SNOOZE_DAYS = (1, 7, 30)
PLAY, LEADS, SNOOZE, USELESS = "alert_play", "alert_leads", "alert_snooze", "alert_useless"
_ICONS = {
    "leak": ":droplet:",
    "risk": ":hourglass_flowing_sand:",
    "surge": ":chart_with_upwards_trend:",
    "quality": ":warning:",
    "drift": ":compass:",
}


def fallback(payloads: Sequence[Mapping[str, Any]]) -> str:
    """Say in a line what a message tells, for notifications and screen readers."""
    subjects = [data(payload["subject"]) for payload in payloads[:SHOWN]]
    more = len(payloads) - len(subjects)
    text = "; ".join([*subjects, *([f"and {more} more"] if more else [])])
    return clip(text, FALLBACK_TEXT)


def alert_blocks(
    tx: sa.Connection,
    team: str,
    message: str,
    payloads: Sequence[Mapping[str, Any]],
    *,
    at: str,
    note: str | None = None,
) -> list[Block]:
    """Draw the alerts of one kind.

    Args:
        tx: A transaction that may write: buttons are minted in it.
        team: Workspace of the recipient.
        message: Our own id of the message.
        payloads: The signals as the ledger keeps them.
        at: Stamp of now.
        note: What became of it, instead of the buttons that dismiss it.
    """
    kind = str(payloads[0]["kind"])
    drawn: list[Block] = []
    if len(payloads) > 1:
        drawn.append(blocks.section(f"{_ICONS[kind]} *{KINDS[payloads[0]['kind']]}*"))
    for payload in payloads[:SHOWN]:
        drawn += _one(tx, team, message, payload, at=at, alone=len(payloads) == 1)
    if len(payloads) > SHOWN:
        left = f"… and {len(payloads) - SHOWN} more; open Weir's Home tab for all of them."
        drawn.append(blocks.context(left))
    drawn.append(blocks.context(note) if note else _dismissal(tx, team, message, kind, at=at))
    return blocks.fit(drawn)


def signal_buttons(
    tx: sa.Connection,
    team: str,
    place: str,
    payload: Mapping[str, Any],
    *,
    at: str,
    alone: bool = False,
) -> list[Element]:
    """Draw what can be done about a signal.

    Args:
        tx: A transaction that may write.
        team: Workspace where they are shown.
        place: Message or view they are shown in; clicks are counted by it.
        payload: The signal.
        at: Stamp of now.
        alone: Nothing else is shown there; among several no button stands out.
    """
    refs = payload["refs"]
    known = {"signal": payload["id"], "kind": payload["kind"], "message": place, "refs": refs}
    subject = f"{place}:{payload['id']}"
    drawn = []
    if "finding_id" in refs:
        play = mint(tx, team, PLAY, subject, at=at, **known)
        drawn.append(blocks.button("Draft a play", PLAY, play, style="primary" if alone else None))
    if {"finding_id", "journey_ids", "account_id"} & set(refs):
        leads = mint(tx, team, LEADS, subject, at=at, **known)
        drawn.append(blocks.button("Show leads", LEADS, leads))
    return drawn


def _one(
    tx: sa.Connection,
    team: str,
    message: str,
    payload: Mapping[str, Any],
    *,
    at: str,
    alone: bool,
) -> list[Block]:
    icon = f"{_ICONS[str(payload['kind'])]} " if alone else ""
    is_leak = payload["kind"] == "leak"
    # Below the heading "New leaks" each need not say again that it is one.
    subject = str(payload["subject"]) if alone else str(payload["subject"]).removeprefix(_NEW)
    head = clip(data(subject), 300)
    drawn = [blocks.section(f"{icon}*{head}*\n{clip(data(payload['text']), 1200)}")]
    facts = [
        (clip(data(label), 200), clip(data(value), 600))
        for label, value in payload["facts"][: blocks.FIELDS]
    ]
    if facts and not is_leak:
        drawn.append(blocks.section(fields=[f"*{label}*\n{value}" for label, value in facts]))
    elif facts and alone:
        drawn.append(blocks.context("; ".join(f"{label}: {value}" for label, value in facts)))
    buttons = signal_buttons(tx, team, message, payload, at=at, alone=alone)
    if buttons:
        drawn.append(blocks.actions(*buttons))
    return drawn


def _dismissal(tx: sa.Connection, team: str, message: str, kind: str, *, at: str) -> Block:
    known = {"kind": kind, "message": message}
    options = [
        blocks.option(
            "For a day" if days == 1 else f"For {days} days",
            mint(tx, team, SNOOZE, f"{message}:{days}", at=at, days=days, **known),
        )
        for days in SNOOZE_DAYS
    ]
    useless = mint(tx, team, USELESS, message, at=at, **known)
    return blocks.actions(
        blocks.menu(SNOOZE, options, placeholder=f"Snooze: {KINDS[kind].lower()}"),  # type: ignore[index]
        blocks.button("Not useful", USELESS, useless),
    )
