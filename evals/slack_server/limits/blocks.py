"""Limits of blocks: the classic ones here, the newer ones in ``rich`` and ``tables``."""

from collections.abc import Callable
from typing import Any

from evals.slack_server.limits.check import ID_LENGTH, Check
from evals.slack_server.limits.composition import check_image
from evals.slack_server.limits.elements import (
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    check_element,
)
from evals.slack_server.limits.rich import (
    check_alert,
    check_card,
    check_plan,
    check_rich_text,
    check_task_card,
)
from evals.slack_server.limits.tables import check_table

SECTION_TEXT = 3000
FIELDS = 10
FIELD_TEXT = 2000
HEADER_TEXT = 150
CONTEXT_ELEMENTS = 10
CONTEXT_TEXT = 3000
ACTION_ELEMENTS = 25
CONTEXT_ACTIONS = 5
LABEL = 2000
MARKDOWN = 12_000
TITLE = 2000
CAROUSEL = 10
CONTAINER = 10
CONTAINER_TITLE = 150
_MESSAGE_ONLY = {
    "card",
    "carousel",
    "context_actions",
    "file",
    "markdown",
    "plan",
    "table",
    "task_card",
}


def check_blocks(check: Check, blocks: Any, path: str, most: int) -> None:
    """Check a list of blocks and that ids are used once."""
    seen: set[str] = set()
    for place, block in enumerate(check.count(blocks, path, 0, most)):
        here = f"{path}/{place}"
        if not isinstance(block, dict):
            check.say(here, "must provide an object")
            continue
        check_block(check, block, here)
        block_id = block.get("block_id")
        if block_id is not None:
            check.string(block_id, f"{here}/block_id", ID_LENGTH)
            if block_id in seen:
                check.say(f"{here}/block_id", f"block_id must be unique: {block_id}")
            seen.add(block_id)


def check_block(check: Check, block: dict[str, Any], path: str) -> None:
    """Check one block."""
    kind = str(block.get("type"))
    rule = _RULES.get(kind)
    if rule is None:
        check.say(f"{path}/type", f"unsupported type: {kind}")
    elif kind in _MESSAGE_ONLY and check.surface != "message":
        check.say(f"{path}/type", f"unsupported type in a {check.surface}: {kind}")
    else:
        rule(check, block, path)


def _section(check: Check, block: dict[str, Any], path: str) -> None:
    check.known(block, {"type", "block_id", "text", "fields", "accessory", "expand"}, path)
    if "text" not in block and "fields" not in block:
        check.say(path, "must provide text or fields")
    if "text" in block:
        check.text(block["text"], f"{path}/text", SECTION_TEXT)
    if "fields" in block:
        for place, item in enumerate(check.count(block["fields"], f"{path}/fields", 1, FIELDS)):
            check.text(item, f"{path}/fields/{place}", FIELD_TEXT)
    if "accessory" in block:
        check_element(check, block["accessory"], f"{path}/accessory", IN_SECTION)


def _header(check: Check, block: dict[str, Any], path: str) -> None:
    check.plain(block.get("text"), f"{path}/text", HEADER_TEXT)


def _divider(check: Check, block: dict[str, Any], path: str) -> None:
    check.known(block, {"type", "block_id"}, path)


def _image(check: Check, block: dict[str, Any], path: str) -> None:
    check_image(check, block, path)
    if "title" in block:
        check.plain(block["title"], f"{path}/title", TITLE)


def _context(check: Check, block: dict[str, Any], path: str) -> None:
    items = check.count(block.get("elements"), f"{path}/elements", 1, CONTEXT_ELEMENTS)
    for place, item in enumerate(items):
        here = f"{path}/elements/{place}"
        if isinstance(item, dict) and item.get("type") == "image":
            check_image(check, item, here)
        else:
            check.text(item, here, CONTEXT_TEXT)


def _actions(check: Check, block: dict[str, Any], path: str) -> None:
    _elements(check, block, path, ACTION_ELEMENTS, IN_ACTIONS)


def _context_actions(check: Check, block: dict[str, Any], path: str) -> None:
    _elements(check, block, path, CONTEXT_ACTIONS, IN_CONTEXT_ACTIONS)


def _elements(check: Check, block: dict[str, Any], path: str, most: int, allowed: set[str]) -> None:
    seen: set[str] = set()
    items = check.count(block.get("elements"), f"{path}/elements", 1, most)
    for place, item in enumerate(items):
        here = f"{path}/elements/{place}"
        check_element(check, item, here, allowed)
        action_id = item.get("action_id") if isinstance(item, dict) else None
        if action_id is not None and action_id in seen:
            check.say(f"{here}/action_id", f"action_id must be unique: {action_id}")
        seen.add(str(action_id))


def _input(check: Check, block: dict[str, Any], path: str) -> None:
    known = {"type", "block_id", "label", "element", "hint", "optional", "dispatch_action"}
    check.known(block, known, path)
    check.plain(block.get("label"), f"{path}/label", LABEL)
    check_element(check, block.get("element"), f"{path}/element", IN_INPUT)
    if "hint" in block:
        check.plain(block["hint"], f"{path}/hint", LABEL)


def _markdown(check: Check, block: dict[str, Any], path: str) -> None:
    check.string(block.get("text"), f"{path}/text", MARKDOWN)
    check.markdown += len(str(block.get("text", "")))
    if check.markdown > MARKDOWN:
        check.say(path, f"markdown of all blocks must be less than {MARKDOWN + 1} characters")


def _carousel(check: Check, block: dict[str, Any], path: str) -> None:
    items = check.count(block.get("elements"), f"{path}/elements", 1, CAROUSEL)
    for place, item in enumerate(items):
        if item.get("type") != "card":
            check.say(f"{path}/elements/{place}/type", "must be a card")
        check_card(check, item, f"{path}/elements/{place}")


def _container(check: Check, block: dict[str, Any], path: str) -> None:
    if "title" not in block and "rich_text_title" not in block:
        check.say(path, "must provide title or rich_text_title")
    if "title" in block:
        check.plain(block["title"], f"{path}/title", CONTAINER_TITLE)
    if "subtitle" in block:
        check.text(block["subtitle"], f"{path}/subtitle", CONTAINER_TITLE)
    check.one_of(block, "width", path, "narrow", "standard", "wide", "full")
    if block.get("is_collapsible") and block.get("has_header_divider"):
        check.say(path, "has_header_divider cannot be set when is_collapsible is true")
    children = block.get("child_blocks")
    if not children:
        check.say(f"{path}/child_blocks", "must be more than 0 items")
    else:
        check_blocks(check, children, f"{path}/child_blocks", CONTAINER)


def _file(check: Check, block: dict[str, Any], path: str) -> None:
    check.string(block.get("external_id"), f"{path}/external_id", ID_LENGTH)


_RULES: dict[str, Callable[[Check, dict[str, Any], str], None]] = {
    "actions": _actions,
    "alert": check_alert,
    "card": check_card,
    "carousel": _carousel,
    "container": _container,
    "context": _context,
    "context_actions": _context_actions,
    "divider": _divider,
    "file": _file,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "plan": check_plan,
    "rich_text": check_rich_text,
    "section": _section,
    "table": check_table,
    "task_card": check_task_card,
}
