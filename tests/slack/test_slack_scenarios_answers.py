"""Conversations as one story, and what becomes of them where Slack gets in the way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from slack_cards_harness import DANA
from slack_scenarios_harness import (
    FUNNEL,
    LEAKS,
    SOON,
    ended,
    finished,
    northpeak_in_slack,
    own_home,
    settled,
    socket_settings,
    whole_app,
)

from agent.slack.service import Service
from agent.slack.tables import ANSWER, FEEDBACK
from evals.slack_server.server import SlackServer

# One service for all: they stay in one process.
pytestmark = pytest.mark.xdist_group("slack-answers")


@pytest.fixture(scope="module")
def slack_server() -> Iterator[SlackServer]:
    with northpeak_in_slack() as server:
        yield server


@pytest.fixture(scope="module")
def app(
    slack_server: SlackServer, made_northpeak: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    home = own_home(made_northpeak, tmp_path_factory.mktemp("answers") / "home")
    with whole_app(home, socket_settings(slack_server)) as service:
        yield service


def ask(server: SlackServer, question: str = LEAKS) -> str:
    return str(server.mention("UDANA", "CREV", question)["event"]["ts"])


def asked_by_rio(server: SlackServer) -> list[dict[str, Any]]:
    return [m for m in server.direct_messages("URIO") if "You asked" in m["text"]]


def whole_once(server: SlackServer, app: Service, ts: str) -> str:
    """See to it that a thread holds one whole answer and no status; give what it says."""
    message = finished(server, "CREV", ts)
    settled(server, app)
    assert [m["ts"] for m in server.answers("CREV", ts)] == [message["ts"]]
    assert server.status("CREV", ts) == ""
    assert "answer_stop" not in str(message["blocks"])
    with app.surface.database.connect() as tx:
        query = sa.select(ANSWER.c.state).where(ANSWER.c.thread_ts == ts)
        assert list(tx.execute(query).scalars()) == ["done"]
    return server.text_of(message)


def test_a_question_a_follow_up_its_evidence_and_a_verdict_are_one_story(
    slack_server: SlackServer, app: Service
) -> None:
    ts = ask(slack_server, FUNNEL)
    finished(slack_server, "CREV", ts)
    (started,) = slack_server.calls("chat.startStream")
    assert started.args["thread_ts"] == ts
    assert slack_server.calls("chat.stopStream")

    slack_server.message("UDANA", "CREV", "And by region?", thread_ts=ts)
    second = finished(slack_server, "CREV", ts, 2)
    assert "EMEA" in slack_server.text_of(second)
    slack_server.message("URIO", "CREV", "<@UDANA> thank you for asking", thread_ts=ts)

    slack_server.click("UDANA", second, "Show evidence")
    view = slack_server.wait(lambda: slack_server.view("UDANA"), SOON, "the evidence")
    shown = slack_server.text_of(view)
    for words in ("And by region?", "region", "warehouse version", "mature"):
        assert words in shown
    slack_server.click("UDANA", second, "Bad answer")
    form = slack_server.wait(
        lambda: (v := slack_server.view("UDANA")) and v["id"] != view["id"] and v, SOON, "the form"
    )
    slack_server.submit("UDANA", form, {"reason": "Something is missing", "words": "By month."})
    slack_server.click("URIO", second, "Good answer")
    slack_server.wait(lambda: slack_server.ephemerals("URIO", "CREV"), SOON, "the thanks")
    settled(slack_server, app)
    assert len(ended(slack_server, "CREV", ts)) == 2
    with app.surface.database.connect() as tx:
        rows = tx.execute(sa.select(FEEDBACK).order_by(FEEDBACK.c.by)).all()
    assert [(row.by, row.verdict, row.reason) for row in rows] == [
        (DANA, "bad", "missing"),
        ("rio.tanaka@northpeak.example", "good", None),
    ]
    assert {row.question for row in rows} == {"And by region?"}


def test_a_stream_that_expires_in_the_middle_ends_as_the_whole_answer(
    slack_server: SlackServer, app: Service
) -> None:
    before = len(slack_server.calls("chat.startStream"))
    ts = ask(slack_server)
    slack_server.wait(
        lambda: len(slack_server.calls("chat.startStream")) > before, SOON, "the stream"
    )
    slack_server.expire_streams()
    alone = whole_once(slack_server, app, ts)
    refused = [call for call in slack_server.calls() if call.error]
    assert "message_not_in_streaming_state" in {call.error for call in refused}
    other = ask(slack_server)
    assert whole_once(slack_server, app, other).splitlines()[1:3] == alone.splitlines()[1:3]


@pytest.mark.parametrize(
    ("method", "error"),
    [
        ("chat.startStream", "internal_error"),
        ("chat.startStream", "feature_not_enabled"),
        ("chat.appendStream", "internal_error"),
        ("chat.stopStream", "message_not_found"),
        ("chat.update", "internal_error"),
        ("assistant.threads.setStatus", "internal_error"),
    ],
)
def test_a_call_that_fails_leaves_the_whole_answer_once(
    slack_server: SlackServer, app: Service, method: str, error: str
) -> None:
    slack_server.fail(method, error)
    assert "Looked for leaks" in whole_once(slack_server, app, ask(slack_server))
    assert any(call.error == error for call in slack_server.calls(method))


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.update"])
def test_too_many_calls_are_made_again_after_the_time_that_slack_names(
    slack_server: SlackServer, app: Service, method: str
) -> None:
    slack_server.rate_limit(method, 1)
    assert "Looked for leaks" in whole_once(slack_server, app, ask(slack_server))
    limited = [call for call in slack_server.calls(method) if call.error == "ratelimited"]
    later = [call for call in slack_server.calls(method) if call.at > limited[-1].at]
    assert later
    assert later[0].at - limited[-1].at >= 1.0


def test_posts_that_are_too_many_come_later_and_once(
    slack_server: SlackServer, app: Service
) -> None:
    slack_server.rate_limit("chat.postMessage", 1, times=2)
    slack_server.command("URIO", "/weir", f"ask {LEAKS}", "CREV")
    begun = slack_server.wait(lambda: asked_by_rio(slack_server), SOON, "the answer")[0]
    finished(slack_server, begun["channel"], begun["ts"])
    settled(slack_server, app)
    assert len(asked_by_rio(slack_server)) == 1
    assert len(slack_server.answers(begun["channel"], begun["ts"])) == 2


def test_slack_away_for_the_whole_answer_shows_it_when_it_is_back(
    slack_server: SlackServer, app: Service
) -> None:
    ts = ask(slack_server)
    slack_server.wait(lambda: slack_server.answers("CREV", ts), SOON, "its first words")
    slack_server.outage(5.0)
    whole_once(slack_server, app, ts)
    slack_server.wait(lambda: slack_server.connections, SOON, "the connection coming back")
