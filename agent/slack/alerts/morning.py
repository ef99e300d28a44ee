"""How the morning digest looks."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from agent import words
from agent.slack import blocks
from agent.slack.alerts.message import SHOWN, signal_buttons
from agent.slack.alerts.overview import Overview
from agent.slack.alerts.signals import SHOWN_LEADS, risk_words
from agent.slack.blocks import Block
from agent.slack.plays.words import when
from agent.slack.text import clip, data

_LINE = 300
_TEXT = 1200


def morning_blocks(
    tx: sa.Connection,
    team: str,
    message: str,
    found: Overview,
    *,
    new: set[str],
    held: Sequence[sa.Row[Any]],
    at: str,
) -> list[Block]:
    """Draw a digest; an empty list where there is nothing to say.

    Args:
        tx: A transaction that may write: buttons are minted in it.
        team: Workspace of the reader.
        message: Our own id of the digest.
        found: What there is for the reader.
        new: Findings that are new since their last digest.
        held: Rows of alerts that were held back for this digest.
        at: Stamp of now.
    """
    # What is held back is told in full below.
    told = {str(row.signal) for row in held}
    leaks = [leak for leak in found.leaks if leak["id"] in new and f"leak:{leak['id']}" not in told]
    surges = [
        account
        for account in found.surges
        if not any(signal.startswith(f"surge:{account['id']}:") for signal in told)
    ]
    waiting = [
        f"{clip(data(play['title']), _LINE)}, until {when(play['expires_at'])}"
        for play in found.waiting
    ]
    parts = [
        _part("Waiting for your decision", waiting, len(waiting)),
        _part("New leaks", [_safe(leak_line(leak)) for leak in leaks], len(leaks)),
        _part(
            "Your leads at risk",
            [_safe(lead_line(row)) for row in found.at_risk[:SHOWN_LEADS]],
            found.risky,
        ),
        _part("High intent", [_safe(account["text"]) for account in surges], len(surges)),
    ]
    drawn = [part for part in parts if part is not None]
    if held:
        drawn.append(blocks.section("*Held back since your last digest*"))
    for row in held[:SHOWN]:
        subject, text = clip(data(row.payload["subject"]), _LINE), data(row.payload["text"])
        drawn.append(blocks.section(f"*{subject}*\n{clip(text, _TEXT)}"))
        buttons = signal_buttons(tx, team, message, row.payload, at=at)
        if buttons:
            drawn.append(blocks.actions(*buttons))
    if len(held) > SHOWN:
        drawn.append(blocks.context(f"… and {len(held) - SHOWN} more on Weir's Home tab."))
    return drawn


def summary(found: Overview, new: set[str]) -> str:
    """Say in a line what a digest tells."""
    parts = [
        (len(found.waiting), "play waiting for your decision", "plays waiting for your decision"),
        (len(new), "new leak", "new leaks"),
        (found.risky, "of your leads at risk", "of your leads at risk"),
        (len(found.surges), "account with high intent", "accounts with high intent"),
    ]
    told = [words.counted(count, one, several) for count, one, several in parts if count]
    return ", ".join(told) or "some alerts waited for you"


def leak_line(leak: Mapping[str, Any]) -> str:
    """Say a leak in a line; the text is data."""
    return (
        f"{words.where(leak)}: {leak['rate']:.0%} instead of {leak['baseline_rate']:.0%} since "
        f"{words.day(leak['since'])}, {leak['lost']:,.0f} leads lost"
    )


def lead_line(row: Mapping[str, Any]) -> str:
    """Say a lead at risk in a line; the text is data."""
    help_ = f", {row['lower_it']}" if row["lower_it"] else ""
    return f"{row['name'] or row['entity']}: {risk_words(row)}{help_}"


def _safe(line: object) -> str:
    return clip(data(line), _LINE)


def _part(title: str, lines: Sequence[str], total: int) -> Block | None:
    if not lines:
        return None
    shown = [f"• {line}" for line in lines[:SHOWN]]
    more = [f"… and {total - len(shown)} more"] if total > len(shown) else []
    return blocks.section("\n".join([f"*{title}*", *shown, *more]))
