"""Windows: a modal that opens while a click still counts, and is filled when it can be."""

from typing import TYPE_CHECKING

from agent.slack.blocks import Block, modal, section
from agent.slack.failures import code_of
from knowledge.errors import WeirError

if TYPE_CHECKING:
    from agent.slack.item import Item
    from agent.slack.surface import Surface

WAITING = "window_waiting"
# A click's way to a window is open for three seconds, and once.
_TOO_LATE = frozenset(
    {
        "expired_trigger_id",
        "trigger_expired",
        "exchanged_trigger_id",
        "trigger_exchanged",
        "invalid_trigger_id",
        "invalid_trigger",
    }
)
# The window was closed meanwhile, or shows something newer.
_GONE = frozenset({"not_found", "view_not_found", "hash_conflict"})


class TooLateError(WeirError):
    """Report that Slack no longer opens a window for a click."""


def open_window(surface: "Surface", item: "Item", view: Block) -> str:
    """Open a modal for who clicked, upon the one that is open already; give its id.

    Raises:
        TooLateError: The click lies too far back for that.
    """
    from slack_sdk.errors import SlackApiError  # noqa: PLC0415 - heavy

    client = surface.clients.of(item.team)
    inside = (item.body.get("view") or {}).get("type") == "modal"
    place = client.views_push if inside else client.views_open
    try:
        opened = place(trigger_id=item.trigger_id or "", view=view)
    except SlackApiError as error:
        if code_of(error) not in _TOO_LATE:
            raise
        raise TooLateError("Slack's time for opening a window ran out; click once more.") from error
    return str(opened["view"]["id"])


def open_waiting(surface: "Surface", item: "Item", title: str) -> str:
    """Open a modal that says to wait; ``fill`` it with its id.

    Raises:
        TooLateError: The click lies too far back for that.
    """
    view = modal(title, [section("One moment …")], callback_id=WAITING)
    return open_window(surface, item, view)


def fill(surface: "Surface", item: "Item", window: str, view: Block) -> None:
    """Show a view in an open modal; one that was closed meanwhile is no failure."""
    from slack_sdk.errors import SlackApiError  # noqa: PLC0415 - heavy

    try:
        surface.clients.of(item.team).views_update(view_id=window, view=view)
    except SlackApiError as error:
        if code_of(error) not in _GONE:
            raise
