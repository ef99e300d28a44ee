"""What scenarios share: homes of their own, services over them, readers of cards and answers."""

import dataclasses
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from agent.assembly import Weir
from agent.config import Settings, SlackSettings
from agent.plays.desk import PlayDesk
from agent.plays.draft import DraftRequest
from agent.plays.play import Effect, Why
from agent.plays.stamps import utc_now
from agent.slack.app import all_routes
from agent.slack.jobs import Job
from agent.slack.plays.notices import remind
from agent.slack.plays.sync import sync_cards
from agent.slack.serve import open_surface, serving
from agent.slack.service import Service
from evals.slack_server.northpeak import add_northpeak
from evals.slack_server.server import SlackServer
from tools.crm.port import RecordRef

SHARED = ("warehouse", "library", "sample", "cache")
PATIENCE = 60.0
SOON = 60.0
TASK = {"kind": "create_task", "params": {"subject": "Call {name}", "due_in_days": 2}}
EFFECT = Effect(estimate=1.0, low=0.0, high=2.0, unit="more replies", basis="a guess")
FUNNEL = "How does the funnel convert, stage by stage?"
LEAKS = "Where do we lose leads, and why?"


class Clock:
    """Tell a time that tests move, and that goes on by itself."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> Any:
        return utc_now() + self._ahead

    def forward(self, **span: float) -> None:
        self._ahead += timedelta(**span)


@contextmanager
def northpeak_in_slack() -> Iterator[SlackServer]:
    """Run a Slack with the people of the sample company; no limit of Slack's may be broken."""
    with SlackServer() as server:
        server.add_workspace("T1")
        add_northpeak(server)
        yield server
        assert server.violations == []


def own_home(made: Path, home: Path) -> Path:
    """Give a home whose ledger and CRM are its own; what is only read is shared."""
    home.mkdir()
    for path in made.iterdir():
        if path.name in SHARED:
            (home / path.name).symlink_to(path, target_is_directory=True)
        else:
            shutil.copy2(path, home / path.name)
    return home


def socket_settings(server: SlackServer) -> SlackSettings:
    return SlackSettings(
        _env_file=None,
        bot_token="xoxb-1",  # noqa: S106 - of no real app
        app_token="xapp-1",  # noqa: S106 - of no real app
        channel="CREV",
        api_url=server.url,
    )


@contextmanager
def whole_app(
    home: Path, settings: SlackSettings, http_port: int | None = None
) -> Iterator[Service]:
    """Run all of `weir slack` in this process."""
    weir = Weir(Settings(_env_file=None, home=home))
    with serving(weir, settings, http_port, say=lambda _line: None) as service:
        yield service
    weir.warehouse.database.dispose()


@contextmanager
def plays_app(home: Path, settings: SlackSettings, clock: Clock) -> Iterator[Service]:
    """Run the real app with the jobs of plays alone, at a quick pace and a clock of the test's."""
    weir = Weir(Settings(_env_file=None, home=home))
    weir.__dict__["plays"] = dataclasses.replace(weir.plays, clock=clock)
    # Nobody asks a question here, which spares the model.
    surface = open_surface(weir, settings, cast("Any", None), http=False, clock=clock)
    jobs = (Job("cards", 0.5, sync_cards), Job("reminders", 0.2, remind))
    service = Service(surface, None, routes=all_routes(), jobs=jobs, worker=True)
    service.start(lambda _line: None, threading.Event())
    try:
        yield service
    finally:
        service.stop()
        weir.warehouse.database.dispose()
        weir.crm.close()


def drafted(
    weir: Weir,
    names: Sequence[str],
    *,
    prefix: str = "l",
    actions: Sequence[Mapping[str, Any]] = (TASK,),
    why: str = "They wait.",
    holdout: float = 0.0,
    **request: Any,
) -> str:
    """Draft a play for leads of these names; give its id."""
    leads = [(RecordRef("lead", f"{prefix}{i}"), name) for i, name in enumerate(names)]
    weir.crm.seed([(ref, {"name": name, "owner_id": "o1"}) for ref, name in leads])
    weir.crm.seed([(RecordRef("owner", "o1"), {"name": request.pop("owner", "Ada")})])
    wanted = DraftRequest(
        targets=[{"journey_id": ref.id, "name": name, "value": 10.0} for ref, name in leads],
        actions=actions,
        created_by=request.pop("created_by", "weir"),
        holdout=holdout,
        reason=(Why(text=why), EFFECT),
        **request,
    )
    return weir.plays.draft(wanted, owners=[], warehouse_version=1).id


