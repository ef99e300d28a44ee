"""Incoming: read Slack's payloads as items, and drop what no person did."""

import hashlib
import json
from typing import Any

from agent.slack.item import Item, Kind

# What people write comes without a subtype or with one of these; edits, deletions, joins and the
# like are not addressed to us.
_SUBTYPES = frozenset({None, "file_share", "thread_broadcast"})
_SLACKBOT = "USLACKBOT"
_LANED = frozenset({"message", "app_mention"})


def read(
    kind: Kind, body: dict[str, Any], team: str, *, attempts: int = 0, received_at: str = ""
) -> Item:
    """Read a payload.

    Args:
        kind: What sort of payload it is.
        body: The payload as it was received.
        team: Workspace whose installation it belongs to.
        attempts: How often it has been taken up.
        received_at: Stamp of its arrival.
    """
    readers = {"event": _event, "action": _action, "submission": _view, "closed": _view}
    fields = readers.get(kind, _invocation)(body)
    key = "|".join([kind, team, *fields.pop("key")])
    return Item(
        key=key,
        kind=kind,
        team=team,
        body=body,
        attempts=attempts,
        received_at=received_at,
        **fields,
    )


def is_from_a_person(item: Item, own_user: str) -> bool:
    """Tell whether a person did it who is not this bot: we neither answer bots nor ourselves."""
    if item.actor in {own_user, _SLACKBOT}:
        return False
    if item.kind != "event":
        return True
    event = item.body["event"]
    if event.get("bot_id") or event.get("bot_profile"):
        return False
    if item.name not in _LANED:
        return True
    return item.actor is not None and event.get("subtype") in _SUBTYPES


def lane_of(item: Item) -> str | None:
    """Name what must happen in order with it: the messages of one thread."""
    if item.kind == "event" and item.name in _LANED:
        return f"{item.team}|{item.channel}|{item.thread_ts}"
    return None


def without_token(body: dict[str, Any]) -> dict[str, Any]:
    """Leave out Slack's old verification token, which nothing needs and nobody should read."""
    return {name: value for name, value in body.items() if name != "token"}


def _event(body: dict[str, Any]) -> dict[str, Any]:
    event = body["event"]
    pane = event.get("assistant_thread") or {}
    ts = _text(event.get("ts"))
    return {
        "key": [str(body.get("event_id") or _digest(event))],
        "name": str(event["type"]),
        "actor": _id(event.get("user")) or _id(pane.get("user_id")),
        "channel": _id(event.get("channel"))
        or _id(event.get("channel_id"))
        or _id(pane.get("channel_id")),
        "thread_ts": _text(event.get("thread_ts")) or _text(pane.get("thread_ts")) or ts,
        "ts": ts,
    }


def _action(body: dict[str, Any]) -> dict[str, Any]:
    action = (body.get("actions") or [{}])[0]
    container = body.get("container") or {}
    message = body.get("message") or {}
    ts = _text(message.get("ts")) or _text(container.get("message_ts"))
    actor = _id(body.get("user"))
    name = str(action.get("action_id") or body.get("callback_id") or "")
    moment = str(action.get("action_ts") or body.get("action_ts") or body.get("trigger_id"))
    return {
        "key": [str(actor), moment, name],
        "name": name,
        "actor": actor,
        "channel": _id(body.get("channel")) or _id(container.get("channel_id")),
        "thread_ts": _text(message.get("thread_ts")) or _text(container.get("thread_ts")) or ts,
        "ts": ts,
    }


def _view(body: dict[str, Any]) -> dict[str, Any]:
    view = body["view"]
    callback = str(view.get("callback_id") or "")
    # Errors beside the fields leave the hash as it was, so what was typed tells two apart.
    typed = _digest(view.get("state") or {})
    return {
        "key": [str(view.get("id")), str(view.get("hash")), callback, typed],
        "name": callback,
        "actor": _id(body.get("user")),
        "channel": None,
        "thread_ts": None,
        "ts": None,
    }


def _invocation(body: dict[str, Any]) -> dict[str, Any]:
    message = body.get("message") or {}
    ts = _text(message.get("ts")) or _text(body.get("message_ts"))
    return {
        "key": [str(body.get("trigger_id") or _digest(body))],
        "name": str(body.get("command") or body.get("callback_id") or ""),
        "actor": _id(body.get("user")) or _id(body.get("user_id")),
        "channel": _id(body.get("channel")) or _id(body.get("channel_id")),
        "thread_ts": _text(message.get("thread_ts")) or ts,
        "ts": ts,
    }


def _id(value: Any) -> str | None:
    # Slack gives ids bare in some payloads and within an object in others.
    return _text(value.get("id") if isinstance(value, dict) else value)


def _text(value: Any) -> str | None:
    return str(value) if value else None


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:20]
