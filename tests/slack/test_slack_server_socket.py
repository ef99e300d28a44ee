"""The server over Socket Mode and the Web API, spoken to by Slack's own client."""

from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from agent.slack.disconnect import disconnect
from evals.slack_server.server import SlackServer


class Listener:
    """Takes envelopes with Slack's own client, and answers them as a test wants."""

    def __init__(self, server: SlackServer) -> None:
        self.requests: list[SocketModeRequest] = []
        self.answer: dict[str, Any] | None = None
        self.silent = 0
        self.web = WebClient("xoxb-1", base_url=server.url)
        self.client = SocketModeClient(
            "xapp-1", web_client=WebClient(base_url=server.url), ping_interval=0.2
        )
        self.client.socket_mode_request_listeners.append(self._take)  # type: ignore[arg-type]
        self.client.connect()
        server.wait(lambda: server.connections, what="the connection")

    def _take(self, client: SocketModeClient, request: SocketModeRequest) -> None:
        self.requests.append(request)
        if self.silent:
            self.silent -= 1
            return
        answer = self.answer if request.type != "events_api" else None
        client.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [request.payload for request in self.requests if request.type == kind]


@pytest.fixture
def listener(slack_server: SlackServer) -> Iterator[Listener]:
    made = Listener(slack_server)
    yield made
    disconnect(made.client)


MODAL = {
    "type": "modal",
    "callback_id": "why",
    "title": {"type": "plain_text", "text": "Why"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text", "max_length": 20},
        }
    ],
}


def card(text: str = "Approve") -> list[dict[str, Any]]:
    button = {
        "type": "button",
        "action_id": "approve",
        "value": "b_1",
        "text": {"type": "plain_text", "text": text},
    }
    return [{"type": "actions", "elements": [button]}]


def test_mention_arrives_as_message_and_as_mention(
    slack_server: SlackServer, listener: Listener
) -> None:
    slack_server.mention("UDANA", "CREV", "hello")
    slack_server.wait(lambda: len(slack_server.acks) == 2, what="both acknowledgements")
    events = [payload["event"] for payload in listener.of("events_api")]
    assert {event["type"] for event in events} == {"message", "app_mention"}
    assert all(event["text"] == "<@UWEIR> hello" for event in events)
    assert events[0]["channel_type"] == "channel"


def test_click_carries_the_button_and_a_trigger_opens_one_modal(
    slack_server: SlackServer, listener: Listener
) -> None:
    listener.web.chat_postMessage(channel="CREV", text="card", blocks=card())
    message = slack_server.messages("CREV")[-1]
    slack_server.click("UDANA", message, "Approve")
    slack_server.wait(lambda: listener.of("interactive"), what="the click")
    payload = listener.of("interactive")[0]
    assert payload["actions"][0]["value"] == "b_1"
    assert payload["container"]["message_ts"] == message["ts"]
    listener.web.views_open(trigger_id=payload["trigger_id"], view=MODAL)
    assert slack_server.view("UDANA")["callback_id"] == "why"  # type: ignore[index]
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        listener.web.views_open(trigger_id=payload["trigger_id"], view=MODAL)


def opened(server: SlackServer, listener: Listener, user: str = "UDANA") -> dict[str, Any]:
    listener.web.chat_postMessage(channel="CREV", text="card", blocks=card())
    payload = server.click(user, server.messages("CREV")[-1], "approve")
    listener.web.views_open(trigger_id=payload["trigger_id"], view=MODAL)
    view = server.view(user)
    assert view is not None
    return view


def test_submission_carries_values_and_shows_errors(
    slack_server: SlackServer, listener: Listener
) -> None:
    view = opened(slack_server, listener)
    listener.answer = {"response_action": "errors", "errors": {"reason": "Say more."}}
    slack_server.submit("UDANA", view, {"reason": "no"})
    sent = listener.of("interactive")[-1]
    assert sent["view"]["state"]["values"]["reason"]["text"]["value"] == "no"
    assert slack_server.view("UDANA")["errors"] == {"reason": "Say more."}  # type: ignore[index]
    listener.answer = None
    slack_server.submit("UDANA", view)
    assert slack_server.view("UDANA") is None
    assert slack_server.violations == []


def test_client_refuses_empty_required_field_and_unknown_block(
    slack_server: SlackServer, listener: Listener
) -> None:
    view = opened(slack_server, listener)
    before = len(listener.of("interactive"))
    assert slack_server.submit("UDANA", view) == {}
    assert "reason" in slack_server.view("UDANA")["errors"]  # type: ignore[index]
    with pytest.raises(LookupError, match="no field 'other'"):
        slack_server.submit("UDANA", view, {"other": "x"})
    with pytest.raises(ValueError, match="nobody can type 21"):
        slack_server.submit("UDANA", view, {"reason": "x" * 21})
    assert len(listener.of("interactive")) == before


def test_errors_for_a_block_that_is_not_there_are_a_violation(
    slack_server: SlackServer, listener: Listener
) -> None:
    view = opened(slack_server, listener)
    listener.answer = {"response_action": "errors", "errors": {"nowhere": "No."}}
    slack_server.submit("UDANA", view, {"reason": "no"})
    slack_server.wait(lambda: slack_server.violations, what="the violation")


def test_views_are_pushed_three_deep(slack_server: SlackServer, listener: Listener) -> None:
    view = opened(slack_server, listener)
    listener.answer = {"response_action": "push", "view": MODAL}
    for _ in range(2):
        slack_server.submit("UDANA", view, {"reason": "next"})
        view = slack_server.view("UDANA") or {}
    assert view["previous_view_id"]
    slack_server.submit("UDANA", view, {"reason": "next"})
    assert any("push_limit_reached" in broken for broken in slack_server.violations)


def test_event_that_is_not_acknowledged_comes_again(
    slack_server: SlackServer, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evals.slack_server.deliver.ACK_SECONDS", 0.2)
    listener.silent = 1
    slack_server.direct("UDANA", "hello")
    slack_server.wait(lambda: len(listener.requests) == 2, what="the second delivery")
    first, second = listener.requests
    assert first.payload["event_id"] == second.payload["event_id"]
    assert (second.retry_attempt, second.retry_reason) == (1, "timeout")


def test_outage_closes_the_connection_and_the_client_comes_back(
    slack_server: SlackServer, listener: Listener
) -> None:
    slack_server.outage(0.5)
    assert slack_server.connections == 0
    with pytest.raises(SlackApiError):
        listener.web.auth_test()
    slack_server.wait(lambda: slack_server.connections, what="the new connection")
    assert listener.web.auth_test()["team_id"] == "T1"


def test_refresh_asks_for_a_new_connection(slack_server: SlackServer, listener: Listener) -> None:
    slack_server.refresh_connections()
    slack_server.wait(lambda: slack_server.connections, what="the new connection")
    slack_server.direct("UDANA", "still there?")
    slack_server.wait(lambda: listener.of("events_api"), what="the event")


def test_trigger_is_good_for_three_seconds(slack_server: SlackServer, listener: Listener) -> None:
    payload = slack_server.shortcut("UDANA", "ask")
    slack_server.age_triggers()
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        listener.web.views_open(trigger_id=payload["trigger_id"], view=MODAL)


def test_rate_limit_says_when_to_come_back(slack_server: SlackServer, listener: Listener) -> None:
    slack_server.rate_limit("chat.postMessage", 7)
    with pytest.raises(SlackApiError) as refused:
        listener.web.chat_postMessage(channel="CREV", text="hello")
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "7"
    listener.web.chat_postMessage(channel="CREV", text="hello")
