"""Sections of App Home, each drawn from what there is for one person."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from agent import words
from agent.slack import blocks
from agent.slack.alerts.message import signal_buttons
from agent.slack.alerts.overview import Overview
from agent.slack.alerts.signals import leak_words, raising, risk_words
from agent.slack.blocks import Block
from agent.slack.buttons import mint
from agent.slack.home.health import Step
from agent.slack.plays.words import state_words, when
from agent.slack.text import clip, data

PLACE = "home"
CONTENT, OPEN_PLAY, SETTINGS = "home_content", "home_play", "home_settings"
SHOWN = 5
LEADS = 8
_LINE = 300


def health_blocks(steps: Sequence[Step]) -> list[Block]:
    """Draw how each transition does."""
    if not steps:
        return []
    return [blocks.header("Funnel health"), blocks.section("\n".join(map(_step, steps)))]


def leak_blocks(tx: sa.Connection, team: str, found: Overview, *, at: str) -> list[Block]:
    """Draw open leaks with what can be done about them."""
    drawn = [blocks.header("Open leaks")]
    if not found.leaks:
        drawn.append(blocks.section("No drop is beyond doubt just now."))
    for leak in found.leaks[:SHOWN]:
        refs = {"finding_id": leak["id"]}
        text = f"*{_short(words.where(leak))}*\n{_short(leak_words(leak))}"
        drawn.append(blocks.section(text))
        signal = {"id": f"leak:{leak['id']}", "kind": "leak", "refs": refs}
        drawn.append(blocks.actions(*signal_buttons(tx, team, PLACE, signal, at=at)))
    return [*drawn, *_more(len(found.leaks), SHOWN)]


def waiting_blocks(tx: sa.Connection, team: str, found: Overview, *, at: str) -> list[Block]:
    """Draw the plays that wait for a decision."""
    if not found.waiting:
        return []
    drawn = [blocks.header("Waiting for your decision")]
    for play in found.waiting[:SHOWN]:
        value = mint(tx, team, OPEN_PLAY, play["id"], at=at, play_id=play["id"])
        text = (
            f"*{_short(play['title'])}*\n{words.counted(play['actions'], 'write')} for "
            f"{words.counted(play['targets'], 'lead')}, until {when(play['expires_at'])}"
        )
        button = blocks.button("Open", OPEN_PLAY, value, style="primary")
        drawn.append(blocks.section(text, accessory=button))
    return [*drawn, *_more(len(found.waiting), SHOWN)]


def play_blocks(found: Overview) -> list[Block]:
    """Draw the plays that run and that ended lately."""
    lines = [
        f"• {_short(play['title'])}: *{_short(state_words(play['state']))}*"
        for play in [*found.running[:SHOWN], *found.done[:SHOWN]]
    ]
    if not lines:
        return []
    return [blocks.header("Plays running and recently done"), blocks.section("\n".join(lines))]


def risk_blocks(tx: sa.Connection, team: str, found: Overview, *, at: str) -> list[Block]:
    """Draw somebody's own leads at risk, with reasons and what could be sent."""
    # Whoever leads others often has no leads of their own; a rep wants to hear that all is well.
    if found.viewer.owner_id is None or (found.viewer.sees == "all" and not found.at_risk):
        return []
    drawn = [blocks.header("My leads at risk")]
    if not found.at_risk:
        why = f"No score can be given: {data(found.why_no_scores)}." if found.why_no_scores else ""
        drawn.append(blocks.section(why or "None of your leads is at high risk just now."))
    for row in found.at_risk[:LEADS]:
        value = mint(
            tx,
            team,
            CONTENT,
            f"{found.viewer.owner_id}:{row['entity']}",
            at=at,
            journey_id=row["entity"],
        )
        reasons = "; ".join(raising(row)[:2])
        remedy = f"\n:bulb: {_short(row['lower_it'])}" if row["lower_it"] else ""
        why = f"\n_{_short(reasons)}_" if reasons else ""
        name = _short(row["name"] or row["entity"])
        text = f"*{name}*  {_short(risk_words(row))}{why}{remedy}"
        button = blocks.button("What should I send?", CONTENT, value)
        drawn.append(blocks.section(text, accessory=button))
    return [*drawn, *_more(found.risky, min(LEADS, len(found.at_risk)))]


def surge_blocks(found: Overview) -> list[Block]:
    """Draw accounts with a surge of intent."""
    if not found.surges:
        return []
    lines = [f"• {_short(account['text'])}" for account in found.surges[:SHOWN]]
    return [
        blocks.header("High intent"),
        blocks.section("\n".join(lines)),
        *_more(len(found.surges), SHOWN),
    ]


def task_blocks(tasks: Sequence[str]) -> list[Block]:
    """Draw the tasks that plays gave to somebody."""
    if not tasks:
        return []
    lines = "\n".join(f"• {_short(task)}" for task in tasks)
    return [blocks.header("My tasks from plays"), blocks.section(lines)]


def usefulness(rates: Mapping[str, Mapping[str, Any]]) -> str:
    """Say how many alerts were acted upon."""
    sent = sum(item["sent"] for item in rates.values())
    if not sent:
        return "No alert was sent yet."
    acted = sum(item["acted"] for item in rates.values())
    useless = sum(item["not_useful"] for item in rates.values())
    return f"Of {sent} alerts sent {acted / sent:.0%} were acted upon, {useless} called not useful."


def _step(step: Step) -> str:
    name = f"*{_short(words.stage(step.origin))} → {_short(words.stage(step.target))}*"
    if step.rate is None:
        return f":white_circle: {name}: not comparable ({_short(step.note)})"
    now = f"{name}: {step.rate:.0%} in {words.month(step.period)}"
    if step.rate_before is None:
        return f":white_circle: {now} ({_short(step.note)})"
    fell = step.rate < step.rate_before
    icon = (
        ":white_circle:" if not step.clear else ":red_circle:" if fell else ":large_green_circle:"
    )
    chance = "" if step.clear else ", within chance"
    return f"{icon} {now}, {step.rate_before:.0%} in {words.month(step.before)}{chance}"


def _more(total: int, shown: int) -> list[Block]:
    return [blocks.context(f"… and {total - shown} more")] if total > shown > 0 else []


def _short(text: object) -> str:
    return clip(data(text), _LINE)
