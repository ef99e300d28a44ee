"""Posting once: a message carries what it is, so that one whose answer was lost is found again."""

import logging
from datetime import UTC
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError
from slack_sdk.models.metadata import Metadata

from agent.plays.stamps import parse
from agent.slack.blocks import Block
from agent.slack.failures import code_of

if TYPE_CHECKING:
    from slack_sdk import WebClient

_LOG = logging.getLogger(__name__)

ALERT_EVENT = "weir_alert"
CARD_EVENT = "weir_card"
LINE_EVENT = "weir_card_line"
# Clocks differ, and a day is little to read where it is read so rarely.
_EARLIER_SECONDS = 86_400
_PER_PAGE = 200
# The message, or its conversation, is out of reach for good.
OUT_OF_REACH = frozenset(
    {
        "message_not_found",
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "cant_update_message",
        "edit_window_closed",
        "thread_not_found",
        "cannot_dm_bot",
        "user_disabled",
        "user_not_found",
        "restricted_action",
        "posting_to_channel_denied",
        "messages_tab_disabled",
    }
)


def post(
    client: "WebClient",
    *,
    channel: str,
    thread_ts: str | None,
    text: str,
    blocks: list[Block],
    event: str,
    payload: dict[str, Any],
) -> str:
    """Post a message that can be found again by its payload; give its ts."""
    answer = client.chat_postMessage(
        channel=channel,
        thread_ts=thread_ts,
        text=text,
        blocks=blocks,
        metadata=Metadata(event_type=event, event_payload=payload),
        unfurl_links=False,
        unfurl_media=False,
    )
    return str(answer["ts"])


def find_posted(
    client: "WebClient",
    *,
    channel: str,
    thread_ts: str | None,
    since: str,
    event: str,
    payload: dict[str, Any],
) -> str | None:
    """Find a message by its payload among those posted since a stamp; give its ts."""
    oldest = f"{_seconds(since) - _EARLIER_SECONDS:.6f}"
    asked = {
        "channel": channel,
        "oldest": oldest,
        "include_all_metadata": True,
        "limit": _PER_PAGE,
    }
    try:
        pages = (
            client.conversations_replies(ts=thread_ts, **asked)  # type: ignore[arg-type]
            if thread_ts
            else client.conversations_history(**asked)  # type: ignore[arg-type]
        )
        for page in pages:
            for message in page.get("messages") or ():
                metadata = message.get("metadata") or {}
                is_it = metadata.get("event_type") == event
                if is_it and metadata.get("event_payload") == payload:
                    return str(message["ts"])
    except SlackApiError as error:
        if code_of(error) != "missing_scope":
            raise
        # Better two messages, of which both work, than none.
        _LOG.warning("history can't be read in %s, so a message may stand there twice", channel)
    return None


def _seconds(at: str) -> float:
    return parse(at).replace(tzinfo=UTC).timestamp()
