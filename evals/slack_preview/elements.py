"""Turn interactive Block Kit elements into HTML that looks like them."""

import html
from collections.abc import Callable
from typing import Any

from evals.slack_preview.inline import plain, text_object

Element = dict[str, Any]


def element(value: Element) -> str:
    """Show an element."""
    return _SHOWN.get(value["type"], _unknown)(value)


def _button(value: Element) -> str:
    # What is needed to click it on the page of the local server.
    known = {"action-id": value.get("action_id"), "value": value.get("value")}
    marks = "".join(
        f' data-{name}="{html.escape(str(given))}"' for name, given in known.items() if given
    )
    style = html.escape(value.get("style") or "default")
    return f'<button class="button {style}"{marks}>{text_object(value["text"])}</button>'


def _menu(value: Element) -> str:
    chosen = value.get("initial_option") or {}
    several = value.get("initial_options") or []
    shown = text_object(chosen.get("text")) or ", ".join(text_object(o["text"]) for o in several)
    placeholder = text_object(value.get("placeholder")) or "Choose"
    return f'<span class="menu">{shown or placeholder}<span class="arrow">▾</span></span>'


def _text_input(value: Element) -> str:
    shown = value.get("initial_value")
    filled = plain(str(shown)) if shown else f"<i>{text_object(value.get('placeholder'))}</i>"
    tall = " tall" if value.get("multiline") else ""
    return f'<div class="field{tall}">{filled}</div>'


def _choices(value: Element) -> str:
    mark = "☐" if value["type"] == "checkboxes" else "○"
    chosen = value.get("initial_options") or [value.get("initial_option")]
    marks = {True: "☑" if mark == "☐" else "◉", False: mark}
    return "".join(
        f"<div>{marks[option in chosen]} {text_object(option['text'])}"
        f'<div class="small">{text_object(option.get("description"))}</div></div>'
        for option in value["options"]
    )


def _feedback(value: Element) -> str:
    return "".join(
        f'<button class="icon" data-action-id="{html.escape(value["action_id"])}" '
        f'data-value="{html.escape(value[name].get("value", ""))}">{mark}</button>'
        for name, mark in (("positive_button", "👍"), ("negative_button", "👎"))
    )


def _overflow(_value: Element) -> str:
    return '<button class="button default">⋯</button>'


def _picker(value: Element) -> str:
    shown = value.get("initial_date") or value.get("initial_time") or "Choose"
    return f'<span class="menu">{plain(str(shown))}<span class="arrow">▾</span></span>'


def _image(value: Element) -> str:
    return f'<span class="small">[{plain(value["alt_text"])}]</span>'


def _unknown(value: Element) -> str:
    return f'<span class="small">({html.escape(value["type"])})</span>'


_SHOWN: dict[str, Callable[[Element], str]] = {
    "button": _button,
    "static_select": _menu,
    "multi_static_select": _menu,
    "external_select": _menu,
    "users_select": _menu,
    "conversations_select": _menu,
    "channels_select": _menu,
    "plain_text_input": _text_input,
    "email_text_input": _text_input,
    "number_input": _text_input,
    "url_text_input": _text_input,
    "checkboxes": _choices,
    "radio_buttons": _choices,
    "feedback_buttons": _feedback,
    "icon_button": _overflow,
    "overflow": _overflow,
    "datepicker": _picker,
    "timepicker": _picker,
    "image": _image,
    "mrkdwn": text_object,
    "plain_text": text_object,
}