class Desk:
    """What a test sees of one play: its card, its thread, what people alone are told."""

    def __init__(self, server: SlackServer, plays: PlayDesk, play_id: str) -> None:
        self.server, self.plays, self.id = server, plays, play_id

    @property
    def state(self) -> str:
        return str(self.plays.show(self.id)["state"])

    def cards(self, channel: str = "CREV") -> list[dict[str, Any]]:
        return [
            message
            for message in self.server.messages(channel)
            if message.get("metadata", {}).get("event_type") == "weir_card"
            and f"({self.id})" in message["text"]
        ]

    def card(self, *words: str, seconds: float = SOON) -> dict[str, Any]:
        """Wait until the one card shows some words."""

        def found() -> dict[str, Any] | None:
            cards = self.cards()
            assert len(cards) < 2
            text = self.server.text_of(cards[0]) if cards else ""
            return cards[0] if cards and all(word in text for word in words) else None

        return dict(self.server.wait(found, seconds, f"a card with {words}"))

    def lines(self) -> list[str]:
        """Give what the thread of the card was told."""
        thread = self.server.messages("CREV", self.card()["ts"])[1:]
        return [self.server.text_of(line) for line in thread]

    def told(self, words: str) -> str:
        def found() -> str | None:
            return next((text for text in self.lines() if words in text), None)

        return str(self.server.wait(found, SOON, f"a line with {words!r}"))

    def whispers(self, user: str) -> list[str]:
        return [self.server.text_of(shown) for shown in self.server.ephemerals(user, "CREV")]

    def answered(self, user: str, words: str) -> str:
        def found() -> str | None:
            return next((text for text in self.whispers(user) if words in text), None)

        return str(self.server.wait(found, SOON, f"{user} being told {words!r}"))

    def modal(self, user: str, title: str, *, block: str | None = None) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            view = self.server.view(user)
            if view is None or view["title"]["text"] != title:
                return None
            blocks = {each.get("block_id") for each in view["blocks"]}
            return view if block is None or block in blocks else None

        return dict(self.server.wait(found, SOON, f"the modal {title!r}"))

    def heard(self, user: str, count: int) -> None:
        """Wait until somebody alone was told so many sentences."""
        self.server.wait(lambda: len(self.whispers(user)) >= count, SOON, f"answer {count}")

    def audited(self, what: str) -> list[str]:
        return [e["who"] for e in self.plays.audit_entries(self.id) if e["what"] == what]


def ended(server: SlackServer, channel: str, thread_ts: str) -> list[dict[str, Any]]:
    """Give the messages of a thread that are whole answers."""
    return [
        message
        for message in server.answers(channel, thread_ts)
        if any(block["type"] == "context_actions" for block in message.get("blocks") or [])
    ]


def finished(
    server: SlackServer, channel: str, thread_ts: str, count: int = 1, seconds: float = PATIENCE
) -> dict[str, Any]:
    """Wait for a whole answer and the end of its status; give the message."""
    server.wait(lambda: len(ended(server, channel, thread_ts)) >= count, seconds, f"answer {count}")
    server.wait(lambda: server.status(channel, thread_ts) == "", SOON, "the end of the status")
    return ended(server, channel, thread_ts)[count - 1]


def settled(server: SlackServer, service: Service) -> None:
    """Wait until all that happened has arrived and nothing waits in the inbox."""
    server.wait(lambda: not server.underway, PATIENCE, "the arrival of everything")
    server.wait(lambda: service.inbox.backlog() == 0, PATIENCE, "an empty inbox")


def forged(card: Mapping[str, Any], value: str) -> dict[str, Any]:
    """Give a card whose buttons and menus carry a value of nobody's."""

    def changed(element: dict[str, Any]) -> dict[str, Any]:
        if "options" not in element:
            return element | {"value": value}
        options = [
            option | {"value": f"{value[:100]}{place or ''}"}
            for place, option in enumerate(element["options"])
        ]
        return element | {"options": options}

    blocks = []
    for shown in card["blocks"]:
        block = dict(shown)
        if block["type"] == "actions":
            block["elements"] = [changed(element) for element in block["elements"]]
        if "accessory" in block:
            block["accessory"] = changed(block["accessory"])
        blocks.append(block)
    return {**card, "blocks": blocks}
