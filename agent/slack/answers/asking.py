"""Asking: who asks, where they are answered, and questions that wait for their turn."""

from typing import TYPE_CHECKING, Any

from agent.access import Viewer, refusal, viewer_of
from agent.plays.stamps import stamp
from agent.slack.answers import prompts, record, stream
from agent.slack.answers.question import asks_for_help
from agent.slack.answers.record import Place
from agent.slack.inbox import Inbox
from agent.slack.incoming import read
from agent.slack.item import Item
from agent.slack.tell import tell
from agent.slack.text import data

if TYPE_CHECKING:
    from agent.slack.people import Person
    from agent.slack.surface import Surface

# The name under which a question waits in the inbox that came from a form or a command.
QUESTION = "weir_question"
STRANGER = (
    "I answer full members of this workspace only, so I can't help you here. "
    "Please ask a colleague who is one."
)
_SHARED = (
    "People from outside the company can read this channel, so I have answered in a direct message."
)


def asker(
    surface: "Surface", item: Item, *, quietly: bool = False
) -> "tuple[Person, Viewer] | None":
    """Tell who acts and what they may see; None, after a sentence to them, where that is nothing.

    Args:
        surface: Where people are known.
        item: What they did.
        quietly: True where they did not turn to us: nobody is told anything then.
    """
    if item.actor is None:
        return None
    person = surface.people.who(item.team, item.actor, from_team=_home(item))
    sentence = STRANGER
    if person.is_trusted:
        viewer = viewer_of(surface.weir, person.email)
        refused = refusal(viewer)
        if refused is None:
            return person, viewer
        sentence = refused
    if not quietly:
        tell(surface, item, sentence)
    return None


def respond(
    surface: "Surface", item: Item, who: "tuple[Person, Viewer]", question: str, place: Place | None
) -> None:
    """Answer a question: in its thread, or privately where that has none or is shared.

    Args:
        surface: What everything works with.
        item: What brought the question.
        who: From ``asker``.
        question: As plain text.
        place: The thread; None to answer in a direct message.
    """
    person, viewer = who
    shared = None
    if place is not None:
        channel = surface.people.channel(place.team, place.channel)
        shared = place if channel.is_shared and not channel.is_im else None
    if place is None or shared is not None:
        place = _direct(surface, item, person, question, shared)
    asked = stream.Asked(item.key, place, person, viewer, question)
    if asks_for_help(question):
        stream.say(surface, asked, prompts.help_text(viewer))
    else:
        stream.answer(surface, asked)


def put(surface: "Surface", item: Item, question: str, place: Place | None = None) -> None:
    """Have a question answered in its turn, also after a restart; clicks need not wait for it."""
    body: dict[str, Any] = {
        "callback_id": QUESTION,
        "trigger_id": f"{item.key}|question",
        "user": {"id": item.actor, "team_id": _home(item) or item.team},
        "question": question,
    }
    if place is not None:
        body["place"] = {"channel": place.channel, "thread_ts": place.thread_ts}
    waiting = read("shortcut", body, item.team, received_at=stamp(surface.clock()))
    Inbox(surface.database, clock=surface.clock).put(waiting)


def _direct(
    surface: "Surface", item: Item, person: "Person", question: str, shared: Place | None
) -> Place:
    """Begin a thread in the direct message with a person; a second run finds the first one's."""
    client = surface.clients.of(item.team)
    opened = client.conversations_open(users=[person.user])
    channel = str(opened["channel"]["id"])
    row, _fresh = record.begin(
        surface.database,
        record.identity(item.key),
        Place(item.team, channel, ""),
        asked_by=person.user,
        question=question,
        at=stamp(surface.clock()),
    )
    thread_ts = row.place.thread_ts
    if not thread_ts:
        words = f"You asked: “{data(question)}”" if question else "You asked what I can do."
        begun = client.chat_postMessage(channel=channel, text=words[:3000])
        thread_ts = str(begun["ts"])
        record.stand(surface.database, row.id, thread_ts=thread_ts)
    if shared is not None and not row.answer.get("noticed"):
        client.chat_postMessage(channel=shared.channel, thread_ts=shared.thread_ts, text=_SHARED)
        record.keep(surface.database, row.id, noticed=True)
    return Place(item.team, channel, thread_ts)


def _home(item: Item) -> str | None:
    """Tell the workspace that a user belongs to, where the payload says so."""
    body = item.body
    event = body.get("event") or {}
    user = body.get("user")
    named = user.get("team_id") if isinstance(user, dict) else body.get("team_id")
    found = event.get("user_team") or event.get("source_team") if event else named
    return str(found) if found else None
