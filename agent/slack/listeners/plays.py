"""Clicks on play cards, and the modals behind them. The desk decides; every click is answered."""

from functools import wraps
from typing import TYPE_CHECKING, Any

from agent.plays.decision import Decision, Outcome
from agent.plays.edit import Edit
from agent.slack import windows
from agent.slack.item import Item
from agent.slack.plays import batch, card, edit_modal, modals
from agent.slack.plays.clicks import PlayClick, RefusedError, read_click
from agent.slack.plays.drawing import buttons_of
from agent.slack.plays.parameters import VALUE
from agent.slack.plays.seen import active_owners, shown_to
from agent.slack.plays.sync import refresh
from agent.slack.plays.words import Shown
from agent.slack.routes import Handler, Routes, Submission
from agent.slack.tell import tell
from agent.slack.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.slack.surface import Surface

# A card that was answered so did not show how things stand.
_BEHIND = frozenset({Outcome.CHANGED, Outcome.EXPIRED, Outcome.ALREADY_DECIDED})

Answer = dict[str, Any] | None


def register(routes: Routes) -> None:
    """Add the routes."""
    handlers: dict[str, Callable[[Surface, Item, PlayClick], None]] = {
        card.APPROVE: _approve,
        card.EDIT: _edit,
        card.REJECT: _reject,
        card.SNOOZE: _snooze,
        card.WHY: _why,
        card.TARGETS: _targets,
        card.MORE: _more,
        card.UNDO: _undo,
        card.AGAIN: _request_again,
        card.PAGE_BACK: _turn_page,
        card.PAGE_ON: _turn_page,
    }
    for name, handle in handlers.items():
        routes.on("action", name, _clicked(handle))
    routes.submit(edit_modal.EDIT, _sent(_edited))
    routes.submit(modals.REJECT, _sent(_rejected))
    routes.submit(modals.SNOOZE, _sent(_snoozed))
    routes.submit(modals.HAND_OVER, _sent(_handed_over))


def _clicked(handle: "Callable[[Surface, Item, PlayClick], None]") -> Handler:
    """Check a click before it is handled, and say why where it is not."""

    @wraps(handle)
    def checked(surface: "Surface", item: Item) -> None:
        try:
            handle(surface, item, read_click(surface, item, item.value))
        except RefusedError as refused:
            tell(surface, item, str(refused))
            if refused.redraw:
                refresh(surface, refused.redraw, redraw=True)

    return checked


def _sent(answer: "Callable[[Surface, Item, PlayClick], Answer]") -> Submission:
    """Check who sends a form before it is answered."""

    @wraps(answer)
    def checked(surface: "Surface", item: Item) -> Answer:
        try:
            button_id = item.body["view"].get("private_metadata")
            return answer(surface, item, read_click(surface, item, button_id))
        except RefusedError as refused:
            return _say(str(refused))

    return checked


# Clicks


def _approve(surface: "Surface", item: Item, click: PlayClick) -> None:
    desk = surface.weir.plays
    decision = desk.approve(click.play_id, by=click.by, digest=click.digest, via="slack")
    _settle(surface, item, click, decision)


def _undo(surface: "Surface", item: Item, click: PlayClick) -> None:
    _settle(surface, item, click, surface.weir.plays.undo(click.play_id, by=click.by))


def _request_again(surface: "Surface", item: Item, click: PlayClick) -> None:
    decision = surface.weir.plays.request_again(click.play_id, by=click.by)
    _settle(surface, item, click, decision)
    if decision.accepted and decision.play_id:
        refresh(surface, decision.play_id)


def _edit(surface: "Surface", item: Item, click: PlayClick) -> None:
    shown = _to_be_decided(surface, click, "edit")
    writable = sorted(surface.weir.plays.policy.writable_fields)
    if not any(action["kind"] == "reroute_lead" for action in shown["actions"]):
        view = edit_modal.edit_view(shown, owners=(), writable=writable, private=click.button_id)
        windows.open_window(surface, item, view)
        return
    # Owners are read from the warehouse, which may take longer than a window waits for.
    window = windows.open_waiting(surface, item, "Edit play")
    view = edit_modal.edit_view(
        shown, owners=active_owners(surface), writable=writable, private=click.button_id
    )
    windows.fill(surface, item, window, view)


def _reject(surface: "Surface", item: Item, click: PlayClick) -> None:
    shown = _to_be_decided(surface, click, "reject")
    windows.open_window(surface, item, modals.reject_view(shown, private=click.button_id))


def _snooze(surface: "Surface", item: Item, click: PlayClick) -> None:
    shown = _to_be_decided(surface, click, "snooze")
    now, zone = surface.clock(), click.person.time_zone
    view = modals.snooze_view(shown, now=now, time_zone=zone, private=click.button_id)
    windows.open_window(surface, item, view)


def _hand_over(surface: "Surface", item: Item, click: PlayClick) -> None:
    shown = _to_be_decided(surface, click, "hand_over")
    done = {approval["approver"] for approval in shown["approvals"]} | {click.by}
    able = surface.weir.plays.approvers(click.play_id)
    others = [p for p in able if p.email.casefold() not in {e.casefold() for e in done}]
    windows.open_window(
        surface, item, modals.hand_over_view(shown, others, private=click.button_id)
    )


