"""Serve: open what the Slack surface works with, run it, and end it when the process is told to."""

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.config import SlackSettings
from agent.plays.stamps import Clock, utc_now
from agent.slack.app import all_routes
from agent.slack.clients import Clients, ManyWorkspaces, OneWorkspace
from agent.slack.install import installation_store, uses_oauth
from agent.slack.jobs import all_jobs
from agent.slack.people import People
from agent.slack.service import Say, Service
from agent.slack.surface import Surface
from knowledge.errors import BadInputError, WeirError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from agent.assembly import Weir
    from agent.conversation import Conversation

_TURN_SECONDS = 0.001


def run(
    weir: "Weir", settings: SlackSettings, http_port: int | None, *, say: Say, worker: bool = True
) -> None:
    """Serve Slack until SIGTERM or SIGINT; what runs then is finished, for ten seconds at most.

    Args:
        weir: The assembly.
        settings: Tokens and secrets.
        http_port: Port for signed HTTP; None for Socket Mode.
        say: Shows a line to whoever started this.
        worker: Also run plays as they are approved.

    Raises:
        BadInputError: A token or secret is missing.
        WeirError: Slack refuses a token.
    """
    stop = threading.Event()

    def on_signal(_signal: int, _frame: "FrameType | None") -> None:
        stop.set()

    # An acknowledgement takes many short turns: none may wait long for those who compute.
    sys.setswitchinterval(_TURN_SECONDS)
    previous = {s: signal.signal(s, on_signal) for s in (signal.SIGTERM, signal.SIGINT)}
    try:
        with serving(weir, settings, http_port, say=say, worker=worker, stop=stop):
            stop.wait()
            say("Stopping: finishing what runs.")
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def serving(
    weir: "Weir",
    settings: SlackSettings,
    http_port: int | None = None,
    *,
    say: Say,
    worker: bool = True,
    stop: threading.Event | None = None,
    clock: Clock = utc_now,
) -> "Iterator[Service]":
    """Serve Slack in threads of this process while the context lasts.

    Args:
        weir: The assembly.
        settings: Tokens and secrets.
        http_port: Port for signed HTTP, 0 for any free one; None for Socket Mode.
        say: Shows a line to whoever started this.
        worker: Also run plays as they are approved.
        stop: Ends the wait for Slack at the start.
        clock: Tells the time.

    Raises:
        BadInputError: A token or secret is missing.
        WeirError: Slack refuses a token.
    """
    require(settings, http_port)
    say("Loading data, library and model.")
    with weir.remembering_conversation() as conversation:
        warm(weir, say)
        http = http_port is not None
        surface = open_surface(weir, settings, conversation, http=http, clock=clock)
        service = Service(surface, http_port, routes=all_routes(), jobs=all_jobs(), worker=worker)
        try:
            service.start(say, stop or threading.Event())
            yield service
        finally:
            service.stop()


def require(settings: SlackSettings, http_port: int | None) -> None:
    """See to it that every token and secret is there.

    Raises:
        BadInputError: One is missing; the sentence names its variable.
    """
    if http_port is None:
        needed = {
            "SLACK_BOT_TOKEN (xoxb-...)": settings.bot_token,
            "SLACK_APP_TOKEN (xapp-...)": settings.app_token,
        }
    else:
        needed = {"SLACK_SIGNING_SECRET": settings.signing_secret}
        if not uses_oauth(settings):
            needed["SLACK_BOT_TOKEN (or SLACK_CLIENT_ID and SLACK_CLIENT_SECRET)"] = (
                settings.bot_token
            )
    for name, value in needed.items():
        if value is None or not value.get_secret_value():
            raise BadInputError(f"Set {name}; docs/slack.md says where Slack shows it.")


def warm(weir: "Weir", say: Say) -> None:
    """Open what threads share before there are several: it is opened at its first use."""
    weir.plays  # noqa: B018 -- also opens the database and the CRM
    weir.embedder.embed(["How is the funnel?"])
    weir.vocabulary()
    try:
        with weir.snapshot() as snapshot:
            weir.leaks(snapshot)
    except WeirError as error:
        say(f"{error} Until then there is little to answer.")


def open_surface(
    weir: "Weir",
    settings: SlackSettings,
    conversation: "Conversation",
    *,
    http: bool,
    clock: Clock = utc_now,
) -> Surface:
    """Open what listeners and jobs work with, for one workspace or for all installed ones."""
    database = weir.warehouse.database
    clients: Clients
    if http and uses_oauth(settings):
        clients = ManyWorkspaces(settings, installation_store(settings, database))
    else:
        clients = OneWorkspace(settings)
    people = People(database, clients, clock=clock)
    return Surface(weir, settings, clients, people, conversation, clock)
