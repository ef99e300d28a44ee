"""Content: what to send next, asked for by command, on a message, or below an answer."""

import logging
import threading
from typing import Any

import narwhals as nw

from agent.access import Book, Viewer
from agent.plays.stamps import stamp
from agent.slack import windows
from agent.slack.blocks import Block
from agent.slack.buttons import Button, mint
from agent.slack.content import cards, preview, reply
from agent.slack.content.ask import (
    LONGEST_TOPIC,
    NotForYouError,
    Request,
    check_sees,
    clicked,
    offer_to,
    viewer,
)
from agent.slack.content.named import named_in
from agent.slack.failures import described
from agent.slack.item import Item
from agent.slack.routes import Routes
from agent.slack.surface import Surface
from knowledge.errors import BadInputError
from knowledge.library.documents import Document
from tools.content.reader import rows
from tools.crm.directory import directory_of

_LOG = logging.getLogger(__name__)

SHORTCUT = "content_for_message"
_FORM = "content_form"
_USAGE = (
    "Say whom it is for: /weir next Jane Doe, or /weir next champion at Acme after yesterday's demo"
)


def register(routes: Routes) -> None:
    """Add the routes."""
    routes.on("shortcut", SHORTCUT, ask_for_message)
    routes.on("action", cards.PREVIEW, show_preview)
    routes.on("action", cards.LINK, show_link)
    routes.on("action", cards.SEND, show_send_form)
    routes.on("action", cards.NOT_USEFUL, judge_not_useful)
    routes.on("action", cards.USEFUL, judge_useful)
    routes.on("action", cards.REASON, show_reason_form)
    routes.on("action", cards.CHOOSE, choose)
    routes.submit(preview.ASK_FORM, submit_ask)
    routes.submit(preview.SEND_FORM, submit_send)
    routes.submit(preview.REASON_FORM, submit_reason)


def offer_for_command(surface: Surface, item: Item, name: str) -> None:
    """Offer content to whoever typed ``/weir next NAME``, so that only they see it."""
    if not name.strip():
        raise BadInputError(_USAGE)
    text, blocks = _offered(surface, item, viewer(surface, item), Request(name.strip()))
    reply.answer(surface, item, text, blocks)


def ask_for_message(surface: Surface, item: Item) -> None:
    """Ask for whom content is wanted that goes with a message."""
    seen_by = viewer(surface, item)
    # The form is there at once: reading all names the first time may take longer than Slack waits.
    window = windows.open_waiting(surface, item, "Next best content")
    message = item.body.get("message") or {}
    said = str(message.get("text") or "")
    with surface.weir.snapshot() as snapshot:
        directory = directory_of(snapshot)
        if seen_by.sees == "own":
            directory = Book(snapshot, seen_by).directory
        named = named_in(said, directory.entries)
    with surface.database.begin() as tx:
        form = mint(
            tx,
            item.team,
            _FORM,
            f"{item.actor}|{item.channel}|{item.ts}",
            at=stamp(surface.clock()),
            about=said[:LONGEST_TOPIC],
            channel=item.channel,
            thread_ts=message.get("thread_ts"),
        )
    windows.fill(surface, item, window, preview.ask_view(named, private=form))


def submit_ask(surface: Surface, item: Item) -> dict[str, Any] | None:
    """Offer content for whom the form names, seen by its sender alone."""
    view = item.body["view"]
    name = preview.typed(view, preview.WHOM)
    if not name:
        return {"response_action": "errors", "errors": {preview.WHOM: "Say for whom."}}
    form = clicked(surface, item, _FORM, value=view.get("private_metadata"))
    request = Request(name, about=form.payload.get("about"))
    text, blocks = _offered(surface, item, viewer(surface, item), request)
    place = (form.payload.get("channel"), form.payload.get("thread_ts"))
    reply.say(surface, item.team, item.actor or "", *place, text=text, blocks=blocks)
    return None


def choose(surface: Surface, item: Item) -> None:
    """Offer content for the one who was chosen among several."""
    request = Request.read(clicked(surface, item, cards.CHOICE).payload)
    text, blocks = _offered(surface, item, viewer(surface, item), request)
    reply.replace(surface, item, None, text, blocks)


def show_preview(surface: Surface, item: Item) -> None:
    """Show a piece."""
    piece = _piece(surface, item)[1]
    windows.open_window(surface, item, preview.preview_view(_document(surface, piece)))


def show_link(surface: Surface, item: Item) -> None:
    """Show the address of a piece."""
    document = _document(surface, _piece(surface, item)[1])
    address = document.url or _address(surface, document.id)
    windows.open_window(surface, item, preview.link_view(document, address))


def show_send_form(surface: Surface, item: Item) -> None:
    """Ask for the subject and the note of a message that a play will send."""
    piece = _piece(surface, item)[1]
    view = preview.send_view(
        _document(surface, piece), str(piece.payload["called"]), private=piece.id
    )
    windows.open_window(surface, item, view)


