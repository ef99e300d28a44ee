"""Answers of the app at a response address, and with an acknowledgement."""

from evals.slack_server.errors import SlackError
from evals.slack_server.limits.views import check_message
from evals.slack_server.state import Channel, Json, ResponseUrl, State, Workspace, copied
from evals.slack_server.web_api.messages import put_in_thread, with_block_ids


def respond(state: State, key: str, args: Json, now: float) -> tuple[int, Json | None]:
    """Take an answer; give the status and what is wrong, None where nothing is."""
    with state.lock:
        address = state.response_urls.get(key)
        if address is None:
            return 404, {"ok": False, "error": "invalid_url"}
        if now > address.until:
            return 404, {"ok": False, "error": "expired_url"}
        if address.left <= 0:
            return 404, {"ok": False, "error": "used_url"}
        workspace = state.workspaces[address.team]
        try:
            if not args.get("delete_original"):
                check_message(args, workspace.files)
            _apply(state, workspace, address, args)
        except SlackError as refused:
            told = refused.answer.get("response_metadata", {}).get("messages", [])
            state.violations.append(f"response_url: {refused.error}: {'; '.join(told)}")
            return 400, refused.answer
        address.left -= 1
        state.outgoing.append(("response_url", copied(args)))
        return 200, None


def _apply(state: State, workspace: Workspace, address: ResponseUrl, args: Json) -> None:
    channel = workspace.channels[address.channel]
    original = _original(channel, address)
    if args.get("delete_original") and original is not None:
        channel.messages = [m for m in channel.messages if m is not original]
        channel.ephemerals = [pair for pair in channel.ephemerals if pair[1] is not original]
        return
    if args.get("replace_original") and original is not None:
        original["text"] = args.get("text", "")
        original["blocks"] = with_block_ids(state, args.get("blocks"))
        return
    say(state, workspace, channel, address.user, args, thread_ts=args.get("thread_ts"))


def say(
    state: State,
    workspace: Workspace,
    channel: Channel,
    user: str,
    args: Json,
    *,
    thread_ts: str | None = None,
) -> None:
    """Show an answer: to everybody where it says so, else only to who asked."""
    message: Json = {
        "type": "message",
        "user": workspace.bot_user,
        "bot_id": workspace.bot_id,
        "team": workspace.team,
        "ts": state.ts(),
        "text": args.get("text", ""),
        "channel": channel.id,
    }
    if args.get("blocks"):
        message["blocks"] = with_block_ids(state, args["blocks"])
    if args.get("response_type") == "in_channel":
        put_in_thread(channel, message, thread_ts)
        channel.messages.append(message)
        return
    if thread_ts:
        message["thread_ts"] = thread_ts
    channel.ephemerals.append((user, message | {"is_ephemeral": True}))


def _original(channel: Channel, address: ResponseUrl) -> Json | None:
    every = [*channel.messages, *(message for _, message in channel.ephemerals)]
    return next((message for message in every if message["ts"] == address.message_ts), None)
