"""Cards: what is offered for a person, as blocks, with an opaque id on every button."""

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent.plays.stamps import stamp
from agent.slack.blocks import (
    Block,
    Element,
    actions,
    button,
    context,
    menu,
    option,
    section,
)
from agent.slack.buttons import mint
from agent.slack.content.ask import LONGEST_TOPIC, SHOWN, Request
from agent.slack.text import clip, data
from agent.words import stage

if TYPE_CHECKING:
    from agent.slack.surface import Surface
    from knowledge.library.documents import Document

OFFER = "content_offer"
PIECE = "content_piece"
CHOICE = "content_choice"

PREVIEW = "content_preview"
SEND = "content_send"
LINK = "content_link"
NOT_USEFUL = "content_not_useful"
USEFUL = "content_useful"
REASON = "content_reason"
CHOOSE = "content_choose"

_SEVERAL = 2
_TITLE = 200
_WHY = 400
_WORDS_PER_MINUTE = 200
_BLOCK_ID = "offer"


def content_blocks(
    surface: "Surface",
    offer: dict[str, Any],
    *,
    team: str,
    asked_by: str,
    request: Request | None = None,
) -> list[Block]:
    """Draw an offer of ``tools.content.offer.content_for``.

    Args:
        surface: Where buttons are kept and the library is.
        offer: What is offered, or who could have been meant.
        team: Workspace that it is shown in.
        asked_by: Who asked.
        request: What was asked for; read from the offer where it isn't given.
    """
    asked = request or Request(str(offer.get("id") or offer.get("query") or ""), offer.get("after"))
    asked = Request(asked.name, asked.after or offer.get("after"), _clipped(asked.about))
    if offer.get("status") != "found":
        return _candidates(surface, offer, asked, team=team, asked_by=asked_by)
    # From here on the person that was found is meant, whatever name they were asked for by.
    asked = Request(str(offer["id"]), asked.after, asked.about)
    person = {"person": offer["id"], "entity": offer["entity"], "called": offer["for"]}
    key = _digest([asked.kept, asked_by])
    drawn: list[Block] = []
    with surface.database.begin() as tx:
        now = stamp(surface.clock())
        whole = mint(tx, team, OFFER, key, at=now, **asked.kept, **person)
        shown = offer["items"][:SHOWN]
        common = _common([item["why"] for item in shown])
        for number, item in enumerate(shown, start=1):
            document = surface.weir.library.document(item["id"])
            if document is None:
                continue
            piece = mint(
                tx,
                team,
                PIECE,
                f"{key}|{document.id}",
                at=now,
                content_id=document.id,
                offer=whole,
                **asked.kept,
                **person,
            )
            own = [reason for reason in item["why"] if reason not in common]
            drawn += _piece(number, document, own, piece)
    head = [section(f"*What to send {data(clip(str(offer['for']), _TITLE))} next*")]
    if notes := [data(note) for note in offer.get("notes") or []]:
        head.append(context(*notes))
    if drawn and common:
        head.append(context(f"All of them: {data(' '.join(common))}"))
    if not drawn:
        head.append(
            section("Nothing is left that fits: they had it, it expired, or it was not useful.")
        )
    return _marked([*head, *drawn], whole)


def offer_text(offer: dict[str, Any]) -> str:
    """Say an offer in one line, where blocks are not shown."""
    if offer.get("status") != "found":
        return f"Who is meant by {data(clip(str(offer.get('query')), _TITLE))}?"
    titles = "; ".join(data(clip(item["title"], _TITLE)) for item in offer["items"][:SHOWN])
    name = data(clip(str(offer["for"]), _TITLE))
    return f"What to send {name} next: {titles or 'nothing is left that fits'}"


def noted_blocks(title: str, called: str, piece: str) -> list[Block]:
    """Say that a piece was judged, with the way back and a place for the reason."""
    piece_title, name = (data(clip(text, _TITLE)) for text in (title, called))
    said = f"Noted: *{piece_title}* is not offered for {name} any more."
    return [
        context(said),
        actions(button("Say why", REASON, piece), button("Offer it again", USEFUL, piece)),
    ]


def is_of(block: Block, offer: str) -> bool:
    """Tell whether a block belongs to an offer."""
    return str(block.get("block_id") or "").startswith(f"{_BLOCK_ID}.{offer}.")


def mark_on(blocks: Sequence[Block], offer: str, *, start: int) -> list[Block]:
    """Mark further blocks of an offer, so that they are found again."""
    return _marked(blocks, offer, start=start)


def facts(document: "Document") -> str:
    """Say what a piece is: format, for which stages and personas, and how long."""
    words = len(document.body.split())
    minutes = max(1, round(words / _WORDS_PER_MINUTE))
    parts = [
        document.format or "piece",
        f"stages: {', '.join(map(stage, document.stage)) or 'all'}",
        f"for: {', '.join(document.persona) or 'everybody'}",
        f"{minutes} min to read",
    ]
    return data(" · ".join(parts))


def _piece(number: int, document: "Document", why: Sequence[str], piece: str) -> list[Block]:
    reasons = "\n".join(f"• {data(clip(reason, _WHY))}" for reason in why)
    title = f"*{number}. {data(clip(document.title, _TITLE))}*"
    return [
        section(f"{title}\n{reasons}" if reasons else title),
        context(facts(document)),
        actions(
            button("Preview", PREVIEW, piece),
            button("Send as play", SEND, piece, style="primary"),
            button("Copy link", LINK, piece),
            button("Not useful", NOT_USEFUL, piece),
        ),
    ]


def _common(reasons: Sequence[Sequence[str]]) -> list[str]:
    """List the reasons that all pieces have; they are said once, none where there is one piece."""
    if len(reasons) < _SEVERAL:
        return []
    return [reason for reason in reasons[0] if all(reason in others for others in reasons)]


def _candidates(
    surface: "Surface", offer: dict[str, Any], asked: Request, *, team: str, asked_by: str
) -> list[Block]:
    query = data(clip(str(offer.get("query") or asked.name), _TITLE))
    several = offer.get("status") == "ambiguous"
    said = f"“{query}” could be several." if several else f"Nobody I may show you is “{query}”."
    blocks = [section(said)]
    if notes := [data(note) for note in offer.get("notes") or []]:
        blocks.append(context(*notes))
    options: list[Element] = []
    with surface.database.begin() as tx:
        for candidate in offer.get("candidates") or []:
            meant = Request(str(candidate.get("ask") or candidate["id"]), asked.after, asked.about)
            key = _digest([meant.kept, asked_by])
            chosen = mint(tx, team, CHOICE, key, at=stamp(surface.clock()), **meant.kept)
            name = str(candidate.get("name") or candidate["id"])
            options.append(option(name, chosen, description=candidate.get("hint") or None))
    if options:
        asks = "Whom do you mean?" if several else "Did you mean one of these?"
        blocks.append(actions(menu(CHOOSE, options, placeholder=asks)))
    else:
        blocks.append(context("Try an e-mail address, a full name, or a role at an account."))
    return blocks


def _marked(blocks: Sequence[Block], offer: str, *, start: int = 0) -> list[Block]:
    return [
        {**block, "block_id": f"{_BLOCK_ID}.{offer}.{number}"}
        for number, block in enumerate(blocks, start=start)
    ]


def _clipped(about: str | None) -> str | None:
    return about[:LONGEST_TOPIC] if about else None


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]
