"""Show something in a modal; where its time is over, in a direct message instead."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from agent.slack import blocks, windows
from agent.slack.blocks import Block

if TYPE_CHECKING:
    from agent.slack.item import Item
    from agent.slack.surface import Surface

SHOWN = "alert_shown"


def show(surface: "Surface", item: "Item", title: str, draw: Callable[[], Sequence[Block]]) -> None:
    """Open a modal at once and fill it when what it shows is there.

    Args:
        surface: Where the clients are.
        item: The click.
        title: Of the modal.
        draw: Gives what it shows; may take seconds.
    """
    try:
        window = windows.open_waiting(surface, item, title) if item.trigger_id else None
    except windows.TooLateError:
        window = None
    drawn = list(draw())
    if window is not None:
        windows.fill(surface, item, window, blocks.modal(title, drawn, callback_id=SHOWN))
        return
    client = surface.clients.of(item.team)
    channel = client.conversations_open(users=item.actor)["channel"]["id"]
    client.chat_postMessage(
        channel=channel, text=title, blocks=blocks.fit([blocks.header(title), *drawn])
    )
