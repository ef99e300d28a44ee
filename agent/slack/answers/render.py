"""Render: an answer as messages, each within Slack's limits, whatever the answer holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.answer import Answer
from agent.slack import blocks
from agent.slack.answers import tables, words
from agent.slack.answers.layout import laid_out
from agent.slack.blocks import Block, Element
from agent.slack.text import clip, data, markdown

# Slack counts 12,000 characters of Markdown in a message; the rest is for its own marks.
MARKDOWN_IN_MESSAGE = 11_000
EVIDENCE, STOP, FEEDBACK, MORE = (
    "answer_evidence",
    "answer_stop",
    "answer_feedback",
    "answer_more",
)
_CITATIONS = 5
_QUOTE = 220
_UNSUPPORTED = 5
_EXAMPLES = 4
_EMPTY = "I have no answer to that."


@dataclass(frozen=True)
class Frame:
    """Hold what is shown around an answer: ids of its buttons, and what to know of it.

    Attributes:
        evidence: Id of the button that shows what it rests on; none where there is nothing.
        good: Id that stands for "this helped".
        bad: Id that stands for "this did not help".
        again: Id that stands for asking the question anew.
        stopped_by: Name of who stopped it.
        titles: Titles of cited sections, by id.
        examples: Questions to offer where this one was not understood.
    """

    evidence: str | None = None
    good: str | None = None
    bad: str | None = None
    again: str | None = None
    stopped_by: str | None = None
    titles: Mapping[str, str] = field(default_factory=dict)
    examples: Sequence[str] = ()


@dataclass(frozen=True)
class Message:
    """Hold a message: its blocks, blocks without a native table, and its notification."""

    blocks: list[Block]
    spare: list[Block]
    text: str


def messages(answer: Answer, frame: Frame) -> list[Message]:
    """Give the messages of an answer, the first to replace the streamed one."""
    pages = list(_pages(answer.answer.strip() or _EMPTY))
    head, foot = _head(answer), _foot(answer, frame)
    notice = words.fallback(data(answer.answer) or _EMPTY)
    shown = []
    for place, (body, spare) in enumerate(pages):
        first = head if place == 0 else []
        last = foot if place == len(pages) - 1 else []
        shown.append(
            Message(
                blocks.fit([*first, *body, *last]),
                blocks.fit([*first, *spare, *last]),
                notice if place == 0 else "The answer goes on.",
            )
        )
    return shown


def running(text: str, tasks: Sequence[tuple[str, str]], stop: str | None) -> list[Block]:
    """Give the blocks of an answer that is under way, where Slack can't stream it."""
    steps = " · ".join(f"{mark} {data(title)}" for mark, title in tasks)
    shown = [blocks.context(clip(steps, blocks.CONTEXT_TEXT))] if steps else []
    if text:
        shown.append(blocks.markdown(text))
    return [*shown, stop_button(stop)] if stop else shown or [blocks.context(words.LOADING[0])]


def stop_button(value: str) -> Block:
    """Build the button that ends an answer."""
    return blocks.actions(blocks.button("Stop", STOP, value))


def _pages(text: str) -> Iterator[tuple[list[Block], list[Block]]]:
    """Split a text into messages: the blocks, and the same without a native table."""
    body: list[Block] = []
    spare: list[Block] = []
    room, has_table = MARKDOWN_IN_MESSAGE, False
    for part in _parts(text):
        is_table = isinstance(part, tables.Table)
        written = tables.monospace(part) if isinstance(part, tables.Table) else part
        written = markdown(written) if is_table else written
        if body and (len(written) > room or (is_table and has_table)):
            yield body, spare
            body, spare, room, has_table = [], [], MARKDOWN_IN_MESSAGE, False
        plain = blocks.markdown(written)
        body = [*body, tables.native(part) if isinstance(part, tables.Table) else plain]
        spare = [*spare, plain]
        room -= len(written)
        has_table = has_table or is_table
    empty = [blocks.markdown(_EMPTY)]
    yield body or empty, spare or empty


