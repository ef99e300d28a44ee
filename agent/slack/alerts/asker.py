"""Asker: who clicked, and what they may see; whoever may see nothing gets a sentence instead."""

from typing import TYPE_CHECKING

from agent.access import Viewer, refusal, viewer_of
from agent.slack.people import Person
from knowledge.errors import WeirError

if TYPE_CHECKING:
    from agent.slack.item import Item
    from agent.slack.surface import Surface


class NotForYouError(WeirError):
    """Report that somebody may not see, or do, what they clicked on."""


def who_is(surface: "Surface", item: "Item") -> tuple[Person, Viewer]:
    """Tell who did something and what they may see, which may be nothing."""
    user = item.body.get("user")
    home = user.get("team_id") if isinstance(user, dict) else None
    person = surface.people.who(item.team, item.actor or "", from_team=home)
    return person, viewer_of(surface.weir, person.email if person.is_trusted else None)


def asker(surface: "Surface", item: "Item") -> tuple[Person, Viewer]:
    """Tell who did something.

    Raises:
        NotForYouError: They may see nothing.
    """
    person, viewer = who_is(surface, item)
    if sentence := refusal(viewer):
        raise NotForYouError(sentence)
    return person, viewer
