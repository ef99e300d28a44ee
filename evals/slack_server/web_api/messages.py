"""How a message is stored, changed and told to the app."""

from typing import Any

from evals.slack_server.errors import SlackError
from evals.slack_server.payloads import shown_message
from evals.slack_server.state import Channel, Json, State, Workspace, copied
from evals.slack_server.web_api.method import Request

_KEPT = ("text", "blocks", "attachments", "metadata", "username", "icon_emoji", "icon_url")


def with_block_ids(state: State, blocks: Any) -> list[Json]:
    """Give every block an id, as Slack does where the app gave none."""
    named = copied(blocks or [])
    for block in named:
        block.setdefault("block_id", f"auto{state.number()}")
    return list(named)


def compose(request: Request, channel: Channel) -> Json:
    """Build a message of the app from a call's arguments."""
    workspace, args = request.here, request.args
    message: Json = {
        "type": "message",
        "user": workspace.bot_user,
        "bot_id": workspace.bot_id,
        "app_id": workspace.app_id,
        "team": workspace.team,
        "ts": request.state.ts(),
        "text": "",
        "channel": channel.id,
    }
    message |= {name: copied(args[name]) for name in _KEPT if args.get(name)}
    if args.get("markdown_text"):
        message["text"] = args["markdown_text"]
        message["blocks"] = [{"type": "markdown", "text": args["markdown_text"]}]
    check_metadata(message.get("metadata"))
    if "blocks" in message:
        message["blocks"] = with_block_ids(request.state, message["blocks"])
    return message


def check_metadata(metadata: Any) -> None:
    """Refuse metadata without a type and a payload."""
    if metadata is None:
        return
    good = isinstance(metadata, dict) and isinstance(metadata.get("event_payload"), dict)
    if not good or not isinstance(metadata.get("event_type"), str):
        raise SlackError("invalid_metadata_format")


def put_in_thread(channel: Channel, message: Json, thread_ts: str | None) -> None:
    """Put a message into a thread and count it on the thread's first message."""
    if not thread_ts:
        return
    root = channel.find(thread_ts)
    if root is None:
        raise SlackError("thread_not_found")
    # A reply to a reply lands in its thread.
    thread_ts = root.get("thread_ts", thread_ts)
    root = channel.find(str(thread_ts)) or root
    message["thread_ts"] = thread_ts
    root["thread_ts"] = thread_ts
    root["reply_count"] = root.get("reply_count", 0) + 1
    root["latest_reply"] = message["ts"]


def clear_status(channel: Channel, thread_ts: str | None) -> None:
    """Clear what the app is doing: it has answered."""
    if thread_ts:
        channel.statuses.pop(thread_ts, None)


def message_event(channel: Channel, message: Json) -> Json:
    """Describe a new message as an event."""
    return {
        **shown_message(message),
        "channel": channel.id,
        "event_ts": message["ts"],
        "channel_type": channel_type(channel),
    }


def changed_event(state: State, channel: Channel, message: Json, before: Json) -> Json:
    """Describe a changed message as an event."""
    ts = state.ts()
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": shown_message(message),
        "previous_message": shown_message(before),
        "channel": channel.id,
        "hidden": True,
        "ts": ts,
        "event_ts": ts,
        "channel_type": channel_type(channel),
    }


def channel_type(channel: Channel) -> str:
    """Name the sort of conversation."""
    if channel.user:
        return "im"
    return "group" if channel.is_private else "channel"


def post(request: Request, channel: Channel, message: Json, thread_ts: str | None) -> Json:
    """Store a message and tell the app about it, as Slack tells apps of their own messages."""
    put_in_thread(channel, message, thread_ts)
    channel.messages.append(message)
    clear_status(channel, message.get("thread_ts"))
    request.send_event(request.here, message_event(channel, message))
    return {"channel": channel.id, "ts": message["ts"], "message": shown_message(message)}


def own_message(workspace: Workspace, channel: Channel, ts: str, error: str) -> Json:
    """Find a message of the app's own.

    Raises:
        SlackError: There is none, or somebody else wrote it.
    """
    message = channel.find(ts)
    if message is None:
        raise SlackError("message_not_found")
    if message.get("user") != workspace.bot_user:
        raise SlackError(error)
    return message
