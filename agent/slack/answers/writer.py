"""Writer: one message that grows while an answer comes, streamed where Slack can, and survives."""

import json
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from slack_sdk.errors import SlackApiError

from agent.slack.answers import render, words
from agent.slack.answers.record import Place
from agent.slack.answers.render import Message
from agent.slack.blocks import Block
from agent.slack.failures import code_of, passes
from agent.slack.text import clip

if TYPE_CHECKING:
    from slack_sdk import WebClient

_LOG = logging.getLogger(__name__)

# What streaming, too, can't mend: the message can be sent in no other way either.
_NO_WAY = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
    }
)
# Refusals that a plainer form of the message may get past.
_REFUSED = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_attachments",
        "invalid_arguments",
        "msg_too_long",
        "msg_blocks_too_long",
        "markdown_text_conflict",
        "block_mismatch",
    }
)
_BY_USER = "stopped_by_user"
APPEND_SECONDS = 1.0
SLOW_SECONDS = 5.0
TASK_SECONDS = 0.3
_MOST_TITLE = 250
Mode = Literal["new", "stream", "left", "plain"]
Status = Literal["in_progress", "complete", "error"]
_MARKS: dict[str, str] = {"in_progress": "…", "complete": "✓", "error": "✗"}


class Writer:
    """Write one message of an answer.

    Args:
        client: Client of the workspace.
        place: Where it is written.
        ts: The message, where an earlier run began it.
        stop: Id of the stop button; also how the message of a crashed run is recognised.
        recipient: Whom a streamed message in a channel is for; None in a direct message.
        stands: Called with the message's ts as soon as there is one.
        halted: Called when Slack's own stop button was pressed.
        clock: Tells seconds, for the pace.
    """

    def __init__(
        self,
        client: "WebClient",
        place: Place,
        *,
        ts: str | None,
        stop: str,
        recipient: str | None,
        stands: Callable[[str], None],
        halted: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._place = client, place
        self._stop, self._recipient, self._stands = stop, recipient, stands
        self._halted, self._clock = halted, clock
        self.ts = ts
        # What an earlier run began may still be a stream; it is ended before it is changed.
        self._mode: Mode = "left" if ts else "new"
        self._tasks: dict[str, tuple[str, Status]] = {}
        self._chunks: list[dict[str, Any]] = []
        self._text = self._sent = ""
        self._due, self._pace = 0.0, APPEND_SECONDS

    def find(self) -> None:
        """Look for the message that an earlier run sent but could not note."""
        if self.ts is not None:
            return
        try:
            found = self._client.conversations_replies(
                channel=self._place.channel,
                ts=self._place.thread_ts,
                limit=200,
                include_all_metadata=True,
            )
        except SlackApiError as error:
            _LOG.info("The thread could not be read: %s.", code_of(error))
            return
        for message in found.get("messages") or []:
            if self._stop in json.dumps(message):
                self._stand(str(message["ts"]), "left")
                return

    def task(self, task_id: str, title: str, status: Status, detail: str = "") -> None:
        """Show that something is being done, or that it is done."""
        self._tasks[task_id] = (title, status)
        chunk = {"type": "task_update", "id": task_id, "title": title, "status": status}
        if detail:
            chunk["details"] = clip(detail, _MOST_TITLE)
        self._chunks.append(chunk)
        self.flush()

    def say(self, text: str) -> None:
        """Show more of the answer; ``text`` is all of it so far, safe to show."""
        first = not self._text and bool(text)
        self._text = text
        if first:
            # The first words go out at once.
            self._due = 0.0
        self.flush()

    def flush(self, *, now: bool = False) -> None:
        """Send what is new, if it is time."""
        news = self._chunks or len(self._text) > len(self._sent)
        if not news or (self._clock() < self._due and not now):
            return
        if self._mode == "new":
            self._begin()
        elif self._mode == "stream":
            self._append()
        else:
            self._redraw()
        self._due = self._clock() + (self._pace if self._sent else TASK_SECONDS)

    def finish(
        self, messages: list[Message], *, more: list[str], sent: Callable[[list[str]], None]
    ) -> None:
        """Give the message its final form, and send what does not fit into it.

        Args:
            messages: The answer; the first one replaces what was streamed.
            more: Messages beyond the first that an earlier run sent.
            sent: Called with the ts of all messages beyond the first after each of them.
        """
        first, *others = messages
        if self._mode in ("stream", "left"):
            self._end_stream()
        if self.ts is None:
            self._stand(self._post(first, metadata=self._mark()), "plain")
        else:
            self._update(self.ts, first)
        known = list(more)
        for place, message in enumerate(others):
            if place < len(known):
                self._update(known[place], message)
            else:
                known.append(self._post(message))
                sent(known)

    def _begin(self) -> None:
        chunks = self._take()
        recipient = (
            {"recipient_user_id": self._recipient, "recipient_team_id": self._place.team}
            if self._recipient
            else {}
        )
        stop = {"type": "blocks", "blocks": [render.stop_button(self._stop)]}
        try:
            begun = self._client.chat_startStream(
                channel=self._place.channel,
                thread_ts=self._place.thread_ts,
                task_display_mode="plan",
                chunks=[stop, *chunks],
                **recipient,
            )
        except SlackApiError as error:
            reason = code_of(error)
            if reason in _NO_WAY or passes(error):
                raise
            # A workspace, a channel or a plan that can't stream: the message is drawn anew.
            _LOG.info("Slack does not stream here: %s.", reason)
            posted = self._client.chat_postMessage(
                channel=self._place.channel,
                thread_ts=self._place.thread_ts,
                text=words.LOADING[0],
                blocks=self._running(),
                metadata=self._mark(),
            )
            self._stand(str(posted["ts"]), "plain")
            return
        self._stand(str(begun["ts"]), "stream")

    def _append(self) -> None:
        before = (list(self._chunks), self._sent)
        chunks = self._take()
        if not chunks or self.ts is None:
            return
        try:
            self._client.chat_appendStream(channel=self._place.channel, ts=self.ts, chunks=chunks)
        except SlackApiError as error:
            _LOG.info("The stream was not taken further: %s.", code_of(error))
            if code_of(error) == _BY_USER:
                self._halted()
                return
            if passes(error):
                # Too much at once: from here on it grows at a slower pace.
                (self._chunks, self._sent), self._pace = before, SLOW_SECONDS
                return
            # Slack ends a stream after some minutes; the message itself can still be changed.
            self._mode = "left"
            self._redraw()
        except OSError:
            # Slack can't be reached just now. The answer is shown whole at the end.
            _LOG.info("Slack could not be reached while an answer was streamed.")
            self._mode = "left"

    def _redraw(self) -> None:
        self._chunks, self._sent = [], self._text
        if self.ts is None:
            return
        try:
            if self._mode == "left":
                self._end_stream()
            self._client.chat_update(
                channel=self._place.channel,
                ts=self.ts,
                text=words.LOADING[0],
                blocks=self._running(),
            )
        except (SlackApiError, OSError) as error:
            _LOG.info("A message under way could not be redrawn: %s.", type(error).__name__)

    def _running(self) -> list[Block]:
        tasks = [(_MARKS[status], title) for title, status in self._tasks.values()]
        return render.running(self._text, tasks, self._stop)

    def _take(self) -> list[dict[str, Any]]:
        """Take what is to be sent; from now on it counts as sent."""
        chunks, self._chunks = self._chunks, []
        if len(self._text) > len(self._sent):
            chunks.append({"type": "markdown_text", "text": self._text[len(self._sent) :]})
            self._sent = self._text
        return chunks

    def _end_stream(self) -> None:
        try:
            self._client.chat_stopStream(channel=self._place.channel, ts=self.ts or "")
        except SlackApiError as error:
            if passes(error):
                raise
            # It ended by itself; the update that follows shows the answer all the same.
            _LOG.info("The stream had ended: %s.", code_of(error))
        self._mode = "plain"

    def _mark(self) -> dict[str, Any]:
        """Mark a message, so that it is found again after a crash."""
        return {"event_type": "weir_answer", "event_payload": {"id": self._stop}}

    def _post(self, message: Message, **extra: Any) -> str:
        def send(blocks: list[Block]) -> str:
            posted = self._client.chat_postMessage(
                channel=self._place.channel,
                thread_ts=self._place.thread_ts,
                text=message.text,
                blocks=blocks,
                unfurl_links=False,
                unfurl_media=False,
                **extra,
            )
            return str(posted["ts"])

        return _plainer(send, message)

    def _update(self, ts: str, message: Message) -> None:
        def send(blocks: list[Block]) -> str:
            self._client.chat_update(
                channel=self._place.channel, ts=ts, text=message.text, blocks=blocks
            )
            return ts

        _plainer(send, message)

    def _stand(self, ts: str, mode: Mode) -> None:
        self.ts, self._mode = ts, mode
        self._stands(ts)


def _plainer(send: Callable[[list[Block]], str], message: Message) -> str:
    """Send a message, plainer each time that Slack refuses its form."""
    bare = [
        {"type": "section", "text": {"type": "plain_text", "text": clip(message.text, 3000)}},
        *(block for block in message.spare if block["type"] == "actions"),
    ]
    for blocks in (message.blocks, message.spare):
        try:
            return send(blocks)
        except SlackApiError as error:
            reason = code_of(error)
            if reason not in _REFUSED:
                raise
            _LOG.warning("Slack refused the form of an answer: %s.", reason)
    return send(bare)
