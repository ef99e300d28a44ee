"""chat.startStream, appendStream and stopStream: messages that grow."""

from dataclasses import dataclass, field
from typing import Any, Literal

from evals.slack_server.errors import SlackError
from evals.slack_server.limits.blocks import check_blocks
from evals.slack_server.limits.check import Check
from evals.slack_server.limits.views import MESSAGE_BLOCKS, MESSAGE_TEXT, refuse
from evals.slack_server.state import Channel, Json
from evals.slack_server.web_api.messages import (
    changed_event,
    check_metadata,
    clear_status,
    compose,
    own_message,
    post,
    with_block_ids,
)
from evals.slack_server.web_api.method import Request, method

CALL_TEXT = 12_000
_STATES = {"pending", "in_progress", "complete", "error"}
_ENDED = {"stopped": "stopped_by_user"}


@dataclass
class Stream:
    """Hold a growing message.

    Attributes:
        plan: True where its tasks are shown as one plan.
        mode: Whether it grows; Slack ends it after a while, a person may stop it.
        text: All Markdown so far.
        parts: Blocks in their order; Markdown that follows Markdown is one.
    """

    plan: bool
    mode: Literal["streaming", "expired", "stopped", "done"] = "streaming"
    text: str = ""
    parts: list[Json] = field(default_factory=list)


@method("chat.startStream", scope="chat:write")
def start(request: Request) -> Json:
    """Start a growing message, in a thread; in a channel it is for somebody."""
    channel, args = request.channel(writing=True), request.args
    thread_ts = str(request.need("thread_ts"))
    if not channel.user:
        for name in ("recipient_team_id", "recipient_user_id"):
            if not args.get(name):
                raise SlackError(f"missing_{name}")
        if args["recipient_user_id"] not in channel.members:
            raise SlackError("user_not_found")
    if args.get("task_display_mode", "timeline") not in {"timeline", "plan", "dense"}:
        raise SlackError("invalid_arguments")
    stream = Stream(args.get("task_display_mode") == "plan")
    chunks = _chunks(request, stream)
    bare = Request(
        request.state, request.workspace, {"text": " "}, request.base, request.send_event
    )
    message = compose(bare, channel) | {"text": "", "streaming_state": "in_progress"}
    answer = post(request, channel, message, thread_ts)
    request.state.streams[channel.id, message["ts"]] = stream
    _grow(request, channel, message, stream, chunks)
    return {"channel": channel.id, "ts": answer["ts"]}


@method("chat.appendStream", scope="chat:write")
def append(request: Request) -> Json:
    """Let a message grow."""
    channel = request.channel(writing=True)
    message, stream = _growing(request, channel)
    if not (request.args.get("markdown_text") or request.args.get("chunks")):
        raise SlackError("no_text")
    _grow(request, channel, message, stream, _chunks(request, stream))
    return {"channel": channel.id, "ts": message["ts"]}


@method("chat.stopStream", scope="chat:write")
def stop(request: Request) -> Json:
    """Finish a growing message, with blocks below it."""
    channel, args = request.channel(writing=True), request.args
    message, stream = _growing(request, channel)
    check_metadata(args.get("metadata"))
    chunks = _chunks(request, stream)
    if args.get("blocks"):
        check = Check("message", request.here.files)
        check_blocks(check, args["blocks"], "/blocks", MESSAGE_BLOCKS)
        refuse(check, "invalid_blocks")
        chunks = [*chunks, {"type": "blocks", "blocks": args["blocks"]}]
    before = dict(message)
    _grow(request, channel, message, stream, chunks)
    stream.mode = "done"
    message["streaming_state"] = "completed"
    if args.get("metadata"):
        message["metadata"] = args["metadata"]
    clear_status(channel, message.get("thread_ts"))
    request.send_event(request.here, changed_event(request.state, channel, message, before))
    return {"channel": channel.id, "ts": message["ts"], "message": dict(message)}


