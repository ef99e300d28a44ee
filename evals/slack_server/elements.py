"""Elements that a person can use: finding one by its label, and what using it says."""

from collections.abc import Iterator
from typing import Any

from evals.slack_server.state import Json, copied

_CHOSEN = {
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
}
_ONE = {"static_select", "external_select", "radio_buttons", "overflow"}
_SEVERAL = {"multi_static_select", "multi_external_select", "checkboxes"}
_TYPED = {"plain_text_input", "email_text_input", "url_text_input", "number_input"}
USABLE = {"button", "icon_button", "feedback_buttons", *_CHOSEN, *_ONE, *_SEVERAL, *_TYPED}


def usable(blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    """Give every element that can be used, with the id of its block."""
    for block in blocks:
        for element in _within(block):
            yield block.get("block_id", ""), element


def _within(part: Any) -> Iterator[Json]:
    if isinstance(part, dict):
        if part.get("type") in USABLE:
            yield part
        else:
            for value in part.values():
                yield from _within(value)
    elif isinstance(part, list):
        for value in part:
            yield from _within(value)


def labels(element: Json) -> list[str]:
    """Give what a person can read on an element."""
    parts = [element, element.get("positive_button") or {}, element.get("negative_button") or {}]
    parts += _options(element) if element["type"] == "overflow" else []
    texts = [part["text"]["text"] for part in parts if isinstance(part.get("text"), dict)]
    if isinstance(element.get("placeholder"), dict):
        texts.append(element["placeholder"]["text"])
    return texts


def find(blocks: list[Json], wanted: str) -> tuple[str, Json]:
    """Find the one element with an action id or a label.

    Raises:
        LookupError: There is none, or there are several.
    """
    every = list(usable(blocks))
    exact = [pair for pair in every if wanted == pair[1].get("action_id")]
    found = exact or [pair for pair in every if wanted in labels(pair[1])]
    if not found:
        there = [(item.get("action_id"), *labels(item)) for _, item in every]
        raise LookupError(f"there is no {wanted!r} to click on; there are {there}")
    if len(found) > 1:
        raise LookupError(f"there are {len(found)} of {wanted!r}; give a block's own action id")
    return found[0]


def used(element: Json, block_id: str, ts: str, *, wanted: str, option: Any) -> Json:
    """Describe how an element was used, as an action of a payload."""
    kind = element["type"]
    action: Json = {
        "type": kind,
        "action_id": element.get("action_id", ""),
        "block_id": block_id,
        "action_ts": ts,
    }
    if kind in {"button", "icon_button"}:
        kept = {
            name: element[name] for name in ("text", "value", "style", "url") if name in element
        }
        return {**action, **copied(kept)}
    if kind == "feedback_buttons":
        named = option or wanted
        for name in ("positive_button", "negative_button"):
            button = element[name]
            if named in {button["text"]["text"], button["value"], name.split("_")[0]}:
                return action | {"value": button["value"], "text": copied(button["text"])}
        raise LookupError(f"say which of the feedback buttons: option={wanted!r} is none of them")
    if kind == "overflow" and option is None:
        option = wanted
    return {**action, **chosen(element, option)}


def chosen(element: Json, value: Any) -> Json:
    """Describe what was chosen or typed in an element, as Slack keeps it in a view's state.

    Raises:
        LookupError: It is not offered.
        ValueError: It can't be typed there.
    """
    kind = element["type"]
    if kind in _TYPED:
        text = None if value is None else str(value)
        if text is not None and len(text) > element.get("max_length", 3000):
            raise ValueError(f"nobody can type {len(text)} characters into {element['action_id']}")
        return {"value": text or None}
    if kind in _ONE:
        return {"selected_option": None if value is None else _option(element, value)}
    if kind in _SEVERAL:
        return {"selected_options": [_option(element, item) for item in value or []]}
    if kind in _CHOSEN:
        return {_CHOSEN[kind]: copied(value)}
    raise LookupError(f"{kind} takes no value")


def initial(element: Json) -> Any:
    """Give what an element shows before anybody touched it."""
    names = {
        "plain_text_input": "initial_value",
        "email_text_input": "initial_value",
        "url_text_input": "initial_value",
        "number_input": "initial_value",
        "datepicker": "initial_date",
        "timepicker": "initial_time",
        "datetimepicker": "initial_date_time",
        "users_select": "initial_user",
        "conversations_select": "initial_conversation",
        "channels_select": "initial_channel",
        "multi_users_select": "initial_users",
        "multi_conversations_select": "initial_conversations",
        "multi_channels_select": "initial_channels",
    }
    kind = element["type"]
    if kind in _ONE:
        return (element.get("initial_option") or {}).get("value")
    if kind in _SEVERAL:
        return [option["value"] for option in element.get("initial_options", [])]
    return element.get(names[kind]) if kind in names else None


def _options(element: Json) -> list[Json]:
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(o for group in groups for o in group["options"])]


def _option(element: Json, value: Any) -> Json:
    for option in _options(element):
        if value in {option["value"], option["text"]["text"]}:
            return dict(copied(option))
    offered = [option["text"]["text"] for option in _options(element)]
    raise LookupError(f"{value!r} is not offered; there are {offered}")


def offered(element: Json) -> list[tuple[str, str]]:
    """Give what can be chosen in an element, as values and labels."""
    if element["type"] == "feedback_buttons":
        buttons = (element["positive_button"], element["negative_button"])
        return [(button["value"], button["text"]["text"]) for button in buttons]
    return [(option["value"], option["text"]["text"]) for option in _options(element)]
