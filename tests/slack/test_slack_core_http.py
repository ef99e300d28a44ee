"""Signed HTTP: only what Slack signed just now counts."""

import json
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_core_harness import SECRET, Listeners, address, card, http_settings, read, running

from agent.config import SlackSettings
from agent.slack.serve import require
from agent.slack.service import Service
from evals.slack_server.server import SlackServer
from knowledge.errors import BadInputError


@pytest.fixture
def listeners() -> Listeners:
    return Listeners()


@pytest.fixture
def service(tmp_path: Path, slack_server: SlackServer, listeners: Listeners) -> Iterator[Service]:
    one = http_settings(slack_server, bot_token="xoxb-1")  # noqa: S106 - of no real app
    with running(tmp_path, one, listeners.routes, http_port=0) as started:
        slack_server.connect_http(address(started, "/slack/events"), SECRET)
        yield started


def test_a_signed_click_is_handled(
    slack_server: SlackServer, service: Service, listeners: Listeners
) -> None:
    slack_server.click("UDANA", card(service, slack_server), "work")
    slack_server.wait(lambda: listeners.done["work"], what="the click")
    assert max(slack_server.acks) < 3.0


@pytest.mark.parametrize("trust", [{"secret": "guessed"}, {"age": 600.0}, {"signed": False}])
def test_a_request_with_a_bad_an_old_or_no_signature_is_refused(
    slack_server: SlackServer, service: Service, listeners: Listeners, trust: dict[str, Any]
) -> None:
    payload = slack_server.click("UDANA", card(service, slack_server), "open")
    payload["actions"][0] |= {"action_id": "work", "action_ts": "9.9"}
    assert slack_server.post(payload, **trust) == 401
    assert slack_server.post(payload) == 200
    slack_server.wait(lambda: listeners.done["work"], what="the signed click")
    assert listeners.done["work"] == 1


def test_health_tells_how_the_service_does_and_nothing_confidential(service: Service) -> None:
    told = json.loads(read(address(service, "/healthz"))[0])
    assert told["ok"] is True
    assert set(told) == {"ok", "backlog", "connected", "jobs"}


def test_without_oauth_there_is_no_page_to_install(service: Service) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        read(address(service, "/slack/install"))


@pytest.mark.parametrize(
    ("given", "http_port", "named"),
    [
        ({}, None, "SLACK_BOT_TOKEN"),
        ({"bot_token": "xoxb-1"}, None, "SLACK_APP_TOKEN"),
        ({"bot_token": "xoxb-1"}, 3000, "SLACK_SIGNING_SECRET"),
        ({"signing_secret": SECRET}, 3000, "SLACK_CLIENT_ID"),
    ],
)
def test_a_missing_token_is_named(
    given: dict[str, str], http_port: int | None, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("BOT_TOKEN", "APP_TOKEN", "SIGNING_SECRET", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"SLACK_{variable}", raising=False)
    with pytest.raises(BadInputError, match=rf"{named}.*docs/slack\.md"):
        require(SlackSettings(_env_file=None, **given), http_port)
