"""What is done about clicks on alerts and digests."""

from datetime import timedelta
from typing import TYPE_CHECKING

from agent.access import refusal
from agent.plays.stamps import spoken, stamp
from agent.slack import blocks
from agent.slack.alerts import acted, preferences
from agent.slack.alerts.asker import asker, who_is
from agent.slack.alerts.deliver import payloads_of
from agent.slack.alerts.drafting import draft_for
from agent.slack.alerts.leads import lead_blocks
from agent.slack.alerts.message import LEADS, PLAY, SNOOZE, USELESS, alert_blocks, fallback
from agent.slack.alerts.showing import show
from agent.slack.alerts.signals import KINDS
from agent.slack.buttons import Button, look_up
from agent.slack.item import Item
from agent.slack.routes import Routes
from agent.slack.tell import tell
from agent.slack.text import data
from knowledge.database import reading
from knowledge.errors import WeirError

if TYPE_CHECKING:
    from agent.slack.surface import Surface

_GONE = "This alert is no longer known here; nothing was changed."
_SNOOZED_DAYS = 366


class GoneError(WeirError):
    """Report a button that stands for nothing."""


def register(routes: Routes) -> None:
    """Add the routes."""
    routes.on("action", PLAY, draft_play, slow=True)
    routes.on("action", LEADS, show_leads)
    routes.on("action", SNOOZE, snooze)
    routes.on("action", USELESS, call_useless)


def draft_play(surface: "Surface", item: Item) -> None:
    """Draft a play for the leak that an alert tells of."""
    button = _button(surface, item, PLAY)
    _, viewer = asker(surface, item)
    play_id = draft_for(surface, item, viewer, str(button.payload["refs"]["finding_id"]))
    _note(surface, item, button, f"play:{play_id}")
    where = "in this thread" if item.channel else "under Messages"
    tell(surface, item, f"I drafted {play_id}; its card is {where}.")


def show_leads(surface: "Surface", item: Item) -> None:
    """Show the leads behind an alert."""
    button = _button(surface, item, LEADS)
    _, viewer = asker(surface, item)
    show(surface, item, "Leads", lambda: lead_blocks(surface, viewer, button.payload["refs"]))
    _note(surface, item, button, "leads")


def snooze(surface: "Surface", item: Item) -> None:
    """Keep a kind of alert silent for who got it: the person, or the channel."""
    button = _button(surface, item, SNOOZE)
    person, viewer = asker(surface, item)
    kind, days = str(button.payload["kind"]), int(button.payload["days"])
    is_direct = item.channel is None or item.channel.startswith("D")
    if not is_direct and viewer.sees != "all":
        tell(surface, item, "Only managers snooze alerts for a whole channel.")
        return
    subject = person.user if is_direct or item.channel is None else item.channel
    now = surface.clock()
    until = stamp(now + timedelta(days=min(days, _SNOOZED_DAYS)))
    with surface.database.begin() as tx:
        preferences.snooze(tx, item.team, subject, kind, until)
        acted.record(
            tx,
            team=item.team,
            message=str(button.payload["message"]),
            acted=acted.SNOOZED,
            at=stamp(now),
        )
    named = KINDS[kind].lower()  # type: ignore[index]
    who = "" if is_direct else f" in this channel by {data(person.name)}"
    note = (
        f":zzz: Snoozed{who}: {named}, until {spoken(until)}. What comes up waits for the digest."
    )
    _redraw(surface, item, button, note)


def call_useless(surface: "Surface", item: Item) -> None:
    """Note that an alert was not useful."""
    button = _button(surface, item, USELESS)
    person, viewer = who_is(surface, item)
    if sentence := refusal(viewer):
        tell(surface, item, sentence)
        return
    with surface.database.begin() as tx:
        acted.record(
            tx,
            team=item.team,
            message=str(button.payload["message"]),
            acted=acted.USELESS,
            at=stamp(surface.clock()),
        )
    _redraw(surface, item, button, f"Noted as not useful by {data(person.name)}. Thank you.")


def _button(surface: "Surface", item: Item, what: str) -> Button:
    with reading(surface.database).connect() as tx:
        button = look_up(tx, item.team, item.value)
    if button is None or button.what != what:
        raise GoneError(_GONE)
    return button


def _note(surface: "Surface", item: Item, button: Button, what: str) -> None:
    with surface.database.begin() as tx:
        acted.record(
            tx,
            team=item.team,
            message=str(button.payload["message"]),
            signal=str(button.payload["signal"]),
            acted=what,
            at=stamp(surface.clock()),
        )


def _redraw(surface: "Surface", item: Item, button: Button, note: str) -> None:
    """Put a note in the place of what dismisses an alert."""
    message = str(button.payload["message"])
    payloads = payloads_of(surface.database, item.team, message)
    if not payloads or item.channel is None or item.ts is None:
        tell(surface, item, note)
        return
    with surface.database.begin() as tx:
        at = stamp(surface.clock())
        drawn = alert_blocks(tx, item.team, message, payloads, at=at, note=note)
    surface.clients.of(item.team).chat_update(
        channel=item.channel, ts=item.ts, text=fallback(payloads), blocks=blocks.fit(drawn)
    )
