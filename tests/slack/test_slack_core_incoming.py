"""What counts as something a person did, what a button means, and which errors pass."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import sqlalchemy as sa
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from agent.slack.buttons import look_up, mint
from agent.slack.failures import described, passes
from agent.slack.incoming import is_from_a_person, lane_of, read
from knowledge.database import open_database

NOW = "2026-11-24T09:00:00.000000Z"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield engine
    engine.dispose()


def event(**fields: Any) -> dict[str, Any]:
    said = {"type": "message", "user": "UDANA", "channel": "CREV", "ts": "1.5", "text": "hi"}
    return {"event_id": "Ev1", "event": said | fields}


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"subtype": "file_share"}, True),
        ({"subtype": "thread_broadcast"}, True),
        ({"subtype": "message_changed"}, False),
        ({"subtype": "message_deleted"}, False),
        ({"subtype": "channel_join"}, False),
        ({"subtype": "bot_message"}, False),
        ({"bot_id": "B1"}, False),
        ({"type": "app_mention", "bot_id": "B1"}, False),
        ({"user": "UWEIR"}, False),
        ({"user": "USLACKBOT"}, False),
        ({"user": None}, False),
    ],
)
def test_only_what_people_write_counts(fields: dict[str, Any], *, counts: bool) -> None:
    assert is_from_a_person(read("event", event(**fields), "T1"), "UWEIR") is counts


def test_a_message_that_begins_a_thread_is_in_its_own_lane() -> None:
    root, reply = (
        read("event", event(), "T1"),
        read("event", event(ts="2.5", thread_ts="1.5"), "T1"),
    )
    assert lane_of(root) == lane_of(reply) == "T1|CREV|1.5"
    assert root.thread_ts == root.ts == "1.5"


def test_a_click_is_known_again_by_who_when_and_what() -> None:
    body = {
        "user": {"id": "UDANA", "team_id": "T1"},
        "container": {"type": "message", "channel_id": "CREV", "message_ts": "1.5"},
        "message": {"ts": "1.5"},
        "actions": [{"action_id": "play_approve", "action_ts": "7.1", "value": "b_1"}],
    }
    click = read("action", body, "T1")
    assert click.key == "action|T1|UDANA|7.1|play_approve"
    assert (click.channel, click.ts, click.value) == ("CREV", "1.5", "b_1")
    assert lane_of(click) is None


def test_a_pane_that_opens_names_its_conversation() -> None:
    pane = {"user_id": "UDANA", "channel_id": "D1", "thread_ts": "3.5"}
    body = {
        "event_id": "Ev2",
        "event": {"type": "assistant_thread_started", "assistant_thread": pane},
    }
    item = read("event", body, "T1")
    assert (item.actor, item.channel, item.thread_ts) == ("UDANA", "D1", "3.5")


def test_a_button_drawn_again_keeps_its_id_and_meaning(database: sa.Engine) -> None:
    with database.begin() as tx:
        first = mint(tx, "T1", "approve", "P-1", at=NOW, digest="d1")
        again = mint(tx, "T1", "approve", "P-1", at=NOW, digest="d2")
        elsewhere = mint(tx, "T2", "approve", "P-1", at=NOW)
    assert first == again
    assert first != elsewhere
    assert len(first) == len("b_") + 20
    with database.begin() as tx:
        button = look_up(tx, "T1", first)
    assert button is not None
    assert (button.what, button.subject, button.payload) == ("approve", "P-1", {"digest": "d1"})


@pytest.mark.parametrize("guessed", [None, "", "b_00000000000000000000", "P-1"])
def test_an_unknown_button_means_nothing(database: sa.Engine, guessed: str | None) -> None:
    with database.begin() as tx:
        assert look_up(tx, "T1", guessed) is None


def test_a_button_of_another_workspace_means_nothing(database: sa.Engine) -> None:
    with database.begin() as tx:
        theirs = mint(tx, "T2", "approve", "P-1", at=NOW)
        assert look_up(tx, "T1", theirs) is None


def refused(code: str, status: int = 200) -> SlackApiError:
    answer = SlackResponse(
        client=None,
        http_verb="POST",
        api_url="https://slack.com/api/chat.postMessage",
        req_args={},
        data={"ok": False, "error": code, "text": "what somebody wrote"},
        headers={},
        status_code=status,
    )
    return SlackApiError("failed", answer)


@pytest.mark.parametrize(
    ("error", "may_pass"),
    [
        (refused("internal_error"), True),
        (refused("ratelimited", 429), True),
        (refused("anything", 503), True),
        (refused("channel_not_found"), False),
        (refused("invalid_blocks"), False),
        (URLError("refused"), True),
        (TimeoutError(), True),
        (ConnectionResetError(), True),
        (FileNotFoundError(), False),
        (KeyError("play"), False),
    ],
)
def test_only_errors_that_pass_are_worth_another_try(error: Exception, *, may_pass: bool) -> None:
    assert passes(error) is may_pass


def test_a_log_line_repeats_nothing_of_slacks_answer() -> None:
    line = described(refused("invalid_blocks"))
    assert "invalid_blocks" in line
    assert "somebody" not in line
