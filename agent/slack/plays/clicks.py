"""Clicks: who clicked what, checked before the desk is asked; closed by default.

Whoever is refused here gets a sentence, and the refusal gets an entry in the audit log wherever it
is known which play was meant.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.plays.edit import Edit
from agent.slack.buttons import Button, look_up
from agent.slack.plays.card import AGAIN, APPROVE, EDIT, HAND_OVER, REJECT, SNOOZE, UNDO
from agent.slack.plays.cards import Cards
from agent.slack.plays.drawing import BUTTON
from knowledge.database import reading

if TYPE_CHECKING:
    from agent.plays.decision import Decision
    from agent.plays.desk import PlayDesk
    from agent.slack.item import Item
    from agent.slack.people import Person
    from agent.slack.surface import Surface

_REFUSED = {
    "bot": "Only people can decide about plays.",
    "guest": "Guests can neither see nor decide about plays; ask a full member of this workspace.",
    "foreign": "Only full members of this workspace can see plays and decide about them.",
    "deleted": "This account is deactivated, so it can't decide about plays.",
    "member": (
        "Slack gives me no e-mail address for you, so I can't tell what you may do; ask whoever "
        "looks after this workspace."
    ),
}
DEAD = "This card was out of date, so nothing was changed; I have drawn it anew. Look at it again."
UNKNOWN = "This button is no longer in use, so nothing was changed; ask me for the play again."


class RefusedError(Exception):
    """Report that a click goes no further, in one sentence for whoever clicked.

    Attributes:
        redraw: Play whose card has to be drawn anew.
    """

    def __init__(self, sentence: str, *, redraw: str | None = None) -> None:
        super().__init__(sentence)
        self.redraw = redraw


@dataclass(frozen=True)
class PlayClick:
    """Hold a click by somebody known on a button of ours.

    Attributes:
        play_id: The play.
        digest: Digest of what the card showed.
        verb: What was clicked.
        by: E-mail of who clicked.
        person: Who clicked.
        button_id: Opaque id of the button.
        payload: What else the button stands for.
    """

    play_id: str
    digest: str
    verb: str
    by: str
    person: "Person"
    button_id: str
    payload: Mapping[str, Any]


def read_click(surface: "Surface", item: "Item", button_id: str | None) -> PlayClick:
    """Check who clicked which button.

    Raises:
        RefusedError: The click goes no further.
    """
    user = item.body.get("user") or {}
    person = surface.people.who(item.team, item.actor or "", from_team=user.get("team_id"))
    with reading(surface.database).connect() as tx:
        button = look_up(tx, item.team, button_id)
    if button is not None and button.what != BUTTON:
        button = None
    card = None
    if button is None and item.channel and item.ts:
        card = Cards(surface.database, surface.clock).at(item.team, item.channel, item.ts)
    play_id = button.payload["play_id"] if button else card.play_id if card else None
    if not person.is_trusted or person.email is None:
        verb = button.payload["verb"] if button else item.name
        stranger = f"Slack {person.standing} {person.user} of {user.get('team_id') or item.team}"
        _leave_a_trail(surface, play_id, verb, by=stranger, is_stranger=True)
        raise RefusedError(_REFUSED[person.standing])
    if button is None:
        _leave_a_trail(surface, play_id, item.name, by=person.email, is_stranger=False)
        raise RefusedError(DEAD if play_id else UNKNOWN, redraw=play_id)
    return _click(button, person, person.email)


def _click(button: Button, person: "Person", email: str) -> PlayClick:
    return PlayClick(
        play_id=str(button.payload["play_id"]),
        digest=str(button.payload["digest"]),
        verb=str(button.payload["verb"]),
        by=email,
        person=person,
        button_id=button.id,
        payload=button.payload,
    )


def _leave_a_trail(
    surface: "Surface", play_id: str | None, verb: str, *, by: str, is_stranger: bool
) -> None:
    """Have the desk refuse the click, which notes it in the audit log."""
    ask = (_WITHOUT_DIGEST | _AS_STRANGER if is_stranger else _WITHOUT_DIGEST).get(verb)
    if play_id is not None and ask is not None:
        ask(surface.weir.plays, play_id, by)


# Without a digest the desk accepts nothing, whoever asks.
_WITHOUT_DIGEST: "dict[str, Callable[[PlayDesk, str, str], Decision]]" = {
    APPROVE: lambda desk, play, by: desk.approve(play, by=by, digest="", via="slack"),
    REJECT: lambda desk, play, by: desk.reject(play, by=by, digest=""),
    EDIT: lambda desk, play, by: desk.edit(play, Edit(), by=by, digest=""),
}
# These take no digest; whoever is no e-mail address is in no policy.
_AS_STRANGER: "dict[str, Callable[[PlayDesk, str, str], Decision]]" = {
    UNDO: lambda desk, play, by: desk.undo(play, by=by),
    SNOOZE: lambda desk, play, by: desk.snooze(play, by=by, until=desk.clock()),
    HAND_OVER: lambda desk, play, by: desk.hand_over(play, by=by, to=""),
    AGAIN: lambda desk, play, by: desk.request_again(play, by=by),
}