def _growing(request: Request, channel: Channel) -> tuple[Json, Stream]:
    ts = str(request.need("ts"))
    message = own_message(request.here, channel, ts, "message_not_owned_by_app")
    stream = request.state.streams.get((channel.id, ts))
    if stream is None or stream.mode != "streaming":
        mode = stream.mode if stream else ""
        raise SlackError(_ENDED.get(mode, "message_not_in_streaming_state"))
    return message, stream


def _chunks(request: Request, stream: Stream) -> list[Json]:
    args = request.args
    chunks = list(args.get("chunks") or [])
    if args.get("markdown_text"):
        chunks.insert(0, {"type": "markdown_text", "text": args["markdown_text"]})
    found = []
    size = 0
    for place, chunk in enumerate(chunks):
        problem = _problem(chunk)
        if problem:
            found.append(f"[ERROR] {problem} [json-pointer:/chunks/{place}]")
        elif chunk["type"] == "markdown_text":
            size += len(chunk["text"])
        elif chunk["type"] == "blocks":
            check = Check("message", request.here.files)
            check_blocks(check, chunk["blocks"], f"/chunks/{place}/blocks", MESSAGE_BLOCKS)
            refuse(check, "invalid_blocks")
    if found:
        raise SlackError("invalid_chunks", response_metadata={"messages": found})
    if size > CALL_TEXT or len(stream.text) + size > MESSAGE_TEXT:
        raise SlackError("msg_too_long")
    return chunks


def _problem(chunk: Any) -> str | None:
    kind = chunk.get("type") if isinstance(chunk, dict) else None
    if kind == "markdown_text":
        return None if isinstance(chunk.get("text"), str) else "must provide text"
    if kind == "task_update":
        if not chunk.get("id") or not chunk.get("title"):
            return "must provide id and title"
        return None if chunk.get("status") in _STATES else f"unknown status {chunk.get('status')}"
    if kind == "plan_update":
        return None if chunk.get("title") else "must provide title"
    if kind == "blocks":
        return None if chunk.get("blocks") else "must provide blocks"
    return f"unsupported type: {kind}"


def _grow(
    request: Request, channel: Channel, message: Json, stream: Stream, chunks: list[Json]
) -> None:
    for chunk in chunks:
        if chunk["type"] == "markdown_text":
            _write(stream, chunk["text"])
        elif chunk["type"] == "blocks":
            stream.parts += with_block_ids(request.state, chunk["blocks"])
        elif chunk["type"] == "plan_update":
            _plan(stream)["title"] = chunk["title"]
        else:
            _task(stream, chunk)
    if sum(1 for part in stream.parts if part["type"] == "table") > 1:
        raise SlackError("only_one_table_allowed")
    message["text"] = stream.text
    message["blocks"] = with_block_ids(request.state, stream.parts)
    if chunks:
        clear_status(channel, message.get("thread_ts"))


def _write(stream: Stream, text: str) -> None:
    stream.text += text
    if stream.parts and stream.parts[-1]["type"] == "markdown":
        stream.parts[-1]["text"] += text
    else:
        stream.parts.append({"type": "markdown", "text": text})


def _plan(stream: Stream) -> Json:
    for part in stream.parts:
        if part["type"] == "plan":
            return part
    made: Json = {"type": "plan", "title": "Working", "tasks": []}
    stream.parts.insert(0, made)
    return made


def _task(stream: Stream, chunk: Json) -> None:
    tasks = _plan(stream)["tasks"] if stream.plan else stream.parts
    card = next((task for task in tasks if task.get("task_id") == chunk["id"]), None)
    if card is None:
        card = {"type": "task_card", "task_id": chunk["id"]}
        tasks.append(card)
    card |= {"title": chunk["title"], "status": chunk["status"]}
    for name in ("details", "output"):
        if chunk.get(name):
            # Slack adds what a later update says to what was there.
            card[name] = _rich(_words(card.get(name)) + str(chunk[name]))
    if chunk.get("sources"):
        card["sources"] = chunk["sources"]


def _rich(text: str) -> Json:
    part = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [part]}


def _words(rich: Json | None) -> str:
    return str(rich["elements"][0]["elements"][0]["text"]) if rich else ""
