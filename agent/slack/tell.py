"""Tell: one sentence to the person who did something, where they did it, seen by nobody else."""

import logging
from typing import TYPE_CHECKING

from agent.slack.blocks import FALLBACK_TEXT
from agent.slack.item import Item
from agent.slack.text import clip, data

if TYPE_CHECKING:
    from agent.slack.surface import Surface

_LOG = logging.getLogger(__name__)


def tell(surface: "Surface", item: Item, sentence: str) -> None:
    """Tell the actor a sentence; where Slack takes it in no way, it is noted in the log alone.

    Args:
        surface: Where the clients are.
        item: What the actor did.
        sentence: What to say; taken as data, not as Slack's format.
    """
    from slack_sdk.errors import SlackApiError  # noqa: PLC0415

    if item.actor is None:
        return
    text = clip(data(sentence), FALLBACK_TEXT)
    try:
        _say(surface, item, item.actor, text)
    except SlackApiError:
        # In a conversation that the bot is no member of; the click brought its own way back.
        if not _respond(surface, item, text):
            _send_directly(surface, item, item.actor, text)


def _say(surface: "Surface", item: Item, actor: str, text: str) -> None:
    client = surface.clients.of(item.team)
    if item.channel is None:
        client.chat_postMessage(channel=actor, text=text)
    elif item.kind == "event" and item.channel.startswith("D"):
        client.chat_postMessage(channel=item.channel, thread_ts=item.thread_ts, text=text)
    else:
        in_thread = item.thread_ts if item.thread_ts != item.ts or item.kind == "event" else None
        client.chat_postEphemeral(channel=item.channel, user=actor, thread_ts=in_thread, text=text)


def _respond(surface: "Surface", item: Item, text: str) -> bool:
    from slack_sdk.webhook import WebhookClient  # noqa: PLC0415

    url = item.body.get("response_url")
    if not url:
        return False
    client = surface.clients.of(item.team)
    sent = WebhookClient(url, timeout=client.timeout, ssl=client.ssl).send(
        text=text, response_type="ephemeral", replace_original=False
    )
    return sent.status_code == 200  # noqa: PLR2004 -- HTTP's own number


def _send_directly(surface: "Surface", item: Item, actor: str, text: str) -> None:
    from slack_sdk.errors import SlackApiError  # noqa: PLC0415

    try:
        surface.clients.of(item.team).chat_postMessage(channel=actor, text=text)
    except SlackApiError as error:
        _LOG.warning(
            "could not tell %s why %s failed: %s", actor, item.key, error.response["error"]
        )
