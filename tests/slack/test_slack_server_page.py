"""The page of the server: a person reads, writes and clicks in a browser."""

import json
from collections.abc import Callable, Iterator
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from slack_sdk import WebClient

from evals.slack_server.page.site import add_site
from evals.slack_server.server import SlackServer

Ask = Callable[..., str]


@pytest.fixture
def paged(slack_server: SlackServer) -> Iterator[SlackServer]:
    # Pages are added before a start: this one has the people of the one that runs.
    server = SlackServer()
    server.pages.append(add_site(server))
    server.state = slack_server.state
    with server:
        yield server


@pytest.fixture
def ask(paged: SlackServer) -> Ask:
    def send(path: str, **values: str) -> str:
        get = path in {"/", "/shown"}
        query = urlencode({"user": "UDANA", "place": "CREV", **values})
        request = Request(  # noqa: S310 - an address on loopback
            f"{paged.base}{path}?{query}" if get else f"{paged.base}{path}",
            data=None if get else query.encode(),
        )
        with urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            return str(answer.read().decode())

    return send


def test_page_lists_people_and_places(ask: Ask) -> None:
    page = ask("/")
    assert "Dana Meyer" in page
    assert "# revenue" in page
    assert "Other Bot" not in page


def test_what_is_typed_is_a_mention_and_is_shown_without_markup(
    paged: SlackServer, ask: Ask
) -> None:
    ask("/say", text="<b>where</b> do we leak?")
    assert paged.messages("CREV")[0]["text"].startswith("<@UWEIR> ")
    shown = json.loads(ask("/shown"))["main"]
    assert "where" in shown
    assert "<b>where" not in shown


def test_button_can_be_clicked_and_modal_is_shown(paged: SlackServer, ask: Ask) -> None:
    web = WebClient("xoxb-1", base_url=paged.url)
    go = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    actions = {"type": "actions", "elements": [go]}
    ts = str(web.chat_postMessage(channel="CREV", text="card", blocks=[actions])["ts"])
    assert 'data-wanted="go"' in json.loads(ask("/shown"))["main"]
    assert ask("/click", id=ts, wanted="go") == "ok"
    trigger = list(paged.state.triggers)[-1]
    title = {"type": "plain_text", "text": "Why & how"}
    web.views_open(trigger_id=trigger, view={"type": "modal", "title": title, "blocks": [actions]})
    assert "Why &amp; how" in json.loads(ask("/shown"))["modal"]
    assert ask("/submit", close="1") == "ok"
    assert json.loads(ask("/shown"))["modal"] == ""
