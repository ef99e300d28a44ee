"""Feedback: what people think of answers, one verdict a person and answer."""

from typing import TYPE_CHECKING

import sqlalchemy as sa

from agent.slack import blocks
from agent.slack.answers.record import Record
from agent.slack.blocks import Block
from agent.slack.tables import FEEDBACK

if TYPE_CHECKING:
    from collections.abc import Mapping

CALLBACK = "answer_reason"
REASON, WORDS = "reason", "words"
REASONS: "Mapping[str, str]" = {
    "wrong_number": "A number is wrong",
    "not_asked": "It is not what I asked",
    "missing": "Something is missing",
    "too_long": "It is too long",
    "other": "Something else",
}
_LONGEST = 1000


def note(
    database: sa.Engine,
    answered: Record,
    *,
    by: str,
    verdict: str,
    at: str,
    reason: str | None = None,
    words: str = "",
) -> None:
    """Keep a person's verdict on an answer; it replaces the one they gave before."""
    kept = answered.answer.get("answer") or {}
    row = {
        "answer_id": answered.id,
        "by": by,
        "verdict": verdict,
        "reason": reason,
        "question": answered.question,
        "answer": {
            "answer": kept.get("answer"),
            "tool_calls": kept.get("tool_calls") or [],
            "model": kept.get("model"),
            "words": words[:_LONGEST],
        },
        "at": at,
    }
    mine = sa.and_(FEEDBACK.c.answer_id == answered.id, FEEDBACK.c.by == by)
    with database.begin() as tx:
        tx.execute(FEEDBACK.delete().where(mine))
        tx.execute(FEEDBACK.insert().values(row))


def form(button_id: str) -> Block:
    """Build the modal that asks what was wrong."""
    choices = [blocks.option(text, value) for value, text in REASONS.items()]
    return blocks.modal(
        "What was wrong?",
        [
            blocks.field("Reason", blocks.menu(REASON, choices), REASON),
            blocks.field(
                "In your words",
                blocks.text_input(WORDS, multiline=True, most=_LONGEST),
                WORDS,
                hint="It is kept with the question, and makes the next answers better.",
                optional=True,
            ),
        ],
        callback_id=CALLBACK,
        submit="Send",
        private=button_id,
    )
