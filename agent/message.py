"""From a piece of content to a drafted play: one e-mail, to one lead, for a reason."""

from typing import TYPE_CHECKING, Any

import narwhals as nw

from agent.plays.draft import DraftRequest
from agent.plays.frequency import SEND, content_sent
from agent.plays.play import Effect, EvidenceRef, Why
from knowledge.errors import BadInputError
from tools.content.rank import next_content

if TYPE_CHECKING:
    from agent.plays.desk import PlayDesk
    from agent.plays.play import Play
    from knowledge.library.index import Library
    from knowledge.warehouse.versions import Snapshot

_ROW = ("journey_id", "name", "email", "owner_id", "team", "region", "value")

_EVERY_PIECE = 100_000

DEFAULT_NOTE = "Hello {name},\n\nI thought this might be useful to you."

# A single message can't be compared with anything: whether it was right shows over many.
_EFFECT = Effect(
    estimate=1.0,
    low=1.0,
    high=1.0,
    unit="e-mail queued",
    basis="One message to one person has no holdout, so what it brings can't be told apart from "
    "what would have happened anyway; only the message itself is promised.",
)


def propose_message(
    snapshot: "Snapshot",
    *,
    desk: "PlayDesk",
    library: "Library",
    by: str,
    journey_id: str,
    content_id: str,
    note: str | None = None,
    subject: str | None = None,
) -> "Play":
    """Draft a play that sends one piece of content to one lead.

    Args:
        snapshot: The warehouse version.
        desk: Where the play is drafted.
        library: Where the content comes from.
        by: E-mail of who wants it sent.
        journey_id: The lead.
        content_id: The piece, as `weir content` names it.
        note: What to write above the piece; ``{name}`` stands for the lead's name.
        subject: The e-mail's subject; the piece's title by default.

    Raises:
        BadInputError: There is no such lead or piece, or the piece is not for them.
        WeirError: The lead may not be written to now, or is in another play.
    """
    lead = _lead(snapshot, journey_id)
    item = _ranked(snapshot, library, lead, content_id)
    name = lead.get("name") or lead.get("email") or journey_id
    with desk.ledger.read() as tx:
        had = content_sent(tx, lead.get("email") or "")
    if content_id in had:
        raise BadInputError(f"An earlier play has sent {name} '{item['title']}'; choose another.")
    params = {
        "content_id": content_id,
        "title": item["title"],
        "url": item["url"],
        "subject": ((subject or "").strip() or item["title"])[:200],
        "note": (note or "").strip() or DEFAULT_NOTE,
    }
    request = DraftRequest(
        targets=[lead],
        actions=[{"kind": SEND, "params": params}],
        created_by=by,
        title=f"Send {name} '{item['title']}'",
        # Nothing to compare one message with, and a draw that left it unsent would only annoy.
        holdout=0.0,
        reason=(_why(item, name), _EFFECT),
    )
    return desk.draft(request, owners=[], warehouse_version=snapshot.version)


def _lead(snapshot: "Snapshot", journey_id: str) -> dict[str, Any]:
    journeys = snapshot.table("journeys").filter(nw.col("journey_id") == journey_id)
    present = [name for name in _ROW if name in journeys.collect_schema().names()]
    for row in journeys.select(present).collect().iter_rows(named=True):
        return dict(row)
    raise BadInputError(f"There is no lead {journey_id}.")


def _ranked(
    snapshot: "Snapshot", library: "Library", lead: dict[str, Any], content_id: str
) -> dict[str, Any]:
    """Find the piece among those that may be offered to the lead, with its reasons."""
    document = library.document(content_id)
    if document is None or document.kind != "content":
        raise BadInputError(f"There is no piece of content '{content_id}' in the library.")
    offered = next_content(snapshot, library, lead["journey_id"], limit=_EVERY_PIECE)
    for item in offered["items"]:
        if item["id"] == content_id:
            return {**item, "url": document.url or ""}
    raise BadInputError(
        f"'{document.title}' is not for {offered['for']}: they had it, or it expired, is internal "
        "or was written for others; `weir content` shows what suits them."
    )


def _why(item: dict[str, Any], name: str) -> Why:
    reasons = tuple(str(reason) for reason in item["why"])
    return Why(
        text=f"'{item['title']}' suits {name}: {' '.join(reasons)}",
        evidence=tuple(
            EvidenceRef(kind="content", ref=str(item["id"]), text=reason) for reason in reasons
        ),
    )
