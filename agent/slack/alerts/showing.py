"""Show something in a modal; where its time is over, in a direct message instead."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from agent.slack import blocks
from agent.slack.blocks import Block

if TYPE_CHECKING:
    from agent.slack.item import Item
    from agent.slack.surface import Surface

SHOWN = "alert_shown"
# The click's way to a modal is open for three seconds, and once.
_TOO_LATE = frozenset(
    {
        "expired_trigger_id",
        "trigger_exchanged",
        "trigger_expired",
        "exchanged_trigger_id",
        "invalid_trigger_id",
        "invalid_trigger",
    }
)


def show(surface: "Surface", item: "Item", title: str, draw: Callable[[], Sequence[Block]]) -> None:
    """Open a modal at once and fill it when what it shows is there.

    Args:
        surface: Where the clients are.
        item: The click.
        title: Of the modal.
        draw: Gives what it shows; may take seconds.
    """
    from slack_sdk.errors import SlackApiError  # noqa: PLC0415

    client = surface.clients.of(item.team)
    waiting = blocks.modal(title, [blocks.section("One moment, I am looking …")], callback_id=SHOWN)
    view_id = None
    if item.trigger_id:
        try:
            # Upon a modal that is open already, another one is laid.
            place = client.views_push if _is_in_modal(item) else client.views_open
            view_id = place(trigger_id=item.trigger_id, view=waiting)["view"]["id"]
        except SlackApiError as error:
            if error.response.get("error") not in _TOO_LATE:
                raise
    drawn = list(draw())
    if view_id is not None:
        client.views_update(view_id=view_id, view=blocks.modal(title, drawn, callback_id=SHOWN))
        return
    channel = client.conversations_open(users=item.actor)["channel"]["id"]
    client.chat_postMessage(
        channel=channel, text=title, blocks=blocks.fit([blocks.header(title), *drawn])
    )


def _is_in_modal(item: "Item") -> bool:
    return (item.body.get("view") or {}).get("type") == "modal"