def _parts(text: str) -> Iterator[tables.Part]:
    for part in tables.split(text):
        if isinstance(part, tables.Table):
            yield part
        else:
            yield from paragraphs(markdown(laid_out(part)).strip("\n"), MARKDOWN_IN_MESSAGE)


def paragraphs(text: str, most: int) -> list[str]:
    """Split a text at the borders of paragraphs, else of lines, else of words."""
    parts: list[str] = []
    while len(text) > most:
        cut = next(
            (at for sign in ("\n\n", "\n", " ") if (at := text.rfind(sign, 1, most)) > most // 4),
            0,
        )
        # An escaped sign is not cut in two.
        cut = cut or len(clip(text[: most + 1], most)) - 1
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip("\n ")
    return [part for part in [*parts, text] if part.strip()]


def _head(answer: Answer) -> list[Block]:
    steps = [
        " ".join(filter(None, (words.done(call["name"]), _took(call)))) for call in _calls(answer)
    ]
    return [blocks.context("✓ " + data(" · ".join(steps)))] if steps else []


def _calls(answer: Answer) -> list[dict[str, Any]]:
    return [call for call in answer.tool_calls if call.get("name")]


def _took(call: Mapping[str, Any]) -> str:
    spent = words.seconds(call.get("seconds"))
    return f"({spent})" if spent else ""


def _foot(answer: Answer, frame: Frame) -> list[Block]:
    shown: list[Block] = []
    if frame.stopped_by:
        shown.append(blocks.context(f"⏹ Stopped by {data(frame.stopped_by)}."))
    if answer.unsupported:
        named = ", ".join(
            f"“{data(clip(str(item.get('text')), 60))}”"
            for item in answer.unsupported[:_UNSUPPORTED]
        )
        shown.append(blocks.context(f"⚠ Not confirmed by any figure or document: {named}"))
    shown += [_citation(item, frame.titles) for item in answer.citations[:_CITATIONS]]
    left = len(answer.citations) - _CITATIONS
    if left > 0:
        shown.append(blocks.context(f"… and {left} more sources: see the evidence."))
    if answer.plays:
        named = ", ".join(f"`{data(play)}`" for play in answer.plays[:_UNSUPPORTED])
        shown.append(blocks.context(f"Drafted {named}: nothing is changed until it is approved."))
    shown += [blocks.context(data(note)) for note in answer.notes[:3] if data(note).strip()]
    if frame.examples:
        offered = "\n".join(f"• {data(item)}" for item in frame.examples[:_EXAMPLES])
        shown.append(blocks.section(f"For example, ask:\n{offered}"))
    buttons = _buttons(frame)
    if buttons:
        shown.append(blocks.actions(*buttons))
    if frame.good and frame.bad:
        shown.append(feedback_buttons(frame.good, frame.bad))
    return shown


def _citation(item: Mapping[str, str], titles: Mapping[str, str]) -> Block:
    identity, quote = str(item.get("id")), str(item.get("quote") or "")
    title = titles.get(identity) or identity
    said = f": “{data(clip(quote, _QUOTE))}”" if quote.strip() else ""
    ref = "" if title == identity else f" `{data(identity)}`"
    return blocks.context(f"📄 *{data(title)}*{said}{ref}")


def _buttons(frame: Frame) -> list[Element]:
    if not frame.evidence:
        return []
    found = [blocks.button("Show evidence", EVIDENCE, frame.evidence)]
    if frame.again and frame.bad:
        found.append(
            {
                "type": "overflow",
                "action_id": MORE,
                "options": [
                    blocks.option("Ask again with the newest data", frame.again),
                    blocks.option("Tell what is wrong", frame.bad),
                ],
            }
        )
    return found


def feedback_buttons(good: str, bad: str) -> Block:
    """Build the two buttons that rate an answer."""
    return {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": FEEDBACK,
                "positive_button": _rating("Good answer", good),
                "negative_button": _rating("Bad answer", bad),
            }
        ],
    }


def _rating(text: str, value: str) -> Element:
    return {
        "text": blocks.plain_text(text, blocks.BUTTON_TEXT),
        "value": value,
        "accessibility_label": f"Rate this as a {text.lower()}",
    }
