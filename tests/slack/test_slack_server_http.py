"""The server delivers by signed HTTP as Slack does; Slack's own verifier judges it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk.signature import SignatureVerifier

from evals.slack_server.server import SlackServer

SECRET = "signing-secret"  # noqa: S105 - of no real app


class Receiver(ThreadingHTTPServer):
    """Takes requests, verifies them, and answers with what a test put into ``statuses``."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.taken: list[tuple[dict[str, str], str]] = []
        self.statuses: list[int] = []
        self.verifier = SignatureVerifier(SECRET)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/slack/events"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        good = self.server.verifier.is_valid_request(body, dict(self.headers.items()))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.server.taken.append((dict(self.headers.items()), body.decode()))
        self.send_response(status if good else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver(slack_server: SlackServer) -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        slack_server.connect_http(server.url, SECRET)
        yield server
        server.shutdown()
        thread.join()


def test_event_is_signed_json(slack_server: SlackServer, receiver: Receiver) -> None:
    slack_server.direct("UDANA", "hello")
    slack_server.wait(lambda: slack_server.acks, what="the acknowledgement")
    headers, body = receiver.taken[0]
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body)["event"]["text"] == "hello"
    assert "X-Slack-Retry-Num" not in headers


def test_failed_event_comes_again_and_says_why(
    slack_server: SlackServer, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    slack_server.direct("UDANA", "hello")
    slack_server.wait(lambda: slack_server.acks, what="the acknowledgement")
    headers = receiver.taken[1][0]
    assert (headers["X-Slack-Retry-Num"], headers["X-Slack-Retry-Reason"]) == ("1", "http_error")
    assert receiver.taken[0][1] == receiver.taken[1][1]


def test_event_that_always_fails_is_given_up_after_three_retries(receiver: Receiver) -> None:
    with SlackServer(retry_delays=(0.0, 0.0, 0.0)) as server:
        server.add_workspace()
        server.add_user("T1", "UDANA", "Dana")
        server.connect_http(receiver.url, SECRET)
        receiver.statuses = [500] * 4
        server.direct("UDANA", "hello")
        server.wait(lambda: server.unanswered, what="the end of the attempts")
        assert len(receiver.taken) == 4


def test_command_and_shortcut_are_forms(slack_server: SlackServer, receiver: Receiver) -> None:
    slack_server.command("UDANA", "/weir", "leaks & more", "CREV")
    slack_server.shortcut("UDANA", "ask")
    slack_server.wait(lambda: len(slack_server.acks) == 2, what="both")
    forms = [parse_qs(body) for _, body in receiver.taken]
    command = next(form for form in forms if "command" in form)
    assert (command["command"], command["text"]) == (["/weir"], ["leaks & more"])
    shortcut = next(form for form in forms if "payload" in form)
    assert json.loads(shortcut["payload"][0])["callback_id"] == "ask"


def test_bad_and_old_signatures_can_be_sent(slack_server: SlackServer, receiver: Receiver) -> None:
    payload = slack_server.event("T1", {"type": "app_uninstalled"})
    slack_server.wait(lambda: receiver.taken, what="the event")
    assert slack_server.post(payload) == 200
    assert slack_server.post(payload, secret="wrong") == 401  # noqa: S106 - of no real app
    assert slack_server.post(payload, age=600) == 401
    assert slack_server.post(payload, signed=False) == 401


def test_redelivery_says_that_it_is_one(slack_server: SlackServer, receiver: Receiver) -> None:
    payload = slack_server.message("UDANA", "CREV", "hello")
    slack_server.redeliver(payload, times=2)
    slack_server.wait(lambda: len(receiver.taken) == 3, what="three deliveries")
    retries = [headers.get("X-Slack-Retry-Num") for headers, _ in receiver.taken]
    assert sorted(str(number) for number in retries) == ["1", "1", "None"]
    assert len({body for _, body in receiver.taken}) == 1
