"""The preview's renderer shows what Slack would, and nothing that data could do."""

import re

from agent.slack import blocks
from agent.slack.text import data
from evals.slack_preview.page import Scene, page
from evals.slack_preview.render import render_message, render_view


def test_escaped_text_stays_text() -> None:
    shown = render_message(
        {"blocks": [blocks.section(data("<script>alert(1)</script> <!channel>"))]}
    )
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert 'class="mention"' not in shown


def test_text_in_a_button_and_in_markdown_is_no_html() -> None:
    made = [
        blocks.actions(blocks.button("<b>Approve</b>", "approve", '"><img src=x>')),
        blocks.markdown("<img src=x onerror=alert(1)> **bold**"),
    ]
    shown = render_message({"blocks": made})
    assert "<img" not in shown
    assert "<b>Approve" not in shown
    assert "<strong>bold</strong>" in shown


def test_an_unknown_block_is_named_and_breaks_nothing() -> None:
    view = {
        "type": "home",
        "blocks": [{"type": "hologram"}, blocks.section("after it")],
    }
    shown = render_view(view)
    assert "(hologram)" in shown
    assert "after it" in shown


def test_a_file_that_is_not_there_is_described() -> None:
    shown = render_message({"blocks": [blocks.image("F1", "Bar chart of rates")]})
    assert "[Bar chart of rates]" in shown


def test_the_page_fetches_nothing() -> None:
    body = render_message({"blocks": [blocks.image("F1", "A chart")]}, files={"F1": b"png"})
    whole = page("Weir", [Scene("one", "One", body)])
    fetched = re.findall(r"""(?:src|href)=["']([^"']*)|url\(([^)]*)\)|@import""", whole)
    assert [address for address, _ in fetched if not address.startswith("data:")] == []
    assert "<script" not in whole
    assert "<link" not in whole