def submit_send(surface: Surface, item: Item) -> dict[str, Any] | None:
    """Draft the play that sends a piece; who approves it is the policy's business."""
    view = item.body["view"]
    subject, note = (preview.typed(view, name) for name in (preview.SUBJECT, preview.NOTE))
    asked_by, piece = _piece(surface, item, value=view.get("private_metadata"))
    play = surface.weir.propose_message(
        by=str(asked_by.email),
        journey_id=str(piece.payload["person"]),
        content_id=str(piece.payload["content_id"]),
        note=note,
        subject=subject,
    )
    # Slack waits three seconds for this answer; the card may come a moment later.
    shows = threading.Thread(
        target=_show_play, args=(surface, item, play.id), name="content-card", daemon=True
    )
    shows.start()
    said = (
        f"Drafted: {play.title}. {surface.weir.plays.who_may_approve(play.id)} Its card comes to "
        "you directly."
    )
    return {"response_action": "update", "view": preview.said_view("Send as play", said)}


def judge_not_useful(surface: Surface, item: Item) -> None:
    """Learn that a piece is not useful for somebody, and offer the next one in its place."""
    asked_by, piece = _piece(surface, item)
    _judge(surface, asked_by, piece, "not_useful")
    document = _document(surface, piece)
    noted = cards.noted_blocks(document.title, str(piece.payload["called"]), piece.id)
    _draw_again(surface, item, asked_by, piece, noted)


def judge_useful(surface: Surface, item: Item) -> None:
    """Take back that a piece is not useful."""
    asked_by, piece = _piece(surface, item)
    _judge(surface, asked_by, piece, "useful")
    _draw_again(surface, item, asked_by, piece, [])


def show_reason_form(surface: Surface, item: Item) -> None:
    """Ask why a piece is not useful."""
    piece = _piece(surface, item)[1]
    view = preview.reason_view(
        _document(surface, piece), str(piece.payload["called"]), private=piece.id
    )
    windows.open_window(surface, item, view)


def submit_reason(surface: Surface, item: Item) -> dict[str, Any] | None:
    """Keep why a piece is not useful."""
    view = item.body["view"]
    asked_by, piece = _piece(surface, item, value=view.get("private_metadata"))
    reason = preview.typed(view, preview.WHY)
    if reason:
        _judge(surface, asked_by, piece, "not_useful", reason)
    return None


def _offered(
    surface: Surface, item: Item, asked_by: Viewer, request: Request
) -> tuple[str, list[Block]]:
    offer = offer_to(surface, asked_by, request)
    blocks = cards.content_blocks(
        surface, offer, team=item.team, asked_by=item.actor or "", request=request
    )
    return cards.offer_text(offer), blocks


def _piece(surface: Surface, item: Item, *, value: str | None = None) -> tuple[Viewer, Button]:
    """Look up the piece that a click is about, and check that who clicked may see for whom."""
    asked_by = viewer(surface, item)
    piece = clicked(surface, item, cards.PIECE, value=value)
    check_sees(surface, asked_by, str(piece.payload["person"]))
    return asked_by, piece


def _document(surface: Surface, piece: Button) -> Document:
    document = surface.weir.library.document(str(piece.payload["content_id"]))
    if document is None:
        raise NotForYouError("That piece is no longer in the library.")
    return document


def _address(surface: Surface, content_id: str) -> str | None:
    """Find the address of a piece in the marketing system's data."""
    with surface.weir.snapshot() as snapshot:
        content = snapshot.table("content").filter(nw.col("source_id") == content_id)
        found = rows(content.select("url").filter(~nw.col("url").is_null()))
    return str(found[0]["url"]) if found else None


def _judge(
    surface: Surface, by: Viewer, piece: Button, verdict: Any, reason: str | None = None
) -> None:
    surface.weir.judge(
        str(piece.payload["content_id"]),
        str(piece.payload["entity"]),
        verdict,
        by=str(by.email),
        reason=reason,
    )


def _draw_again(
    surface: Surface, item: Item, asked_by: Viewer, piece: Button, more: list[Block]
) -> None:
    """Draw the offer anew, where it stands."""
    request = Request.read(piece.payload)
    text, blocks = _offered(surface, item, asked_by, request)
    old = str(piece.payload["offer"])
    extra = cards.mark_on(more, old, start=len(blocks))
    reply.replace(surface, item, old, text, [*blocks, *extra])


def _show_play(surface: Surface, item: Item, play_id: str) -> None:
    """Have the card of a play stand in the direct messages of who drafted it."""
    from agent.slack.plays.sync import show_in  # noqa: PLC0415 - only drafting needs it

    try:
        opened = surface.clients.of(item.team).conversations_open(users=item.actor or "")
        show_in(surface, play_id, team=item.team, channel=opened["channel"]["id"], thread_ts=None)
    except Exception as error:  # noqa: BLE001 - the approvers' cards come anyway
        _LOG.warning("could not show play %s to who drafted it: %s", play_id, described(error))
