"""Service: every thread of the Slack surface, over Socket Mode or signed HTTP."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from agent.plays.play import PlayState
from agent.slack.app import build_app
from agent.slack.clients import ManyWorkspaces, OneWorkspace
from agent.slack.disconnect import disconnect
from agent.slack.dispatch import Dispatcher
from agent.slack.failures import code_of, described, passes
from agent.slack.inbox import Inbox
from agent.slack.install import oauth_settings
from agent.slack.jobs import Job, JobRunner
from agent.slack.routes import Routes
from agent.slack.submissions import Submissions
from agent.slack.surface import Surface
from agent.slack.web import WebServer, build_site
from agent.worker import POLL_SECONDS
from knowledge.errors import WeirError

if TYPE_CHECKING:
    from slack_bolt import App
    from slack_bolt.adapter.socket_mode import SocketModeHandler

_LOG = logging.getLogger(__name__)

Say = Callable[[str], None]

_PATIENCE_SECONDS = 5.0
_PLAY_SECONDS = 10.0
# Also how soon a lost connection is tried again.
_PING_SECONDS = 5.0
# The SDK gives up on a message whose rest is late; at its own 1 kB nearly all come in pieces.
_RECEIVED_BYTES = 1 << 18


class Service:
    """Hold all threads of the Slack surface.

    Args:
        surface: What listeners and jobs work with.
        http_port: Port for signed HTTP, 0 for any free one; None for Socket Mode.
        routes: Who handles what.
        jobs: What is done again and again.
        worker: Also run plays as they are approved.
    """

    def __init__(
        self,
        surface: Surface,
        http_port: int | None,
        *,
        routes: Routes,
        jobs: Sequence[Job],
        worker: bool,
    ) -> None:
        settings, clients = surface.settings, surface.clients
        self.surface = surface
        self.inbox = Inbox(surface.database, clock=surface.clock)
        self._dispatcher = Dispatcher(surface, routes, self.inbox)
        self._jobs = JobRunner(surface, jobs, owner=self.inbox.owner)
        oauth = None
        if isinstance(clients, ManyWorkspaces):
            oauth = oauth_settings(settings, clients.store)
        self._app = build_app(
            surface,
            routes,
            self.inbox,
            self._dispatcher,
            Submissions(surface, routes, self.inbox),
            oauth=oauth,
        )
        self._stopping = threading.Event()
        self._started = False
        self._plays = (
            threading.Thread(target=self._run_plays, name="slack-plays", daemon=True)
            if worker
            else None
        )
        self._web: WebServer | None = None
        self._socket: SocketModeHandler | None = None
        if http_port is None:
            self._socket = _socket_mode(self._app, settings.app_token)
        else:
            self._web = WebServer(build_site(self._app, self.health), http_port)

    @property
    def port(self) -> int | None:
        """Give the port of signed HTTP, None with Socket Mode."""
        return self._web.port if self._web else None

    def start(self, say: Say, stop: threading.Event) -> None:
        """Start all threads and connect.

        Raises:
            WeirError: Slack refuses a token.
        """
        if isinstance(self.surface.clients, OneWorkspace):
            _patiently(self.surface.clients.identity, "SLACK_BOT_TOKEN", say, stop)
        if stop.is_set():
            return
        self._started = True
        if self._plays is not None:
            self._plays.start()
        self._dispatcher.start()
        self._jobs.start()
        if self._web is not None:
            self._web.start()
        if self._socket is not None:
            _patiently(self._socket.client.connect, "SLACK_APP_TOKEN", say, stop)
        if not stop.is_set():
            say(self._described())

    def stop(self) -> None:
        """Take nothing more in, finish what runs, and leave the rest to other processes."""
        self._stopping.set()
        if self._socket is not None:
            disconnect(self._socket.client)
        if not self._started:
            return
        if self._web is not None:
            self._web.stop()
        self._jobs.stop()
        self._dispatcher.stop()
        if self._plays is not None:
            self._plays.join(_PLAY_SECONDS)

    def health(self) -> dict[str, Any]:
        """Tell how the service does."""
        connected = self._socket is None or self._socket.client.is_connected()
        return {
            "ok": True,
            "backlog": self.inbox.backlog(),
            "connected": connected,
            "jobs": self._jobs.leases.last_runs(),
        }

    def _described(self) -> str:
        way = "Socket Mode" if self._web is None else f"HTTP on port {self._web.port}"
        if isinstance(self.surface.clients, OneWorkspace):
            who = self.surface.clients.identity()
            place = f"in the workspace {who.team_name} as @{who.bot_name}"
        else:
            place = f"in {len(self.surface.clients.teams())} workspaces"
        waiting = len(self.surface.weir.plays.list_plays([PlayState.PENDING]))
        plays = "1 play waits" if waiting == 1 else f"{waiting} plays wait"
        return f"Weir is {place}, over {way}; {plays} for a decision. Ctrl-C stops."

    def _run_plays(self) -> None:
        runner = replace(self.surface.weir.plays.runner(), should_stop=self._stopping.is_set)
        while not self._stopping.is_set():
            try:
                runner.work()
            except Exception as error:  # noqa: BLE001 -- a thread that must live on
                _LOG.warning("could not look for plays to run: %s", described(error))
            self._stopping.wait(POLL_SECONDS)


def _socket_mode(app: "App", token: SecretStr | None) -> "SocketModeHandler":
    from slack_bolt.adapter.socket_mode import SocketModeHandler  # noqa: PLC0415

    logger = logging.getLogger("agent.slack.socket")
    logger.setLevel(logging.WARNING)
    return SocketModeHandler(
        app,
        app_token=token.get_secret_value() if token else "",
        logger=logger,
        ping_interval=_PING_SECONDS,
        receive_buffer_size=_RECEIVED_BYTES,
    )


def _patiently(call: Callable[[], object], token: str, say: Say, stop: threading.Event) -> None:
    """Call Slack until it answers; only a refusal ends the wait."""
    from slack_sdk.errors import SlackApiError  # noqa: PLC0415

    said = False
    while not stop.is_set():
        try:
            call()
        except Exception as error:
            if not passes(error):
                if isinstance(error, SlackApiError):
                    raise WeirError(
                        f"Slack refuses {token}: {code_of(error)}; docs/slack.md says how to get "
                        "a good one."
                    ) from error
                raise
            if not said:
                say("Slack can't be reached; trying again every few seconds.")
                said = True
            stop.wait(_PATIENCE_SECONDS)
        else:
            return
