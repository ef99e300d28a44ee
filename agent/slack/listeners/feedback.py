"""Feedback: the buttons beneath an answer: rate it, see its evidence, stop it, ask again."""

from typing import TYPE_CHECKING, Any

from agent.plays.stamps import stamp
from agent.slack import windows
from agent.slack.answers import asking, evidence, feedback, record, render
from agent.slack.answers.record import Record
from agent.slack.buttons import Button, look_up
from agent.slack.item import Item
from agent.slack.routes import Routes
from agent.slack.tell import tell
from knowledge.database import reading

if TYPE_CHECKING:
    from agent.access import Viewer
    from agent.slack.people import Person
    from agent.slack.surface import Surface

_DEAD = "I don't know this answer any more; please ask again."
_THANKS = "Thank you, noted."
_ENDED = "This answer has ended already."
_NOT_YOURS = "Only who asked, or somebody with a role in the policy, can stop an answer."


def register(routes: Routes) -> None:
    """Add the routes."""
    routes.on("action", render.FEEDBACK, on_rating)
    routes.on("action", render.EVIDENCE, on_evidence)
    routes.on("action", render.STOP, on_stop)
    routes.on("action", render.MORE, on_more)
    routes.submit(feedback.CALLBACK, on_reason)


def on_rating(surface: "Surface", item: Item) -> None:
    """Keep whether an answer helped; where it did not, ask why."""
    found = _found(surface, item)
    if found is None:
        return
    button, row, (person, _viewer) = found
    if button.what not in ("good", "bad"):
        tell(surface, item, _DEAD)
        return
    # Kept before the form opens: whoever closes it has given a verdict all the same.
    _note(surface, row, person, button.what)
    if button.what == "good":
        tell(surface, item, _THANKS)
    else:
        windows.open_window(surface, item, feedback.form(button.id))


def on_reason(surface: "Surface", item: Item) -> dict[str, Any] | None:
    """Keep why an answer did not help."""
    view = item.body["view"]
    values = view["state"]["values"]
    with reading(surface.database).connect() as tx:
        button = look_up(tx, item.team, view.get("private_metadata"))
    row = record.read(surface.database, button.subject) if button else None
    who = asking.asker(surface, item, quietly=True)
    if row is None or who is None:
        return {"response_action": "errors", "errors": {feedback.REASON: _DEAD}}
    chosen = values[feedback.REASON][feedback.REASON].get("selected_option") or {}
    reason = chosen.get("value")
    if reason not in feedback.REASONS:
        return {"response_action": "errors", "errors": {feedback.REASON: "Choose a reason."}}
    words = str(values[feedback.WORDS][feedback.WORDS].get("value") or "").strip()
    _note(surface, row, who[0], "bad", reason=reason, words=words)
    return None


def on_evidence(surface: "Surface", item: Item) -> None:
    """Show what an answer rests on."""
    found = _found(surface, item)
    if found is None:
        return
    _button, row, _who = found
    view = evidence.view(
        row.question,
        row.answer.get("answer") or {},
        row.answer.get("sources") or [],
        embedding=surface.weir.settings.embedding_model,
    )
    windows.open_window(surface, item, view)


def on_stop(surface: "Surface", item: Item) -> None:
    """Have an answer end with what it has."""
    found = _found(surface, item)
    if found is None:
        return
    _button, row, (person, viewer) = found
    if person.user != row.asked_by and not viewer.roles:
        tell(surface, item, _NOT_YOURS)
    elif not record.stop(surface.database, row.id, person.name):
        tell(surface, item, _ENDED)


def on_more(surface: "Surface", item: Item) -> None:
    """Ask the same question again, or say what is wrong with the answer."""
    found = _found(surface, item)
    if found is None:
        return
    button, row, (person, _viewer) = found
    if button.what == "again":
        asking.put(surface, item, row.question, row.place)
    else:
        _note(surface, row, person, "bad")
        windows.open_window(surface, item, feedback.form(button.id))


def _found(surface: "Surface", item: Item) -> "tuple[Button, Record, tuple[Person, Viewer]] | None":
    """Find the answer that was clicked, for somebody who may see it; else tell them why not."""
    with reading(surface.database).connect() as tx:
        button = look_up(tx, item.team, item.value)
    row = record.read(surface.database, button.subject) if button else None
    if button is None or row is None or item.channel not in (None, row.place.channel):
        tell(surface, item, _DEAD)
        return None
    who = asking.asker(surface, item)
    return (button, row, who) if who is not None else None


def _note(
    surface: "Surface",
    row: Record,
    person: "Person",
    verdict: str,
    *,
    reason: str | None = None,
    words: str = "",
) -> None:
    feedback.note(
        surface.database,
        row,
        by=person.email or person.user,
        verdict=verdict,
        at=stamp(surface.clock()),
        reason=reason,
        words=words,
    )
