"""The server refuses what Slack refuses: every documented limit of blocks, elements and views."""

from typing import Any

import pytest

from evals.slack_server.errors import SlackError
from evals.slack_server.limits.views import check_message, check_view

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: Any) -> Block:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(text: str = "Go", **more: Any) -> Block:
    return {"type": "button", "text": plain(text), "action_id": "go", **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def options(count: int, *, value: str = "v", text: str = "t") -> list[Block]:
    return [{"text": plain(text), "value": f"{value}{n}"} for n in range(count)]


def menu(count: int = 1, **more: Any) -> Block:
    return {"type": "static_select", "action_id": "m", "options": options(count), **more}


def field(element: Block | None = None, **more: Any) -> Block:
    typed = element or {"type": "plain_text_input", "action_id": "t"}
    return {"type": "input", "label": plain("Label"), "element": typed, **more}


def table(rows: int = 1, columns: int = 1, text: str = "x", **more: Any) -> Block:
    cell = {"type": "raw_text", "text": text}
    return {"type": "table", "rows": [[cell] * columns for _ in range(rows)], **more}


def confirm(**more: str) -> Block:
    words = {"title": "t", "text": "x", "confirm": "y", "deny": "n"} | more
    return {name: plain(text) for name, text in words.items()}


def card(**more: Any) -> Block:
    return {"type": "card", "title": mrkdwn("t"), **more}


def feedback(text: str = "Good") -> Block:
    one = {"text": plain(text), "value": "v"}
    return {"type": "feedback_buttons", "positive_button": one, "negative_button": one}


def image(**more: Any) -> Block:
    return {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a", **more}


def task(**more: Any) -> Block:
    return {"type": "task_card", "task_id": "1", "title": "t", "status": "complete", **more}


FITS: list[list[Block]] = [
    [section("x" * 3000)] * 50,
    [{"type": "section", "fields": [mrkdwn("x" * 2000)] * 10}],
    [{"type": "header", "text": plain("x" * 150)}],
    [{"type": "context", "elements": [mrkdwn("x")] * 10}],
    [actions(*({**button("x" * 75), "action_id": f"a{n}"} for n in range(25)))],
    [actions(button(value="v" * 2000, url="https://x.example/" + "x" * 2900))],
    [actions(menu(100))],
    [actions(button(confirm=confirm(title="x" * 100, text="x" * 300, confirm="x" * 30)))],
    [actions({"type": "overflow", "action_id": "o", "options": options(5)})],
    [image(alt_text="x" * 2000, title=plain("x" * 2000))],
    [{"type": "image", "slack_file": {"id": "F1"}, "alt_text": "a"}],
    [{"type": "markdown", "text": "x" * 6000}] * 2,
    [table(100, 20), section()],
    [table(1, 10, "x" * 1000)],
    [field(hint=plain("x" * 2000))],
    [card(subtitle=mrkdwn("x" * 150), body=mrkdwn("x" * 200), actions=[button()])],
    [{"type": "carousel", "elements": [card()] * 10}],
    [{"type": "container", "title": plain("x" * 150), "child_blocks": [section()] * 10}],
    [{"type": "context_actions", "elements": [feedback()]}],
    [{"type": "alert", "text": mrkdwn("x" * 200), "level": "warning"}],
    [{"type": "plan", "title": "p", "tasks": [task()]}],
]

BREAKS: list[tuple[list[Block], str]] = [
    ([section()] * 51, "no more than 50 items"),
    ([section("x" * 3001)], "less than 3001"),
    ([section("")], "more than 0 characters"),
    ([{"type": "section"}], "text or fields"),
    ([{"type": "section", "fields": [mrkdwn("x")] * 11}], "no more than 10"),
    ([{"type": "section", "fields": [mrkdwn("x" * 2001)]}], "less than 2001"),
    ([section(accessory=field()["element"])], "unsupported type: plain_text_input"),
    ([{"type": "header", "text": plain("x" * 151)}], "less than 151"),
    ([{"type": "header", "text": mrkdwn("x")}], "unsupported type: mrkdwn"),
    ([{"type": "context", "elements": [mrkdwn("x")] * 11}], "no more than 10"),
    ([{"type": "context", "elements": []}], "more than 0 items"),
    ([actions(*({**button(), "action_id": f"a{n}"} for n in range(26)))], "no more than 25"),
    ([actions(button(), button())], "action_id must be unique"),
    ([actions(button("x" * 76))], "less than 76"),
    ([actions(button(value="v" * 2001))], "less than 2001"),
    ([actions(button(url="h" * 3001))], "less than 3001"),
    ([actions(button(style="default"))], "must be one of primary, danger"),
    ([actions(button(action_id="a" * 256))], "less than 256"),
    ([section(block_id="b" * 256)], "less than 256"),
    ([section(block_id="b"), section(block_id="b")], "block_id must be unique"),
    ([actions(menu(101))], "no more than 100"),
    ([actions(menu(0))], "more than 0 items"),
    ([actions(menu(options=options(1, value="v" * 150)))], "less than 151"),
    ([actions(menu(options=options(1, text="t" * 76)))], "less than 76"),
    ([actions(menu(placeholder=plain("x" * 151)))], "less than 151"),
    ([actions(menu(initial_option=options(2)[1]))], "not one of the options"),
    ([actions({"type": "overflow", "options": options(6)})], "no more than 5"),
    ([actions({"type": "radio_buttons", "options": options(11)})], "no more than 10"),
    ([actions({"type": "checkboxes", "options": []})], "more than 0 items"),
    ([actions(button(confirm=confirm(title="x" * 101)))], "less than 101"),
    ([actions(button(confirm=confirm(text="x" * 301)))], "less than 301"),
    ([actions(button(confirm=confirm(deny="x" * 31)))], "less than 31"),
    ([image(alt_text="x" * 2001)], "less than 2001"),
    ([image(alt_text="")], "more than 0 characters"),
    ([image(title=plain("x" * 2001))], "less than 2001"),
    ([{"type": "image", "slack_file": {"id": "F9"}, "alt_text": "a"}], "invalid slack file"),
    ([{"type": "markdown", "text": "x" * 7000}] * 2, "less than 12001"),
    ([table(101)], "no more than 100"),
    ([table(1, 21)], "no more than 20"),
    ([table(1, 11, "x" * 1000)], "less than 10001"),
    ([table(text="")], "more than 0 characters"),
    ([table(column_settings=[{}] * 21)], "no more than 20"),
    ([{"type": "table", "rows": [[{"type": "text", "text": "x"}]]}], "unsupported type: text"),
    ([field(hint=plain("x" * 2001))], "less than 2001"),
    ([field(label=plain("x" * 2001))], "less than 2001"),
    ([field({"type": "plain_text_input", "max_length": 3001})], "between 1 and 3000"),
    (
        [field({"type": "plain_text_input", "max_length": 2, "initial_value": "abc"})],
        "less than 3",
    ),
    ([field(button())], "unsupported type: button"),
    ([card(title=mrkdwn("x" * 151))], "less than 151"),
    ([card(body=mrkdwn("x" * 201))], "less than 201"),
    ([{"type": "card", "subtitle": mrkdwn("x")}], "must provide one of"),
    ([{"type": "carousel", "elements": [card()] * 11}], "no more than 10"),
    ([{"type": "carousel", "elements": [section()]}], "must be a card"),
    ([{"type": "container", "title": plain("t"), "child_blocks": [section()] * 11}], "than 10"),
    ([{"type": "container", "child_blocks": [section()]}], "title or rich_text_title"),
    ([{"type": "context_actions", "elements": [feedback()] * 6}], "no more than 5"),
    ([{"type": "context_actions", "elements": [button()]}], "unsupported type: button"),
    ([{"type": "context_actions", "elements": [feedback("x" * 76)]}], "less than 76"),
    ([{"type": "alert", "text": mrkdwn("x" * 201)}], "less than 201"),
    ([{"type": "alert", "text": mrkdwn("x"), "level": "loud"}], "must be one of"),
    ([task(status="done")], "must be one of"),
    ([{"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}], "unsupported type"),
    ([{"type": "blink"}], "unsupported type: blink"),
    ([{"type": "divider", "text": "x"}], "invalid additional property"),
]


@pytest.mark.parametrize("blocks", FITS)
def test_message_within_the_limits_is_taken(blocks: list[Block]) -> None:
    check_message({"text": "x", "blocks": blocks}, {"F1"})


@pytest.mark.parametrize(("blocks", "why"), BREAKS)
def test_message_beyond_a_limit_is_refused(blocks: list[Block], why: str) -> None:
    with pytest.raises(SlackError) as refused:
        check_message({"text": "x", "blocks": blocks}, {"F1"})
    assert refused.value.error == "invalid_blocks"
    messages = refused.value.extra["response_metadata"]["messages"]
    assert any(why in message for message in messages), messages
    assert all("json-pointer:/blocks" in message for message in messages)


def test_message_has_one_table() -> None:
    with pytest.raises(SlackError, match="only_one_table_allowed"):
        check_message({"blocks": [table(), table()]}, ())


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"markdown_text": "x", "text": "x"}, "markdown_text_conflict"),
        ({"attachments": [{}] * 101}, "too_many_attachments"),
    ],
)
def test_message_as_a_whole_has_limits(args: Block, error: str) -> None:
    with pytest.raises(SlackError, match=error):
        check_message(args, ())


def modal(**more: Any) -> Block:
    return {"type": "modal", "title": plain("Title"), "blocks": [section()], **more}


@pytest.mark.parametrize(
    "view",
    [
        modal(),
        modal(title=plain("x" * 24), submit=plain("x" * 24), private_metadata="x" * 3000),
        modal(blocks=[section()] * 100),
        modal(blocks=[field()], submit=plain("Go")),
        {"type": "home", "blocks": [section()] * 100},
    ],
)
def test_view_within_the_limits_is_taken(view: Block) -> None:
    check_view(view, ())


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (modal(title=plain("x" * 25)), "less than 25"),
        (modal(submit=plain("x" * 25)), "less than 25"),
        (modal(close=plain("x" * 25)), "less than 25"),
        (modal(private_metadata="x" * 3001), "less than 3001"),
        (modal(callback_id="x" * 256), "less than 256"),
        (modal(external_id="x" * 256), "less than 256"),
        (modal(blocks=[section()] * 101), "no more than 100"),
        (modal(blocks=[field()]), "must provide submit"),
        (modal(blocks=[table()]), "unsupported type in a modal: table"),
        (modal(blocks=[{"type": "markdown", "text": "x"}]), "unsupported type in a modal"),
        (modal(state={}), "invalid additional property: state"),
    ],
)
def test_view_beyond_a_limit_is_refused(view: Block, why: str) -> None:
    with pytest.raises(SlackError) as refused:
        check_view(view, ())
    assert any(why in message for message in refused.value.extra["response_metadata"]["messages"])


def test_view_is_at_most_250_kilobytes() -> None:
    with pytest.raises(SlackError, match="view_too_large"):
        check_view(modal(blocks=[section("x" * 3000)] * 90), ())
