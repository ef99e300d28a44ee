"""chat.*: messages of the app."""

from evals.slack_server.errors import SlackError
from evals.slack_server.limits.views import UPDATE_TEXT, check_message
from evals.slack_server.payloads import shown_message
from evals.slack_server.state import Json, copied
from evals.slack_server.web_api.messages import (
    changed_event,
    check_metadata,
    clear_status,
    compose,
    message_event,
    own_message,
    post,
    with_block_ids,
)
from evals.slack_server.web_api.method import Request, method


@method("chat.postMessage", scope="chat:write")
def post_message(request: Request) -> Json:
    """Post a message."""
    channel = request.channel(writing=True)
    check_message(request.args, request.here.files)
    message = compose(request, channel)
    return post(request, channel, message, request.args.get("thread_ts"))


@method("chat.postEphemeral", scope="chat:write")
def post_ephemeral(request: Request) -> Json:
    """Show a message to one person."""
    channel, user = request.channel(writing=True), str(request.need("user"))
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    check_message(request.args, request.here.files)
    message = compose(request, channel) | {"is_ephemeral": True}
    if request.args.get("thread_ts"):
        message["thread_ts"] = request.args["thread_ts"]
        clear_status(channel, message["thread_ts"])
    channel.ephemerals.append((user, message))
    return {"message_ts": message["ts"]}


@method("chat.update", scope="chat:write")
def update(request: Request) -> Json:
    """Change a message; blocks that are not given stay as they are."""
    channel, args = request.channel(writing=True), request.args
    ts = str(request.need("ts"))
    message = own_message(request.here, channel, ts, "cant_update_message")
    stream = request.state.streams.get((channel.id, ts))
    if stream is not None and stream.mode == "streaming":
        raise SlackError("streaming_state_conflict")
    check_message(args, request.here.files, longest=UPDATE_TEXT)
    check_metadata(args.get("metadata"))
    before = copied(message)
    if args.get("markdown_text"):
        args = args | {
            "text": args["markdown_text"],
            "blocks": [{"type": "markdown", "text": args["markdown_text"]}],
        }
    for name in ("text", "attachments", "metadata"):
        if args.get(name) is not None:
            message[name] = copied(args[name])
    if args.get("blocks") is not None:
        message["blocks"] = with_block_ids(request.state, args["blocks"])
    message["edited"] = {"user": request.here.bot_user, "ts": request.state.ts()}
    request.send_event(request.here, changed_event(request.state, channel, message, before))
    shown = shown_message(message)
    return {"channel": channel.id, "ts": ts, "text": message["text"], "message": shown}


@method("chat.delete", scope="chat:write")
def delete(request: Request) -> Json:
    """Delete a message."""
    channel, ts = request.channel(), str(request.need("ts"))
    message = own_message(request.here, channel, ts, "cant_delete_message")
    channel.messages.remove(message)
    deleted = message_event(channel, message) | {"subtype": "message_deleted", "deleted_ts": ts}
    request.send_event(request.here, deleted)
    return {"channel": channel.id, "ts": ts}


@method("chat.getPermalink")
def permalink(request: Request) -> Json:
    """Give the address of a message."""
    channel, ts = request.channel(), str(request.need("message_ts"))
    if channel.find(ts) is None:
        raise SlackError("message_not_found")
    address = f"https://{request.here.name.lower()}.slack.com/archives/{channel.id}"
    return {"channel": channel.id, "permalink": f"{address}/p{ts.replace('.', '')}"}
