"""The service over Socket Mode and HTTP, against a Slack on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.assembly import Weir
from agent.config import Settings, SlackSettings
from agent.slack.serve import serving
from agent.slack.service import Service
from evals.slack_server.server import SlackServer

START_SECONDS = 30.0


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def service(northpeak: Path, slack_settings: SlackSettings, lines: list[str]) -> Iterator[Service]:
    weir = Weir(Settings(home=northpeak))
    with serving(weir, slack_settings, say=lines.append) as started:
        yield started
    weir.warehouse.database.dispose()


def test_the_start_says_where_as_whom_and_what_waits(service: Service, lines: list[str]) -> None:
    assert service.health()["connected"]
    assert "Socket Mode; 0 plays wait for a decision" in lines[-1]


def test_a_question_is_answered_in_its_thread(service: Service, slack_server: SlackServer) -> None:
    asked = slack_server.mention("UDANA", "CREV", "How is the funnel doing?")
    ts = asked if isinstance(asked, str) else asked["event"]["ts"]
    slack_server.wait(lambda: len(slack_server.messages("CREV", ts)) > 1, 60, "an answer")
    slack_server.wait(lambda: service.inbox.backlog() == 0, 60, "an empty inbox")
    assert max(slack_server.acks) < 3.0
    assert slack_server.violations == []
