"""Reply: show something to one person alone, where they asked, and change it in place."""

import logging
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError

from agent.slack.blocks import FALLBACK_TEXT, Block, fit
from agent.slack.content.cards import is_of
from agent.slack.failures import code_of, described
from agent.slack.text import clip

if TYPE_CHECKING:
    from agent.slack.item import Item
    from agent.slack.surface import Surface

_LOG = logging.getLogger(__name__)

# Slack's words for a conversation in which the bot can't speak.
_NOT_THERE = frozenset(
    {"not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived", "no_permission"}
)
_OK = 200


def answer(surface: "Surface", item: "Item", text: str, blocks: list[Block]) -> None:
    """Answer a command or a click so that nobody else sees it."""
    if not _respond(surface, item, text, blocks, replace=False) and item.actor:
        thread = item.thread_ts if item.thread_ts != item.ts else None
        say(surface, item.team, item.actor, item.channel, thread, text=text, blocks=blocks)


def say(
    surface: "Surface",
    team: str,
    user: str,
    channel: str | None,
    thread_ts: str | None,
    *,
    text: str,
    blocks: list[Block],
) -> None:
    """Show something to one person in a conversation; directly where the bot is no member."""
    client = surface.clients.of(team)
    said: dict[str, Any] = {"text": clip(text, FALLBACK_TEXT), "blocks": fit(blocks)}
    if channel is not None:
        try:
            client.chat_postEphemeral(channel=channel, user=user, thread_ts=thread_ts, **said)
        except SlackApiError as error:
            if code_of(error) not in _NOT_THERE:
                raise
        else:
            return
    client.chat_postMessage(channel=user, unfurl_links=False, unfurl_media=False, **said)


def replace(
    surface: "Surface", item: "Item", offer: str | None, text: str, blocks: list[Block]
) -> None:
    """Put blocks in the place of an offer; what else the message says stays."""
    message = item.body.get("message") or {}
    is_alone = bool((item.body.get("container") or {}).get("is_ephemeral"))
    standing: list[Block] = list(message.get("blocks") or [])
    if not is_alone and item.channel and item.ts and standing:
        place = next((n for n, block in enumerate(standing) if offer and is_of(block, offer)), None)
        if place is None:
            answer(surface, item, text, blocks)
            return
        kept = [block for block in standing if not is_of(block, str(offer))]
        changed = fit([*kept[:place], *blocks, *kept[place:]])
        said = clip(str(message.get("text") or text), FALLBACK_TEXT)
        surface.clients.of(item.team).chat_update(
            channel=item.channel, ts=item.ts, text=said, blocks=changed
        )
    elif not _respond(surface, item, text, blocks, replace=True):
        answer(surface, item, text, blocks)


def _respond(
    surface: "Surface", item: "Item", text: str, blocks: list[Block], *, replace: bool
) -> bool:
    """Use the address that a click or a command brought; False where it can't be used."""
    from slack_sdk.webhook import WebhookClient  # noqa: PLC0415 - only the first answer pays

    url = item.body.get("response_url")
    if not url:
        return False
    client = surface.clients.of(item.team)
    try:
        sent = WebhookClient(url, timeout=client.timeout, ssl=client.ssl).send(
            text=clip(text, FALLBACK_TEXT),
            blocks=fit(blocks),
            response_type="ephemeral",
            replace_original=replace,
        )
    except OSError as error:
        _LOG.warning("could not answer %s at its address: %s", item.key, described(error))
        return False
    return sent.status_code == _OK
