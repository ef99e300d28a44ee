"""Conversations over a Slack server: the real app, graph, library and ledger."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from agent.assembly import Weir
from agent.config import Settings
from agent.slack.answers import record
from evals import feedback
from evals.slack_server.server import SlackServer

pytestmark = pytest.mark.usefixtures("slack_app")

FUNNEL = "How does the funnel convert, stage by stage?"
LEAKS = "Where do we lose leads, and why?"
PATIENCE = 60.0


def finished(server: SlackServer, channel: str, thread_ts: str, count: int = 1) -> dict[str, Any]:
    """Wait for the whole answer; give the message that ends it."""

    def ended() -> list[dict[str, Any]]:
        found = [
            message
            for message in server.answers(channel, thread_ts)
            if any(block["type"] == "context_actions" for block in message.get("blocks") or [])
        ]
        return found if len(found) >= count else []

    found: list[dict[str, Any]] = server.wait(ended, PATIENCE, "the answer")
    server.wait(lambda: server.status(channel, thread_ts) == "", 60, "the end of the status")
    return found[count - 1]


def direct(server: SlackServer, user: str) -> str:
    """Give the direct message with somebody."""
    return str(server.direct_messages(user)[0]["channel"])


def seen(server: SlackServer, channel: str, thread_ts: str) -> str:
    return "\n".join(server.text_of(message) for message in server.answers(channel, thread_ts))


def test_a_mention_is_streamed_and_ends_as_a_table_with_a_chart(slack_server: SlackServer) -> None:
    asked = slack_server.mention("UDANA", "CREV", f"<@UWEIR> {FUNNEL}")
    ts = asked["event"]["ts"]
    message = finished(slack_server, "CREV", ts)
    assert any(block["type"] == "table" for block in message["blocks"])
    assert "Read the funnel" in slack_server.text_of(message)
    (started,) = slack_server.calls("chat.startStream")
    assert started.args["recipient_user_id"] == "UDANA"
    chunks = [c for call in slack_server.calls() for c in call.args.get("chunks") or []]
    titles = [chunk["title"] for chunk in chunks if chunk["type"] == "task_update"]
    assert titles == ["Reading the funnel", "Read the funnel"]
    files = slack_server.wait(lambda: slack_server.files, 60, "the chart")
    assert all(file["alt_txt"] for file in files)


def test_a_thread_goes_on_without_a_mention_and_remembers(slack_server: SlackServer) -> None:
    asked = slack_server.mention("UDANA", "CREV", f"<@UWEIR> {LEAKS}")
    ts = asked["event"]["ts"]
    finished(slack_server, "CREV", ts)
    slack_server.message("UDANA", "CREV", "And why is that?", thread_ts=ts)
    second = finished(slack_server, "CREV", ts, 2)
    assert "Looked for leaks" in slack_server.text_of(second)
    # A word to a colleague in the same thread is not for us.
    slack_server.message("UDANA", "CREV", "<@URIO> can you look?", thread_ts=ts)
    slack_server.message("UDANA", "CREV", "Unrelated talk in the channel")
    time.sleep(1.5)
    assert len(slack_server.calls("chat.startStream")) == 2


def test_a_direct_message_is_answered_in_its_thread(slack_server: SlackServer) -> None:
    ts = slack_server.direct("URIO", "help")
    channel = direct(slack_server, "URIO")
    slack_server.wait(lambda: slack_server.answers(channel, ts), 60, "the help")
    assert "How do we convert by lead source?" in seen(slack_server, channel, ts)


def test_in_a_shared_channel_the_answer_is_given_privately(slack_server: SlackServer) -> None:
    asked = slack_server.mention("UDANA", "CSHARED", f"<@UWEIR> {LEAKS}")
    ts = asked["event"]["ts"]
    slack_server.wait(lambda: slack_server.answers("CSHARED", ts), 60, "the notice")
    slack_server.wait(lambda: slack_server.direct_messages("UDANA"), 60, "the direct message")
    channel = direct(slack_server, "UDANA")
    thread = slack_server.direct_messages("UDANA")[0]["ts"]
    finished(slack_server, channel, thread)
    (notice,) = slack_server.answers("CSHARED", ts)
    assert "direct message" in slack_server.text_of(notice)
    assert "%" not in slack_server.text_of(notice)


@pytest.mark.parametrize(("user", "channel"), [("UGUEST", "CREV"), ("UALIEN", "CSHARED")])
def test_strangers_get_a_polite_sentence_and_nothing_else(
    slack_server: SlackServer, user: str, channel: str
) -> None:
    asked = slack_server.mention(user, channel, f"<@UWEIR> {LEAKS}")
    slack_server.wait(lambda: slack_server.ephemerals(user, channel), 60, "the sentence")
    (told,) = slack_server.ephemerals(user, channel)
    assert "full members" in slack_server.text_of(told)
    assert slack_server.answers(channel, asked["event"]["ts"]) == []


def test_a_stream_that_slack_ends_goes_on_as_an_update(slack_server: SlackServer) -> None:
    slack_server.fail("chat.appendStream", "message_not_in_streaming_state", times=50)
    asked = slack_server.mention("UDANA", "CREV", f"<@UWEIR> {LEAKS}")
    message = finished(slack_server, "CREV", asked["event"]["ts"])
    assert len(slack_server.answers("CREV", asked["event"]["ts"])) == 1
    assert "Looked for leaks" in slack_server.text_of(message)


def test_where_slack_does_not_stream_the_message_is_posted(slack_server: SlackServer) -> None:
    slack_server.fail("chat.startStream", "channel_type_not_supported", times=1)
    asked = slack_server.mention("UDANA", "CREV", f"<@UWEIR> {LEAKS}")
    finished(slack_server, "CREV", asked["event"]["ts"])
    assert len(slack_server.answers("CREV", asked["event"]["ts"])) == 1


def test_a_refused_table_is_shown_in_one_width(slack_server: SlackServer) -> None:
    slack_server.fail("chat.update", "invalid_blocks", times=1)
    asked = slack_server.mention("UDANA", "CREV", f"<@UWEIR> {FUNNEL}")
    message = finished(slack_server, "CREV", asked["event"]["ts"])
    assert not any(block["type"] == "table" for block in message["blocks"])
    assert "```" in slack_server.text_of(message)


def test_evidence_shows_versions_definitions_and_where_to_look(slack_server: SlackServer) -> None:
    asked = slack_server.mention("UDANA", "CREV", f"<@UWEIR> {LEAKS}")
    message = finished(slack_server, "CREV", asked["event"]["ts"])
    slack_server.click("UDANA", message, "Show evidence")
    view = slack_server.wait(lambda: slack_server.view("UDANA"), 60, "the modal")
    shown = slack_server.text_of(view)
    for words in ("Looked for leaks", "warehouse version", "baseline_rate", "weir lineage leak_"):
        assert words in shown
    slack_server.click("UGUEST", message, "Show evidence")
    slack_server.wait(lambda: slack_server.ephemerals("UGUEST", "CREV"), 60, "the sentence")
    assert slack_server.view("UGUEST") is None


def test_a_bad_answer_is_kept_with_its_reason_for_the_evals(
    slack_server: SlackServer, northpeak: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = slack_server.mention("UDANA", "CREV", f"<@UWEIR> {LEAKS}")
    message = finished(slack_server, "CREV", asked["event"]["ts"])
    slack_server.click("URIO", message, "Good answer")
    slack_server.wait(lambda: slack_server.ephemerals("URIO", "CREV"), 60, "thanks")
    slack_server.click("UDANA", message, "Bad answer")
    view = slack_server.wait(lambda: slack_server.view("UDANA"), 60, "the form")
    slack_server.submit(
        "UDANA", view, {"reason": "A number is wrong", "words": "It was 12, not 13."}
    )
    slack_server.wait(lambda: slack_server.view("UDANA") is None, 60, "the end of the form")
    monkeypatch.setenv("WEIR_HOME", str(northpeak))
    figures = feedback.run(lambda _step, _share: None).figures
    assert figures == {
        "answers": 1.0,
        "rated": 1.0,
        "satisfied": 0.5,
        "by_reason_wrong_number": 1.0,
    }
    assert feedback.export(tmp_path / "questions.jsonl") == 1
    kept = json.loads((tmp_path / "questions.jsonl").read_text())
    assert kept["question"] == LEAKS
    assert [call["tool"] for call in kept["calls"]] == ["find_leaks"]


def test_a_command_is_answered_privately_and_helps(slack_server: SlackServer) -> None:
    slack_server.command("USAM", "/weir", "help", "CREV")
    slack_server.wait(lambda: slack_server.ephemerals("USAM", "CREV"), 60, "the help")
    shown = slack_server.text_of(slack_server.ephemerals("USAM", "CREV")[0])
    assert "Which of my leads are most at risk?" in shown
    slack_server.command("UDANA", "/weir", f"ask {LEAKS}", "CREV")
    slack_server.wait(lambda: slack_server.direct_messages("UDANA"), 60, "the direct message")
    (begun, *_rest) = slack_server.direct_messages("UDANA")
    finished(slack_server, begun["channel"], begun["ts"])
    assert [m for m in slack_server.messages("CREV") if m["user"] == "UWEIR"] == []


def test_the_form_asks_and_answers_directly(slack_server: SlackServer) -> None:
    slack_server.shortcut("UDANA", "weir_ask")
    view = slack_server.wait(lambda: slack_server.view("UDANA"), 60, "the form")
    slack_server.submit("UDANA", view, {"question": LEAKS})
    slack_server.wait(lambda: slack_server.direct_messages("UDANA"), 60, "the direct message")
    (begun, *_rest) = slack_server.direct_messages("UDANA")
    finished(slack_server, begun["channel"], begun["ts"])


def test_the_pane_suggests_questions_by_role(slack_server: SlackServer) -> None:
    found = {}
    for user in ("USAM", "UDANA", "URIO"):
        thread = slack_server.open_pane(user)
        channel = direct(slack_server, user)
        offered = slack_server.wait(
            lambda channel=channel, thread=thread: slack_server.prompts(channel, thread),
            60,
            "the prompts",
        )
        found[user] = [prompt["message"] for prompt in offered]
    assert "Which of my leads are most at risk?" in found["USAM"]
    assert found["USAM"] != found["UDANA"] != found["URIO"]


def test_a_question_without_sense_gets_examples(slack_server: SlackServer) -> None:
    asked = slack_server.mention("UDANA", "CREV", "<@UWEIR> the sourdough recipe of my aunt")
    message = finished(slack_server, "CREV", asked["event"]["ts"])
    assert "For example, ask:" in slack_server.text_of(message)


def test_a_second_run_updates_the_same_message(slack_server: SlackServer, northpeak: Path) -> None:
    asked = slack_server.mention("UDANA", "CREV", f"<@UWEIR> {LEAKS}")
    ts = asked["event"]["ts"]
    finished(slack_server, "CREV", ts)
    slack_server.redeliver(asked, 2)
    time.sleep(1.0)
    assert len(slack_server.answers("CREV", ts)) == 1
    with Weir(Settings(_env_file=None, home=northpeak)).warehouse.database.connect() as tx:
        rows = list(tx.execute(record.ANSWER.select()))
    assert [row.state for row in rows] == ["done"]
