"""Trouble: what a test can make go wrong with Slack."""

import asyncio
import time
from typing import TYPE_CHECKING, Any

from aiohttp import web

from evals.slack_server.deliver import Envelope, encoded, signature
from evals.slack_server.faults import Fault
from evals.slack_server.parts import APP_TOKEN, Parts
from evals.slack_server.state import Json

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from concurrent.futures import Future


class Trouble(Parts):
    """Make things go wrong."""

    def outage(self, seconds: float) -> None:
        """Be down for a while: calls get 503, connections are closed and can't be opened."""
        self.faults.down_until = time.monotonic() + seconds
        self._soon(self.close_sockets())

    def fail(self, method: str, error: str, times: int = 1) -> None:
        """Let the next calls of a method fail."""
        self.faults.plan(method, Fault(error, times))

    def rate_limit(self, method: str, retry_after: int, times: int = 1) -> None:
        """Let the next calls of a method be too many."""
        self.faults.plan(method, Fault("ratelimited", times, retry_after))

    def expire_streams(self) -> None:
        """Let every growing message grow no more."""
        with self.state.lock:
            for stream in self.state.streams.values():
                if stream.mode == "streaming":
                    stream.mode = "expired"

    def age_triggers(self) -> None:
        """Let every trigger id be too old."""
        with self.state.lock:
            for trigger in self.state.triggers.values():
                trigger.until = 0.0

    def age_response_urls(self) -> None:
        """Let every response address be too old."""
        with self.state.lock:
            for address in self.state.response_urls.values():
                address.until = 0.0

    def redeliver(self, payload: Json, times: int = 1) -> None:
        """Deliver a payload again, as Slack does where it missed the acknowledgement."""
        workspace = self.state.workspaces[_team(payload)]
        for _ in range(times):
            self.delivery.send(workspace.app_token, envelope_of(payload), payload, retried=True)

    def deliver(self, payload: Json, *, app_token: str = APP_TOKEN) -> "Future[Json | None]":
        """Deliver a payload as it is, a forged one say."""
        return self.delivery.send(app_token, envelope_of(payload), payload)

    def drop_connections(self) -> None:
        """Close every connection of Socket Mode, without a word."""
        self._soon(self.close_sockets())

    def refresh_connections(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to be opened again, as Slack does now and then."""
        self._soon(self._refresh(reason))

    def post(
        self,
        payload: Json,
        *,
        secret: str | None = None,
        age: float = 0.0,
        app_token: str = APP_TOKEN,
        signed: bool = True,
    ) -> int:
        """Post a payload to the app's address; give the status.

        Args:
            payload: What is posted.
            secret: Secret to sign with, the right one by default.
            age: Seconds since it was signed.
            app_token: App whose address it is.
            signed: Whether there is a signature at all.
        """
        target = self.delivery.targets[app_token]
        body, content_type = encoded(envelope_of(payload), payload)
        headers = {"Content-Type": content_type}
        if signed:
            headers |= signature(secret or target.secret, body, age=age)
        posted = asyncio.run_coroutine_threadsafe(
            self.delivery.post(target.url, body, headers), self.delivery.running
        )
        return posted.result()[0]

    async def close_sockets(self) -> None:
        """Close every connection of Socket Mode."""
        for socket in self._sockets():
            await socket.close()

    async def _refresh(self, reason: str) -> None:
        for socket in self._sockets():
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})
            await socket.close()

    def _sockets(self) -> list[web.WebSocketResponse]:
        return [socket for each in self.delivery.sockets.values() for socket in each]

    def _soon(self, work: "Coroutine[Any, Any, None]") -> None:
        asyncio.run_coroutine_threadsafe(work, self.delivery.running).result()


def envelope_of(payload: Json) -> Envelope:
    """Tell in which envelope a payload travels."""
    if payload.get("type") == "event_callback":
        return "events_api"
    return "slash_commands" if "command" in payload else "interactive"


def _team(payload: Json) -> str:
    return str(payload.get("team_id") or payload["team"]["id"])
