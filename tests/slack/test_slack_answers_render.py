"""Answers as messages: within Slack's limits, and harmless, whatever data holds."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.answer import Answer
from agent.slack import blocks
from agent.slack.answers import evidence, render, tables
from agent.slack.answers.pieces import MOST, Pieces, settled
from agent.slack.answers.question import read
from agent.slack.text import markdown
from evals.slack_server.limits.blocks import check_blocks
from evals.slack_server.limits.check import Check
from evals.slack_server.limits.views import check_view

FRAME = render.Frame(evidence="b_1", good="b_2", bad="b_3", again="b_4")
HOSTILE = [
    "A" * 500,
    "<!channel> <@U1> <!here>",
    "[bank](http://evil.example)",
    "![x](http://evil.example 'title')",
    "[bank]: http://evil.example",
    "@channel @here @everyone",
    "\u202egnp.exe\u202c",
    "👩‍👩‍👧‍👦🏴‍☠️ ﷽ مرحبا",
    "*bold* _it_ ~no~ `code` ```fence",
    "| a | b |\n|---|---|\n| <!channel> | [x](http://evil.example) |",
    "- mql to accepted: 41.2% (1,196 of 2,900; interval 39.4% to 43.0%), median 3.2 days",
    "a\x00b\x07c",
    "> quoted\n> > deeper",
    "& &amp; &lt; <b>",
    "",
    "\n\n",
]
piece = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=80))
long_text = st.lists(piece, max_size=14).map("\n\n".join)
grown = st.builds(lambda text, times: text * times, long_text, st.sampled_from([1, 1, 3, 30]))
quote = st.fixed_dictionaries({"id": piece, "quote": piece})
call = st.fixed_dictionaries(
    {
        "name": st.one_of(st.just("funnel"), piece.filter(bool)),
        "args": st.dictionaries(piece, st.one_of(piece, st.lists(piece, max_size=3)), max_size=3),
        "seconds": st.one_of(st.none(), st.floats(0, 100)),
    }
)
answers = st.builds(
    Answer,
    answer=grown,
    citations=st.lists(quote, max_size=8),
    tool_calls=st.lists(call, max_size=14),
    plays=st.lists(piece, max_size=8),
    evidence=st.lists(
        st.fixed_dictionaries({"kind": piece, "ref": piece, "version": st.just(4)}), max_size=20
    ),
    unsupported=st.lists(st.fixed_dictionaries({"kind": piece, "text": piece}), max_size=8),
    model=piece,
    notes=st.lists(piece, max_size=4),
)


def broken(message: list[dict[str, Any]]) -> list[str]:
    check = Check("message")
    check_blocks(check, message, "/blocks", blocks.BLOCKS_PER_MESSAGE)
    return check.found


def texts(value: Any) -> list[str]:
    """Give the texts that Slack formats; raw text in a table and plain text are shown as is."""
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if not isinstance(value, dict):
        return []
    if value.get("type") in ("mrkdwn", "markdown"):
        return [value["text"]]
    return [text for item in value.values() for text in texts(item)]


@settings(max_examples=40, deadline=None)
@given(answers)
def test_every_message_of_any_answer_is_within_the_limits(answer: Answer) -> None:
    for message in render.messages(answer, FRAME):
        assert broken(message.blocks) == []
        assert broken(message.spare) == []
        assert 0 < len(message.text) <= blocks.FALLBACK_TEXT
        assert not any(block["type"] == "table" for block in message.spare)


@settings(max_examples=40, deadline=None)
@given(answers)
def test_nothing_in_an_answer_mentions_broadcasts_or_hides_an_address(answer: Answer) -> None:
    for message in render.messages(answer, FRAME):
        for text in [message.text, *texts(message.blocks), *texts(message.spare)]:
            assert "<" not in text
            assert not re.search(r"@(channel|here|everyone)\b", text)
            assert "\u202e" not in text
        for block in [*message.blocks, *message.spare]:
            assert "](http" not in str(block.get("text")) or block["type"] != "markdown"


@settings(max_examples=30, deadline=None)
@given(answers, piece)
def test_the_evidence_of_any_answer_is_a_valid_modal(answer: Answer, question: str) -> None:
    kept = [
        {
            **call,
            "ok": True,
            "as_of": "2026-10-31",
            "warehouse_version": 4,
            "model": "m",
            "spans": [],
        }
        for call in answer.tool_calls
    ]
    view = evidence.view(question, answer.as_dict(), kept, embedding="mini")
    check_view(view, ())
    assert not any("<" in text for text in texts(view["blocks"]))


@settings(max_examples=60, deadline=None)
@given(grown.filter(lambda text: len(text) < MOST // 2), st.lists(st.integers(1, 30), min_size=1))
def test_streamed_pieces_are_a_safe_beginning_of_the_whole(text: str, sizes: list[int]) -> None:
    pieces, at, place = Pieces(), 0, 0
    while at < len(text):
        size = sizes[place % len(sizes)]
        before = pieces.shown
        pieces.feed(text[at : at + size], "m1")
        assert pieces.shown.startswith(before)
        assert markdown(text).startswith(pieces.shown)
        at, place = at + size, place + 1
    pieces.close()
    assert pieces.shown == markdown(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("See [the bank", "See"),
        ("See [the bank](http://ev", "See"),
        ("See [the bank](http://evil.example) now", "See [the bank](http://evil.example)"),
        ("Tell @chan", "Tell"),
        ("One two", "One"),
    ],
)
def test_an_unfinished_link_or_word_waits_for_its_end(text: str, kept: str) -> None:
    assert settled(text) == kept


def test_a_new_message_of_the_model_begins_a_paragraph() -> None:
    pieces = Pieces()
    pieces.feed("Let me look.", "m1")
    pieces.feed("You lose 12 leads.", "m2")
    pieces.close()
    assert pieces.shown == "Let me look.\n\nYou lose 12 leads."


def test_a_markdown_table_becomes_a_native_one_with_numbers_to_the_right() -> None:
    text = "Rates:\n\n| Region | Rate |\n|---|---:|\n| **EMEA** | 31% |\n| APAC | 44% |\n\nDone."
    (message,) = render.messages(Answer(text), FRAME)
    (table,) = [block for block in message.blocks if block["type"] == "table"]
    assert [[cell["text"] for cell in row] for row in table["rows"]] == [
        ["Region", "Rate"],
        ["EMEA", "31%"],
        ["APAC", "44%"],
    ]
    assert [column["align"] for column in table["column_settings"]] == ["left", "right"]
    assert "EMEA     31%" in next(
        block["text"] for block in message.spare if "```" in block.get("text", "")
    )


def test_lines_of_figures_become_a_table_and_no_figure_is_lost() -> None:
    text = (
        "The funnel, from the cohorts that can be compared:\n"
        "- MQL to accepted: 41.2% (1,196 of 2,900; interval 39.4% to 43.0%), median 3.2 days, "
        "214 still open\n"
        "- accepted to SQL: 55.2% (1,601 of 2,900)\n"
        "Figures of warehouse version 4, as of 2026-10-31."
    )
    before, table, after = tables.split(text)
    assert isinstance(table, tables.Table)
    assert table.columns == (
        "",
        "Rate",
        "Interval",
        "Converted",
        "Of",
        "Median days",
        "Still open",
    )
    assert table.rows[0] == (
        "MQL to accepted",
        "41.2%",
        "39.4% to 43.0%",
        "1,196",
        "2,900",
        "3.2",
        "214",
    )
    assert table.rows[1] == ("accepted to SQL", "55.2%", "-", "1,601", "2,900", "-", "-")
    assert (before, after) == (text.split("\n", maxsplit=1)[0], text.rsplit("\n", maxsplit=1)[-1])


def test_two_tables_stand_in_two_messages() -> None:
    one = "| a | b |\n|---|---|\n| 1 | 2 |"
    shown = render.messages(Answer(f"First\n\n{one}\n\nSecond\n\n{one}"), FRAME)
    assert [sum(b["type"] == "table" for b in message.blocks) for message in shown] == [1, 1]


def test_a_long_answer_is_split_between_paragraphs_and_ends_with_its_buttons() -> None:
    text = "\n\n".join(f"Paragraph {number}. {'word ' * 80}".strip() for number in range(80))
    shown = render.messages(Answer(text, tool_calls=[{"name": "funnel", "args": {}}]), FRAME)
    assert len(shown) > 1
    bodies = [block["text"] for m in shown for block in m.blocks if block["type"] == "markdown"]
    assert "\n\n".join(bodies) == text
    assert all(body.startswith("Paragraph") for body in bodies)
    kinds = [[block["type"] for block in message.blocks] for message in shown]
    assert kinds[0][0] == "context"
    assert kinds[-1][-2:] == ["actions", "context_actions"]


def test_what_nothing_confirms_is_flagged_and_sources_are_quoted() -> None:
    answer = Answer(
        "Assign within an hour. 99% agree.",
        citations=[{"id": "playbooks/slow#1", "quote": "Assign every new MQL."}],
        unsupported=[{"kind": "number", "text": "99%"}],
    )
    frame = render.Frame(titles={"playbooks/slow#1": "Slow hand-off > What to do"})
    (message,) = render.messages(answer, frame)
    shown = "\n".join(texts(message.blocks))
    assert "Not confirmed by any figure or document: “99%”" in shown
    assert "*Slow hand-off &gt; What to do*: “Assign every new MQL.”" in shown


def test_a_message_is_read_without_slacks_marks() -> None:
    text = (
        "<@UWEIR> how is <@USAM> doing in <#C1|revenue>, see <https://a.example|the page> or "
        "<mailto:jo@b.example|jo@b.example> &amp; <!here>?"
    )
    names = {"USAM": "Sam Okafor"}
    assert read(text, "UWEIR", lambda user: names[user]) == (
        "how is Sam Okafor doing in #revenue, see the page or jo@b.example & @here?"
    )
