"""Drawing a card for a workspace: its buttons, who is asked, and what is noted about it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from agent.plays.stamps import stamp
from agent.slack.blocks import Block
from agent.slack.buttons import mint
from agent.slack.plays.card import Asked, play_card
from agent.slack.plays.words import Shown, short, when

if TYPE_CHECKING:
    from agent.slack.surface import Surface

BUTTON = "play"
_MOST_NOTES = 3


def draw(surface: "Surface", team: str, shown: Shown) -> list[Block]:
    """Draw the card of a play with the buttons of a workspace."""
    desk = surface.weir.plays
    with surface.database.begin() as tx:
        return play_card(
            shown,
            buttons=buttons_of(surface, tx, team, shown),
            asked=_asked(surface, shown),
            called=desk.policy.called,
            notes=_notes(surface, shown),
        )


def buttons_of(
    surface: "Surface", tx: sa.Connection, team: str, shown: Shown
) -> Callable[..., str]:
    """Give what mints the opaque ids of a play's buttons as it is shown now."""
    play_id, digest = shown["id"], shown["digest"]

    def give(verb: str, **payload: Any) -> str:
        parts = [play_id, digest[:12], verb, *[str(value) for value in payload.values()]]
        return mint(
            tx,
            team,
            BUTTON,
            ":".join(parts),
            at=stamp(surface.clock()),
            play_id=play_id,
            digest=digest,
            verb=verb,
            **payload,
        )

    return give


def _asked(surface: "Surface", shown: Shown) -> Asked:
    desk = surface.weir.plays
    explained = shown["who_may_approve"] or ""
    if explained.startswith("Nobody"):
        return Asked(obstacle=explained)
    tier = desk.policy.tiers.get(shown["tier"])
    names = [person.name for person in desk.approvers(shown["id"])]
    return Asked(quorum=tier.quorum if tier else 1, names=names)


def _notes(surface: "Surface", shown: Shown) -> list[str]:
    """Say who was asked in whose place, and what became of an expired play."""
    called = surface.weir.plays.policy.called
    notes = []
    for row in surface.weir.plays.attention(shown["id"]):
        if row["kind"] == "handed_over" and shown["state"] == "pending":
            by, to = short(called(row["by"])), short(called(row["person"]))
            notes.append(f"{by} handed it over to {to} {when(row['at'])}")
        if row["kind"] == "requested_again":
            by, again = short(called(row["by"])), short(row["reason"])
            notes.append(f"{by} requested it again {when(row['at'])}: {again}")
    return notes[-_MOST_NOTES:]
