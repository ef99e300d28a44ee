"""Limits of the newer blocks: rich text, task cards, plans, alerts and cards."""

from typing import Any

from evals.slack_server.limits.check import Check
from evals.slack_server.limits.composition import check_image
from evals.slack_server.limits.elements import check_element

ALERT_TEXT = 200
CARD_TITLE = 150
CARD_BODY = 200
CARD_ACTIONS = 3
RICH_TEXT = {
    "rich_text_section",
    "rich_text_list",
    "rich_text_preformatted",
    "rich_text_quote",
}
_RICH_ELEMENTS = {
    "broadcast",
    "channel",
    "color",
    "date",
    "emoji",
    "link",
    "text",
    "user",
    "usergroup",
}


def check_rich_text(check: Check, block: dict[str, Any], path: str) -> None:
    """Check rich text."""
    items = check.count(block.get("elements"), f"{path}/elements", 1, 3000)
    for place, item in enumerate(items):
        here = f"{path}/elements/{place}"
        if item.get("type") not in RICH_TEXT:
            check.say(f"{here}/type", f"unsupported type: {item.get('type')}")
            continue
        for at, part in enumerate(check.count(item.get("elements"), f"{here}/elements", 0, 3000)):
            _rich_part(check, part, f"{here}/elements/{at}")


def _rich_part(check: Check, part: dict[str, Any], path: str) -> None:
    kind = part.get("type")
    if kind == "rich_text_section":
        for at, inner in enumerate(part.get("elements", [])):
            _rich_part(check, inner, f"{path}/elements/{at}")
    elif kind not in _RICH_ELEMENTS:
        check.say(f"{path}/type", f"unsupported type: {kind}")
    elif kind == "text" and not part.get("text"):
        check.say(f"{path}/text", "must be more than 0 characters")


def check_task_card(check: Check, block: dict[str, Any], path: str) -> None:
    """Check the card of one task."""
    check.string(block.get("task_id"), f"{path}/task_id", 255)
    check.string(block.get("title"), f"{path}/title", 3000)
    states = ("pending", "in_progress", "complete", "error")
    check.one_of({"status": block.get("status")}, "status", path, *states)
    for name in ("details", "output"):
        if name in block:
            if (block[name] or {}).get("type") != "rich_text":
                check.say(f"{path}/{name}", "must be rich_text")
            else:
                check_rich_text(check, block[name], f"{path}/{name}")


def check_plan(check: Check, block: dict[str, Any], path: str) -> None:
    """Check a plan of tasks."""
    check.string(block.get("title"), f"{path}/title", 3000)
    for place, task in enumerate(block.get("tasks", [])):
        check_task_card(check, task, f"{path}/tasks/{place}")


def check_alert(check: Check, block: dict[str, Any], path: str) -> None:
    """Check an alert."""
    check.text(block.get("text"), f"{path}/text", ALERT_TEXT)
    check.one_of(block, "level", path, "default", "info", "warning", "error", "success")


def check_card(check: Check, block: dict[str, Any], path: str) -> None:
    """Check a card."""
    if not any(block.get(name) for name in ("hero_image", "title", "actions", "body")):
        check.say(path, "must provide one of hero_image, title, actions or body")
    lengths = {"title": CARD_TITLE, "subtitle": CARD_TITLE, "body": CARD_BODY, "subtext": CARD_BODY}
    for name, most in lengths.items():
        if name in block:
            check.text(block[name], f"{path}/{name}", most)
    for name in ("hero_image", "icon"):
        if name in block:
            check_image(check, block[name], f"{path}/{name}")
    if "actions" in block:
        buttons = check.count(block["actions"], f"{path}/actions", 1, CARD_ACTIONS)
        for place, button in enumerate(buttons):
            check_element(check, button, f"{path}/actions/{place}", {"button"})
