"""Ask: who asks for content, what they may see, and what is offered to them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from agent.access import Book, Viewer, may_see, refusal, viewer_of
from agent.slack.buttons import Button, look_up
from knowledge.database import reading
from knowledge.errors import WeirError
from tools.content.offer import content_for

if TYPE_CHECKING:
    from agent.slack.item import Item
    from agent.slack.surface import Surface

SHOWN = 3
LONGEST_TOPIC = 1500
_GONE = "That offer is no longer known here; ask again with /weir next NAME."
_NOT_YOURS = "They are not among your leads and people; you see your own only."


class NotForYouError(WeirError):
    """Report that somebody may not see what they clicked on or asked for."""


@dataclass(frozen=True)
class Request:
    """Hold what content was asked for, as its buttons keep it.

    Attributes:
        name: Whom it is for: words, or an id.
        after: What just happened.
        about: What was written or spoken of.
    """

    name: str
    after: str | None = None
    about: str | None = None

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Request":
        """Read it back from what a button keeps."""
        return cls(str(kept.get("name") or ""), kept.get("after"), kept.get("about"))

    @property
    def kept(self) -> dict[str, Any]:
        """Give it as a button keeps it."""
        return asdict(self)


def viewer(surface: "Surface", item: "Item") -> Viewer:
    """Tell who did something and what they may see.

    Raises:
        NotForYouError: They may see nothing.
    """
    user = item.body.get("user")
    home = user.get("team_id") if isinstance(user, dict) else None
    person = surface.people.who(item.team, item.actor or "", from_team=home)
    found = viewer_of(surface.weir, person.email if person.is_trusted else None)
    if sentence := refusal(found):
        raise NotForYouError(sentence)
    return found


def offer_to(surface: "Surface", viewer: Viewer, request: Request) -> dict[str, Any]:
    """Rank content for whom somebody asks, among the people that they may see."""
    weir = surface.weir
    weir.sync_library()
    with weir.snapshot() as snapshot:
        directory = Book(snapshot, viewer).directory if viewer.sees == "own" else None
        return content_for(
            snapshot,
            weir.library,
            request.name,
            limit=SHOWN,
            after=request.after,
            about=request.about,
            judgements=weir.judgements(),
            directory=directory,
        )


def clicked(surface: "Surface", item: "Item", what: str, *, value: str | None = None) -> Button:
    """Look up what a click is about.

    Raises:
        NotForYouError: It means nothing here.
    """
    with reading(surface.database).connect() as tx:
        button = look_up(tx, item.team, value or item.value)
    if button is None or button.what != what:
        raise NotForYouError(_GONE)
    return button


def check_sees(surface: "Surface", viewer: Viewer, person: str) -> None:
    """Refuse who may not see a person.

    Raises:
        NotForYouError: They may not.
    """
    with surface.weir.snapshot() as snapshot:
        if not may_see(snapshot, viewer, "person", person):
            raise NotForYouError(_NOT_YOURS)
