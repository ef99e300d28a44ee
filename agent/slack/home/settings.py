"""Settings: the modal, and reading back what was put into it."""

import re
from collections.abc import Mapping
from datetime import time
from typing import Any

from agent.access import Viewer
from agent.slack import blocks
from agent.slack.alerts.preferences import MOST_A_DAY, Preferences, Workspace
from agent.slack.alerts.signals import KINDS
from agent.slack.blocks import Block, Element

FORM = "home_settings_form"
_KINDS, _BUDGET, _DIGEST = "kinds", "budget", "digest"
_FROM, _UNTIL = "day_from", "day_until"
_CHANNEL, _CHANNEL_BUDGET = "channel", "channel_budget"
_VALUE = "value"
_CLOCK = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")
_CHANNEL_ID = re.compile(r"^[CG][A-Z0-9]{2,}$")


def settings_view(viewer: Viewer, mine: Preferences, workspace: Workspace) -> Block:
    """Ask what a person wants; managers also what the workspace wants."""
    options = [blocks.option(label, kind) for kind, label in KINDS.items()]
    chosen = [item for item in options if item["value"] not in mine.off]
    kinds: Element = {"type": "checkboxes", "action_id": _VALUE, "options": options}
    if chosen:
        kinds["initial_options"] = chosen
    drawn = [
        blocks.field("Alerts that I want", kinds, _KINDS, optional=True),
        _number("Alerts a day, at most", mine.budget, _BUDGET, "The rest waits for the digest."),
        blocks.field(
            "Morning digest, on weekdays",
            _time(mine.digest_at),
            _DIGEST,
            hint="Your local time; empty for none.",
            optional=True,
        ),
        blocks.field("Alerts from", _time(mine.day_from), _FROM),
        blocks.field(
            "Alerts until", _time(mine.day_until), _UNTIL, hint="Outside, they wait for the digest."
        ),
    ]
    if viewer.sees == "all":
        channel: Element = {
            "type": "conversations_select",
            "action_id": _VALUE,
            "filter": {
                "include": ["public", "private"],
                "exclude_external_shared_channels": True,
                "exclude_bot_users": True,
            },
        }
        if workspace.channel:
            channel["initial_conversation"] = workspace.channel
        drawn += [
            blocks.divider(),
            blocks.section("*For the whole workspace*"),
            blocks.field(
                "Channel for plays and alerts",
                channel,
                _CHANNEL,
                hint="Empty: they go to people directly. Invite Weir into it.",
                optional=True,
            ),
            _number("Alerts a day in that channel", workspace.budget, _CHANNEL_BUDGET),
        ]
    return blocks.modal("Settings", drawn, callback_id=FORM, submit="Save", close="Cancel")


def read_settings(
    values: Mapping[str, Any], viewer: Viewer
) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """Read what was put into the modal.

    Args:
        values: ``view.state.values`` as Slack sends it.
        viewer: Who sent it: what a workspace wants is read from managers only.

    Returns:
        Preferences of the person, those of the workspace, and errors by block.
    """
    errors: dict[str, str] = {}
    chosen = {
        str(item.get("value")) for item in _element(values, _KINDS).get("selected_options") or ()
    }
    mine: dict[str, Any] = {
        "off": sorted(set(KINDS) - chosen),
        "budget": _count(values, _BUDGET, errors),
        "digest_at": _clock(values, _DIGEST, errors, optional=True),
        "day_from": _clock(values, _FROM, errors),
        "day_until": _clock(values, _UNTIL, errors),
    }
    if not errors and mine["day_from"] >= mine["day_until"]:
        errors[_UNTIL] = "Alerts must end after they begin; choose a later time."
    team: dict[str, Any] = {}
    if viewer.sees == "all":
        channel = _element(values, _CHANNEL).get("selected_conversation") or ""
        if channel and not _CHANNEL_ID.match(channel):
            errors[_CHANNEL] = "Choose a channel, not a person."
        team = {"channel": channel, "channel_budget": _count(values, _CHANNEL_BUDGET, errors)}
    return mine, team, errors


def _number(label: str, value: int, block_id: str, hint: str | None = None) -> Block:
    element: Element = {
        "type": "number_input",
        "is_decimal_allowed": False,
        "action_id": _VALUE,
        "initial_value": str(value),
        "min_value": "0",
        "max_value": str(MOST_A_DAY),
    }
    return blocks.field(label, element, block_id, hint=hint)


def _time(value: time | None) -> Element:
    element: Element = {"type": "timepicker", "action_id": _VALUE}
    if value is not None:
        element["initial_time"] = value.strftime("%H:%M")
    return element


def _element(values: Mapping[str, Any], block_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (values.get(block_id) or {}).get(_VALUE) or {}
    return found


def _count(values: Mapping[str, Any], block_id: str, errors: dict[str, str]) -> int:
    text = str(_element(values, block_id).get("value") or "")
    if not text.isdecimal() or not text.isascii() or int(text) > MOST_A_DAY:
        errors[block_id] = f"Give a whole number from 0 to {MOST_A_DAY}."
        return 0
    return int(text)


def _clock(
    values: Mapping[str, Any], block_id: str, errors: dict[str, str], *, optional: bool = False
) -> str:
    text = str(_element(values, block_id).get("selected_time") or "")
    if (text or not optional) and not _CLOCK.match(text):
        errors[block_id] = "Choose a time of day, such as 08:30."
    return text
