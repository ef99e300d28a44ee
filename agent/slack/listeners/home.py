"""What is done when somebody opens App Home, and about its buttons."""

from typing import TYPE_CHECKING, Any

from agent.slack.alerts import reports
from agent.slack.alerts.asker import NotForYouError, asker, who_is
from agent.slack.alerts.preferences import WORKSPACE, read_person, read_workspace, write
from agent.slack.buttons import Button, look_up
from agent.slack.home.sections import CONTENT, OPEN_PLAY, SETTINGS
from agent.slack.home.settings import FORM, read_settings, settings_view
from agent.slack.home.view import closed, home_view, skeleton
from agent.slack.item import Item
from agent.slack.listeners import messages
from agent.slack.routes import Routes
from agent.slack.tell import tell
from agent.slack.windows import open_window
from knowledge.database import reading
from knowledge.errors import WeirError

if TYPE_CHECKING:
    from agent.slack.surface import Surface

_GONE = "This is no longer known here; open Weir's Home tab again."
_SHARED = "People of other companies read that channel; choose one that is yours alone."


class GoneError(WeirError):
    """Report a button that stands for nothing."""


def register(routes: Routes) -> None:
    """Add the routes."""
    # Reading a new version takes seconds.
    routes.on("event", "app_home_opened", open_home, slow=True)
    routes.on("action", SETTINGS, open_settings)
    routes.on("action", OPEN_PLAY, open_play)
    routes.on("action", CONTENT, offer_content, slow=True)
    routes.submit(FORM, save_settings)


def open_home(surface: "Surface", item: Item) -> None:
    """Show the home of who opened it, or suggest questions where they opened the conversation."""
    if item.body["event"].get("tab", "home") == "home":
        publish(surface, item)
    else:
        messages.suggest(surface, item)


def publish(surface: "Surface", item: Item) -> None:
    """Draw somebody's home: at once where the data is read already, else after a word."""
    person, viewer = who_is(surface, item)
    client = surface.clients.of(item.team)
    if viewer.sees == "nothing":
        client.views_publish(user_id=person.user, view=closed(viewer))
        return
    found = reports.known(surface.weir)
    if found is None:
        client.views_publish(user_id=person.user, view=skeleton(person))
        found = reports.reports(surface.weir)
    view = home_view(surface, person, viewer, found)
    client.views_publish(user_id=person.user, view=view)


def open_settings(surface: "Surface", item: Item) -> None:
    """Ask what somebody wants."""
    person, viewer = asker(surface, item)
    workspace = read_workspace(surface.database, item.team, surface.settings.channel)
    mine = read_person(surface.database, item.team, person.user)
    open_window(surface, item, settings_view(viewer, mine, workspace))


def save_settings(surface: "Surface", item: Item) -> dict[str, Any] | None:
    """Keep what somebody wants, or say beside the fields what can't be kept."""
    person, viewer = asker(surface, item)
    values = item.body.get("view", {}).get("state", {}).get("values", {})
    mine, team, errors = read_settings(values, viewer)
    channel = team.get("channel")
    if channel and not errors and surface.people.channel(item.team, channel).is_shared:
        errors["channel"] = _SHARED
    if errors:
        return {"response_action": "errors", "errors": errors}
    with surface.database.begin() as tx:
        write(tx, item.team, person.user, mine)
        if team:
            write(tx, item.team, WORKSPACE, team)
    return None


def open_play(surface: "Surface", item: Item) -> None:
    """Bring the card of a play to who wants to decide about it."""
    from agent.slack.plays.sync import show_in  # noqa: PLC0415 - it brings in the card engine

    button = _button(surface, item, OPEN_PLAY)
    _, viewer = asker(surface, item)
    play_id = str(button.payload["play_id"])
    if viewer.sees != "all" and surface.weir.plays.can(play_id, viewer.email)["approve"]:
        raise NotForYouError("That play does not wait for your decision.")
    channel = _direct(surface, item)
    show_in(surface, play_id, team=item.team, channel=channel, thread_ts=None)
    tell(surface, item, f"The card of {play_id} is under Messages.")


def offer_content(surface: "Surface", item: Item) -> None:
    """Offer pieces for a lead in a direct message."""
    from agent.slack.content.ask import Request, offer_to  # noqa: PLC0415 - loads the library
    from agent.slack.content.cards import content_blocks, offer_text  # noqa: PLC0415

    button = _button(surface, item, CONTENT)
    person, viewer = asker(surface, item)
    request = Request(str(button.payload["journey_id"]))
    offer = offer_to(surface, viewer, request)
    drawn = content_blocks(surface, offer, team=item.team, asked_by=person.user, request=request)
    surface.clients.of(item.team).chat_postMessage(
        channel=_direct(surface, item), text=offer_text(offer), blocks=drawn
    )


def _direct(surface: "Surface", item: Item) -> str:
    opened = surface.clients.of(item.team).conversations_open(users=item.actor)
    return str(opened["channel"]["id"])


def _button(surface: "Surface", item: Item, what: str) -> Button:
    with reading(surface.database).connect() as tx:
        button = look_up(tx, item.team, item.value)
    if button is None or button.what != what:
        raise GoneError(_GONE)
    return button
