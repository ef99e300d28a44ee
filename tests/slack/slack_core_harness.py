"""The real Bolt app with listeners of a test's own, against the Slack on loopback."""

import threading
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from agent.assembly import Weir
from agent.config import Settings, SlackSettings
from agent.slack.blocks import actions, button, field, modal, text_input
from agent.slack.item import Item
from agent.slack.routes import Routes
from agent.slack.serve import open_surface
from agent.slack.service import Service
from agent.slack.surface import Surface
from evals.slack_server.server import SlackServer
from knowledge.errors import BadInputError

BUTTONS = ("work", "refuse", "break", "open", "gone", "wait", "pause")
FORM = modal(
    "Why",
    [field("Reason", text_input("text"), "reason")],
    callback_id="why",
    submit="Send",
)


class Listeners:
    """Listeners that count what they did."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.texts: list[str] = []
        self.release = threading.Event()
        self.routes = Routes()
        self.routes.on("event", "message", self.message, slow=True)
        self.routes.on("action", "work", self.work)
        self.routes.on("action", "refuse", self.refuse)
        self.routes.on("action", "break", self.fall)
        self.routes.on("action", "open", self.open)
        self.routes.on("action", "wait", self.wait, slow=True)
        self.routes.on("action", "pause", self.pause)
        self.routes.submit("why", self.submitted)

    def message(self, surface: Surface, item: Item) -> None:
        said = item.body["event"]["text"]
        client = surface.clients.of(item.team)
        client.chat_postMessage(channel=str(item.channel), thread_ts=item.thread_ts, text="read")
        self.texts.append(said)

    def work(self, surface: Surface, item: Item) -> None:
        surface.clients.of(item.team).chat_postMessage(channel=str(item.channel), text="worked")
        self.done["work"] += 1

    def refuse(self, _surface: Surface, _item: Item) -> None:
        raise BadInputError("The play has *expired* <!channel>.")

    def fall(self, _surface: Surface, _item: Item) -> None:
        raise KeyError("private words")

    def open(self, surface: Surface, item: Item) -> None:
        surface.clients.of(item.team).views_open(trigger_id=str(item.trigger_id), view=FORM)

    def wait(self, _surface: Surface, _item: Item) -> None:
        self.release.wait(20)
        self.done["wait"] += 1

    def pause(self, surface: Surface, item: Item) -> None:
        self.done["pause"] += 1
        self.release.wait(20)
        surface.clients.of(item.team).chat_postMessage(channel=str(item.channel), text="paused")

    def submitted(self, _surface: Surface, item: Item) -> dict[str, Any] | None:
        self.done["submitted"] += 1
        typed = item.body["view"]["state"]["values"]["reason"]["text"]["value"]
        if typed == "bad":
            raise BadInputError("A reason has more letters.")
        return None


@contextmanager
def running(
    home: Path, settings: SlackSettings, routes: Routes, http_port: int | None = None
) -> Iterator[Service]:
    weir = Weir(Settings(home=home))
    http = http_port is not None
    # No listener here asks a question.
    surface = open_surface(weir, settings, cast("Any", None), http=http)
    service = Service(surface, http_port, routes=routes, jobs=(), worker=False)
    service.start(lambda _line: None, threading.Event())
    try:
        yield service
    finally:
        service.stop()
        weir.warehouse.database.dispose()


def card(service: Service, server: SlackServer, channel: str = "CREV") -> dict[str, Any]:
    """Post a message with every button, and read it back."""
    row = actions(*(button(name, name, f"b_{name}") for name in BUTTONS))
    sent = service.surface.clients.of("T1").chat_postMessage(
        channel=channel, text="card", blocks=[row]
    )
    return next(shown for shown in server.messages(channel) if shown["ts"] == sent["ts"])


SECRET = "signing-secret"  # noqa: S105 - of no real app


def http_settings(server: SlackServer, **more: Any) -> SlackSettings:
    """Give the settings of an app that takes signed HTTP."""
    return SlackSettings(_env_file=None, signing_secret=SECRET, api_url=server.url, **more)


def address(service: Service, path: str) -> str:
    """Give the address of a page of the service."""
    return f"http://127.0.0.1:{service.port}{path}"


def read(url: str, **headers: str) -> tuple[str, dict[str, str]]:
    """Read a page, and its headers."""
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
        return answer.read().decode(), dict(answer.headers)


def install(service: Service, server: SlackServer, team: str) -> str:
    """Install the app into a workspace as a person does in a browser; give the last page."""
    page, headers = read(address(service, "/slack/install"))
    state = page.split("state=")[1].split("&")[0]
    code = server.authorise(team, "UDANA")
    query = urllib.parse.urlencode({"code": code, "state": state})
    cookie = headers["Set-Cookie"].split(";")[0]
    return read(address(service, f"/slack/oauth_redirect?{query}"), Cookie=cookie)[0]
