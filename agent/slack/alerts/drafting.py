"""Draft a play from a button: once, in the name of who clicked, with its card where they are."""

from typing import TYPE_CHECKING

from agent.access import Viewer
from agent.plays.play import OPEN_STATES
from agent.slack.alerts.asker import NotForYouError
from agent.slack.text import data

if TYPE_CHECKING:
    from agent.slack.item import Item
    from agent.slack.surface import Surface


def draft_for(surface: "Surface", item: "Item", viewer: Viewer, finding_id: str) -> str:
    """Draft a play for a finding and show its card; give the play's id.

    The card stands in the thread of the message that was clicked, or in a direct message where
    the click came from the Home tab.

    Raises:
        NotForYouError: They see only their own leads, and a play takes in the team's.
        WeirError: There is no such finding any more, or no lead is left.
    """
    from agent.slack.plays.sync import show_in  # noqa: PLC0415 - it brings in the card engine

    if viewer.sees != "all" or viewer.email is None:
        raise NotForYouError(
            "A play for a leak takes in the whole team's leads; ask a manager to draft it."
        )
    play_id = _drafted_already(surface, item, viewer.email, finding_id)
    if play_id is None:
        play_id = surface.weir.propose(by=viewer.email, finding_id=finding_id).id
    channel, thread_ts = item.channel, item.thread_ts or item.ts
    if channel is None:
        client = surface.clients.of(item.team)
        channel = str(client.conversations_open(users=item.actor)["channel"]["id"])
        thread_ts = None
    show_in(surface, play_id, team=item.team, channel=channel, thread_ts=thread_ts)
    return play_id


def called(surface: "Surface", play_id: str) -> str:
    """Name a play as people know it, safe to be shown."""
    with surface.weir.plays.ledger.read() as tx:
        return data(surface.weir.plays.ledger.get(tx, play_id).play.title)


def _drafted_already(surface: "Surface", item: "Item", email: str, finding_id: str) -> str | None:
    """Find what this very click drafted before it was cut off."""
    ledger = surface.weir.plays.ledger
    with ledger.read() as tx:
        for stored in ledger.select(tx, OPEN_STATES):
            play = stored.play
            if (
                play.why.finding_id == finding_id
                and play.created_by.casefold() == email.casefold()
                and play.created_at >= item.received_at
            ):
                return play.id
    return None
