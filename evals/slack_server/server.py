"""The server: runs in a thread of its own, and is what tests hold."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from evals.slack_server import payloads
from evals.slack_server.calls import all_scopes
from evals.slack_server.deliver import Delivery, Target
from evals.slack_server.faults import Faults
from evals.slack_server.http import build
from evals.slack_server.modals import Modals
from evals.slack_server.parts import APP_TOKEN, BOT_TOKEN
from evals.slack_server.people import People
from evals.slack_server.readers import Readers
from evals.slack_server.state import Channel, Json, State, User, Workspace
from evals.slack_server.trouble import Trouble

START_SECONDS = 10.0


class SlackServer(People, Modals, Trouble, Readers):
    """A stateful Slack on 127.0.0.1, as a context manager.

    Attributes:
        url: Base address of the Web API.
        base: Address of the server, without a slash at its end.
        pages: What adds further pages to the application, before it is started.
    """

    def __init__(self, *, port: int = 0, retry_delays: tuple[float, ...] = (0.1, 1.0, 3.0)) -> None:
        self.state = State()
        self.faults = Faults()
        self.delivery = Delivery(retry_delays=retry_delays)
        self.delivery.ready = lambda: not self.faults.is_down
        self.pages: list[Callable[[web.Application], None]] = []
        self.base = ""
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="slack-server", daemon=True)

    @property
    def url(self) -> str:
        """Give the base address of the Web API."""
        return f"{self.base}/api/"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start to listen."""
        self._thread.start()
        if not self._started.wait(START_SECONDS):
            raise TimeoutError("the Slack server did not start")
        if self._problem is not None:
            raise self._problem

    def close(self) -> None:
        """Close every connection and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(START_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        runner: web.AppRunner | None = None
        try:
            runner = self._loop.run_until_complete(self._listen())
        except BaseException as problem:  # noqa: BLE001 - raised again in the thread that waits
            self._problem = problem
        self._started.set()
        try:
            if runner is not None:
                self._loop.run_forever()
                self._loop.run_until_complete(self._end(runner))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()

    async def _listen(self) -> web.AppRunner:
        self.delivery.loop = self._loop
        self.delivery.http = aiohttp.ClientSession()
        runner = web.AppRunner(build(self), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self._port)
        try:
            await site.start()
        except OSError:
            await self.delivery.close()
            await runner.cleanup()
            raise
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def _end(self, runner: web.AppRunner) -> None:
        await self.delivery.close()
        await self.close_sockets()
        await runner.cleanup()
        # Lets transports that were just closed say so before the loop ends.
        await asyncio.sleep(0)

    def add_workspace(
        self,
        team: str = "T1",
        *,
        bot_token: str = BOT_TOKEN,
        app_token: str = APP_TOKEN,
        bot_user: str = "UWEIR",
        scopes: Iterable[str] | None = None,
        name: str | None = None,
    ) -> None:
        """Add a workspace in which the app is installed, with every scope where none are named."""
        granted = all_scopes() if scopes is None else set(scopes)
        workspace = Workspace(team, name or f"Team{team}", bot_token, app_token, bot_user, granted)
        workspace.users[bot_user] = User(bot_user, "Weir", is_bot=True)
        with self.state.lock:
            self.state.workspaces[team] = workspace

    def add_user(
        self,
        team: str,
        user: str,
        name: str,
        email: str | None = None,
        *,
        is_bot: bool = False,
        is_restricted: bool = False,
        tz: str = "Europe/Berlin",
        home_team: str | None = None,
    ) -> None:
        """Add a person, a guest, a bot, or a stranger whose home is another workspace."""
        with self.state.lock:
            self.state.workspaces[team].users[user] = User(
                user, name, email, is_bot, is_restricted, tz, home_team
            )

    def add_channel(
        self,
        team: str,
        channel: str,
        name: str,
        members: Iterable[str] | None = None,
        *,
        is_private: bool = False,
        is_ext_shared: bool = False,
        bot_is_member: bool = True,
    ) -> None:
        """Add a channel, with everybody of the workspace where no members are named."""
        with self.state.lock:
            workspace = self.state.workspaces[team]
            inside = set(workspace.users if members is None else members)
            inside.discard(workspace.bot_user)
            if bot_is_member:
                inside.add(workspace.bot_user)
            workspace.channels[channel] = Channel(channel, name, inside, is_private, is_ext_shared)

    def connect_http(self, url: str, signing_secret: str, *, app_token: str = APP_TOKEN) -> None:
        """Deliver to an address, signed, instead of by Socket Mode."""
        self.delivery.targets[app_token] = Target(url, signing_secret)

    def authorise(self, team: str, user: str) -> str:
        """Let somebody allow the installation; give the code for oauth.v2.access."""
        code = f"code-{self.state.number()}"
        with self.state.lock:
            self.state.codes[code] = f"{team}|{user}"
        return code

    def send_event(self, workspace: Workspace, body: Json) -> Json:
        """Deliver an event; give its payload."""
        channel = workspace.channels.get(str(body.get("channel")))
        shared = bool(channel and channel.is_ext_shared)
        payload = payloads.event(self.state, workspace, body, shared=shared)
        self.delivery.send(workspace.app_token, "events_api", payload)
        return payload
