"""Limits of interactive elements, and where each may stand."""

from collections.abc import Callable, Container
from typing import Any

from evals.slack_server.limits.check import ID_LENGTH, Check
from evals.slack_server.limits.composition import (
    OPTION_TEXT,
    OPTIONS,
    URL,
    check_confirm,
    check_image,
    check_options,
)

BUTTON_TEXT = 75
BUTTON_VALUE = 2000
PLACEHOLDER = 150
INPUT_LENGTH = 3000
CHOICES = 10
OVERFLOW = 5

_SELECTS = {
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
}
_MULTI = {f"multi_{name}" for name in _SELECTS}
_CHOICES = {"checkboxes", "radio_buttons", "datepicker", "timepicker", *_SELECTS, *_MULTI}
IN_SECTION = {"button", "image", "overflow", "workflow_button", *_CHOICES}
IN_ACTIONS = {"button", "overflow", "workflow_button", "datetimepicker", *_CHOICES}
IN_INPUT = {
    "datetimepicker",
    "email_text_input",
    "file_input",
    "number_input",
    "plain_text_input",
    "rich_text_input",
    "url_text_input",
    *_CHOICES,
}
IN_CONTEXT_ACTIONS = {"feedback_buttons", "icon_button"}
_TYPED = {"plain_text_input", "email_text_input", "url_text_input", "number_input"}


def check_element(check: Check, element: Any, path: str, allowed: Container[str]) -> None:
    """Check an element and that it may stand in its block."""
    if not isinstance(element, dict):
        check.say(path, "must provide an object")
        return
    kind = str(element.get("type"))
    if kind not in allowed:
        check.say(f"{path}/type", f"unsupported type: {kind}")
        return
    if "action_id" in element:
        check.string(element["action_id"], f"{path}/action_id", ID_LENGTH)
    if "confirm" in element:
        check_confirm(check, element["confirm"], f"{path}/confirm")
    if "placeholder" in element:
        check.plain(element["placeholder"], f"{path}/placeholder", PLACEHOLDER)
    rule = _RULES.get(kind)
    if rule is not None:
        rule(check, element, path)
    elif kind in _TYPED:
        _typed(check, element, path)


def _button(check: Check, button: dict[str, Any], path: str) -> None:
    known = {"type", "text", "action_id", "value", "url", "style", "confirm", "accessibility_label"}
    check.known(button, {*known, "agent_prompt"}, path)
    check.plain(button.get("text"), f"{path}/text", BUTTON_TEXT)
    check.optional(button, "value", path, BUTTON_VALUE)
    check.optional(button, "url", path, URL)
    check.optional(button, "accessibility_label", path, BUTTON_TEXT)
    check.one_of(button, "style", path, "primary", "danger")


def _menu(check: Check, element: dict[str, Any], path: str) -> None:
    check_options(check, element, path, least=1, most=OPTIONS)


def _choices(check: Check, element: dict[str, Any], path: str) -> None:
    check_options(check, element, path, least=1, most=CHOICES, rich=True)


def _overflow(check: Check, element: dict[str, Any], path: str) -> None:
    check_options(check, element, path, least=1, most=OVERFLOW)


def _typed(check: Check, element: dict[str, Any], path: str) -> None:
    most = element.get("max_length", INPUT_LENGTH)
    if not 1 <= most <= INPUT_LENGTH:
        check.say(f"{path}/max_length", f"must be between 1 and {INPUT_LENGTH}")
    if not 0 <= element.get("min_length", 0) <= min(most, INPUT_LENGTH):
        check.say(f"{path}/min_length", "must not be more than max_length")
    if len(str(element.get("initial_value", ""))) > most:
        check.say(f"{path}/initial_value", f"must be less than {most + 1} characters")
    if element.get("type") == "number_input" and "is_decimal_allowed" not in element:
        check.say(path, "must provide is_decimal_allowed")


def _feedback(check: Check, element: dict[str, Any], path: str) -> None:
    for name in ("positive_button", "negative_button"):
        button = element.get(name)
        here = f"{path}/{name}"
        if not isinstance(button, dict):
            check.say(here, "must provide an object")
            continue
        check.plain(button.get("text"), f"{here}/text", BUTTON_TEXT)
        check.string(button.get("value"), f"{here}/value", BUTTON_VALUE)
        check.optional(button, "accessibility_label", here, BUTTON_TEXT)


def _icon_button(check: Check, element: dict[str, Any], path: str) -> None:
    check.one_of({"icon": element.get("icon")}, "icon", path, "trash")
    check.plain(element.get("text"), f"{path}/text", OPTION_TEXT)
    check.optional(element, "value", path, BUTTON_VALUE)


_RULES: dict[str, Callable[[Check, dict[str, Any], str], None]] = {
    "button": _button,
    "checkboxes": _choices,
    "feedback_buttons": _feedback,
    "icon_button": _icon_button,
    "image": check_image,
    "multi_static_select": _menu,
    "overflow": _overflow,
    "radio_buttons": _choices,
    "static_select": _menu,
}