def _why(surface: "Surface", item: Item, click: PlayClick) -> None:
    shown = shown_to(surface, click.play_id, click.by)
    windows.open_window(
        surface, item, modals.why_view(shown, called=surface.weir.plays.policy.called)
    )


def _targets(surface: "Surface", item: Item, click: PlayClick) -> None:
    windows.open_window(surface, item, _page(surface, item, click))


def _turn_page(surface: "Surface", item: Item, click: PlayClick) -> None:
    view_id = (item.body.get("view") or {}).get("id")
    if view_id:
        view = _page(surface, item, click)
        windows.fill(surface, item, view_id, view)


def _more(surface: "Surface", item: Item, click: PlayClick) -> None:
    chosen = {card.HAND_OVER: _hand_over, card.TARGETS: _targets}[click.verb]
    chosen(surface, item, click)


# Forms


def _edited(surface: "Surface", item: Item, click: PlayClick) -> Answer:
    desk = surface.weir.plays
    shown, edit = desk.show(click.play_id), Edit()
    if shown["digest"] == click.digest:
        edit, errors = edit_modal.read_edit(shown, _values(item))
        if errors:
            return {"response_action": "errors", "errors": errors}
    decision = desk.edit(click.play_id, edit, by=click.by, digest=click.digest)
    if decision.outcome is Outcome.BAD_EDIT:
        errors = edit_modal.errors_beside(shown, decision.sentence)
        return {"response_action": "errors", "errors": errors}
    return None if decision.accepted else _say(decision.sentence)


def _rejected(surface: "Surface", item: Item, click: PlayClick) -> Answer:
    reason = plain(_values(item).get(modals.REASON, {}).get(VALUE, {}).get("value") or "")
    if not reason:
        return {"response_action": "errors", "errors": {modals.REASON: "Say why."}}
    decision = surface.weir.plays.reject(
        click.play_id, by=click.by, digest=click.digest, reason=reason
    )
    return None if decision.accepted else _say(decision.sentence)


def _snoozed(surface: "Surface", item: Item, click: PlayClick) -> Answer:
    times = modals.snooze_times(surface.clock(), click.person.time_zone)
    until = times.get(_chosen(item, modals.UNTIL))
    if until is None:
        return {"response_action": "errors", "errors": {modals.UNTIL: "Choose a time."}}
    decision = surface.weir.plays.snooze(click.play_id, by=click.by, until=until)
    if decision.outcome is Outcome.BAD_REQUEST:
        return {"response_action": "errors", "errors": {modals.UNTIL: decision.sentence}}
    return _say(decision.sentence)


def _handed_over(surface: "Surface", item: Item, click: PlayClick) -> Answer:
    reason = plain(_values(item).get(modals.REASON, {}).get(VALUE, {}).get("value") or "")
    decision = surface.weir.plays.hand_over(
        click.play_id, by=click.by, to=_chosen(item, modals.PERSON), reason=reason or None
    )
    if decision.outcome is Outcome.BAD_REQUEST:
        return {"response_action": "errors", "errors": {modals.PERSON: decision.sentence}}
    return _say(decision.sentence)


# What they share


def _settle(surface: "Surface", item: Item, click: PlayClick, decision: Decision) -> None:
    """Say what came of a click, and draw the cards anew."""
    tell(surface, item, decision.sentence)
    refresh(surface, click.play_id, redraw=decision.outcome in _BEHIND)


def _to_be_decided(surface: "Surface", click: PlayClick, what: str) -> Shown:
    """Give a play that a person may do something with, as their card showed it.

    Raises:
        RefusedError: They may not, or the card shows something else.
    """
    desk = surface.weir.plays
    refused = desk.can(click.play_id, click.by)[what]
    shown = desk.show(click.play_id)
    if refused:
        is_behind = shown["state"] != "pending" or shown["digest"] != click.digest
        raise RefusedError(refused, redraw=click.play_id if is_behind else None)
    if shown["digest"] != click.digest:
        raise RefusedError(
            "This play was edited since your card was drawn; I have drawn it anew. "
            "Look at it again.",
            redraw=click.play_id,
        )
    return shown


def _page(surface: "Surface", item: Item, click: PlayClick) -> dict[str, Any]:
    shown = shown_to(surface, click.play_id, click.by)
    with surface.database.begin() as tx:
        buttons = buttons_of(surface, tx, item.team, shown)
        return batch.targets_view(shown, page=int(click.payload.get("page", 0)), buttons=buttons)


def _values(item: Item) -> dict[str, dict[str, Any]]:
    return dict(item.body["view"].get("state", {}).get("values") or {})


def _chosen(item: Item, block_id: str) -> str:
    element = _values(item).get(block_id, {}).get(VALUE, {})
    return str((element.get("selected_option") or {}).get("value") or "")


def _say(sentence: str) -> dict[str, Any]:
    return {"response_action": "update", "view": modals.said(sentence)}
