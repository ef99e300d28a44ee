"""Preview: a piece of content, a link to it, and the forms around it, as modals."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from agent.slack.blocks import (
    BLOCKS_PER_VIEW,
    SECTION_TEXT,
    Block,
    context,
    divider,
    field,
    modal,
    section,
    text_input,
)
from agent.slack.content.cards import facts
from agent.slack.text import clip, data, escape, markdown, plain
from agent.words import day

if TYPE_CHECKING:
    from knowledge.library.documents import Document

SEND_FORM = "content_send_form"
ASK_FORM = "content_ask_form"
REASON_FORM = "content_reason_form"
CLOSED = "closed"

SUBJECT, NOTE, WHY, WHOM = "subject", "note", "why", "whom"
LONGEST_SUBJECT = 200
LONGEST_NOTE = 1500
LONGEST_REASON = 500
LONGEST_NAME = 200

_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(?P<words>.+?)\s*#*\s*$")
_BULLET = re.compile(r"^(?P<indent>\s*)[-*+]\s+")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_PIECES_LEFT = BLOCKS_PER_VIEW - 5


def preview_view(document: "Document") -> Block:
    """Show a piece: what it says, for whom it is, until when, and where it comes from."""
    expiry = f"may be used until {day(document.expires)}" if document.expires else "does not expire"
    audience = "may leave the company" if document.audience == "external" else "internal only"
    source = f"library id {data(document.id)}, version {document.version}"
    blocks = [
        section(f"*{data(clip(document.title, 300))}*"),
        context(
            facts(document), f"{audience}; {expiry}", source, f"kept by {data(document.owner)}"
        ),
        divider(),
        *_sections(document.body),
    ]
    return modal("Preview", blocks, callback_id=CLOSED)


def link_view(document: "Document", url: str | None) -> Block:
    """Show what to copy: the address of a piece, or its id where it has none."""
    if url:
        said = "Copy this address:"
    else:
        said = "This piece has no address; this is its id in the library:"
    code = escape(plain(url or document.id)).replace("`", "'")
    blocks = [
        section(f"*{data(clip(document.title, 300))}*\n{said}"),
        section(f"```{clip(code, SECTION_TEXT - 10)}```"),
    ]
    return modal("Copy link", blocks, callback_id=CLOSED)


def send_view(document: "Document", called: str, *, private: str) -> Block:
    """Ask for the subject and the note of what is to be sent."""
    first = plain(called).split(" ")[0]
    note = f"Hi {first},\n\nthis may help you with your next step: {plain(document.title)}."
    blocks = [
        section(f"*{data(clip(document.title, 300))}* to *{data(clip(called, 200))}*"),
        context("Nothing is sent now: this drafts a play, and the policy says who approves it."),
        field(
            "Subject",
            text_input(SUBJECT, initial=plain(document.title), most=LONGEST_SUBJECT),
            SUBJECT,
        ),
        field("Note", text_input(NOTE, initial=note, multiline=True, most=LONGEST_NOTE), NOTE),
    ]
    return modal("Send as play", blocks, callback_id=SEND_FORM, submit="Draft", private=private)


def reason_view(document: "Document", called: str, *, private: str) -> Block:
    """Ask why a piece is not useful."""
    blocks = [
        section(f"Why is *{data(clip(document.title, 300))}* not useful for {data(called)}?"),
        field(
            "Reason",
            text_input(WHY, multiline=True, most=LONGEST_REASON),
            WHY,
            optional=True,
            hint="Whoever keeps the content reads it.",
        ),
    ]
    return modal("Not useful", blocks, callback_id=REASON_FORM, submit="Save", private=private)


def ask_view(named: list[str], *, private: str) -> Block:
    """Ask for whom content is wanted, with who is named in a message filled in."""
    others = ", ".join(plain(name) for name in named[1:])
    hint = "A name, an e-mail address, or a role at an account: champion at Acme."
    blocks = [
        section("What the message says is taken into account."),
        field(
            "For whom?",
            text_input(WHOM, initial=plain(named[0]) if named else "", most=LONGEST_NAME),
            WHOM,
            hint=f"Also named in the message: {others}." if others else hint,
        ),
    ]
    return modal("Next best content", blocks, callback_id=ASK_FORM, submit="Find", private=private)


def said_view(title: str, sentence: str) -> Block:
    """Show a sentence."""
    return modal(title, [section(data(sentence))], callback_id=CLOSED)


def typed(view: dict[str, Any], name: str) -> str:
    """Read what was typed into a field."""
    values = view.get("state", {}).get("values", {})
    return str((values.get(name, {}).get(name) or {}).get("value") or "").strip()


def _sections(body: str) -> Iterator[Block]:
    """Cut a Markdown text into paragraphs with Slack's format; modals take no Markdown blocks."""
    shown, count = "", 0
    for line in body.splitlines():
        text = _line(line)
        if len(shown) + len(text) + 1 > SECTION_TEXT or (_HEADING.match(line) and shown.strip()):
            yield section(shown.strip())
            shown, count = "", count + 1
            if count >= _PIECES_LEFT:
                yield context("… the rest is in the library.")
                return
        shown += f"{clip(text, SECTION_TEXT - 1)}\n"
    if shown.strip():
        yield section(shown.strip())


def _line(line: str) -> str:
    heading = _HEADING.match(line)
    if heading:
        return f"*{markdown(heading['words']).replace('*', '')}*"
    bulleted = _BULLET.sub(lambda match: f"{match['indent']}• ", line)
    return _STRONG.sub(r"*\2*", markdown(bulleted))
