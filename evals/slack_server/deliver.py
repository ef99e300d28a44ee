"""Delivery: brings what happened to the app, by Socket Mode or signed HTTP, until it says so."""

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from evals.slack_server.state import Json

Envelope = Literal["events_api", "interactive", "slash_commands"]
ACK_SECONDS = 3.0
_BAD_STATUS = 300


@dataclass
class Target:
    """Hold where an app takes requests by HTTP."""

    url: str
    secret: str


@dataclass
class Delivery:
    """Deliver payloads and keep how long each acknowledgement took.

    Attributes:
        retry_delays: Seconds before each of the further attempts of an event; Slack's are 0, 60
            and 300, tests can't wait for these.
        acks: Seconds between sending and acknowledgement; a wait for a connection to send over
            is not part of them.
        unanswered: Payloads that were never acknowledged.
    """

    retry_delays: tuple[float, ...] = (0.1, 1.0, 3.0)
    acks: list[float] = field(default_factory=list)
    unanswered: list[Json] = field(default_factory=list)
    sockets: dict[str, list[web.WebSocketResponse]] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)
    _waiting: dict[str, "asyncio.Future[Json]"] = field(default_factory=dict)
    _turn: int = 0
    _underway: "set[Future[Json | None]]" = field(default_factory=set)
    _tasks: "set[asyncio.Task[Any]]" = field(default_factory=set)
    http: aiohttp.ClientSession | None = None
    loop: asyncio.AbstractEventLoop | None = None
    # Lets a call wait that has something to deliver while Slack is down.
    ready: Callable[[], bool] = lambda: True

    @property
    def running(self) -> asyncio.AbstractEventLoop:
        """Give the loop of the server.

        Raises:
            ConnectionError: It does not run.
        """
        if self.loop is None:
            raise ConnectionError("the server does not run")
        return self.loop

    @property
    def underway(self) -> int:
        """Count the payloads that are neither acknowledged nor given up yet."""
        return len(self._underway)

    def send(
        self, app_token: str, kind: Envelope, payload: Json, *, retried: bool = False
    ) -> "Future[Json | None]":
        """Send a payload; the future holds what the acknowledgement said, None without one."""
        done: Future[Json | None] = Future()
        self._underway.add(done)
        done.add_done_callback(self._underway.discard)

        def start() -> None:
            task = self.running.create_task(self._send(app_token, kind, payload, done, retried))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        self.running.call_soon_threadsafe(start)
        return done

    async def _send(
        self,
        app_token: str,
        kind: Envelope,
        payload: Json,
        done: "Future[Json | None]",
        retried: bool,
    ) -> None:
        try:
            delays = self.retry_delays if kind == "events_api" else ()
            reason = "timeout"
            for attempt, delay in enumerate((0.0, *delays)):
                await asyncio.sleep(delay)
                shown = attempt + (1 if retried else 0)
                answer, failed = await self._attempt(app_token, kind, payload, shown, reason)
                if answer is not None:
                    done.set_result(answer)
                    return
                reason = failed
            self.unanswered.append(payload)
        finally:
            if not done.done():
                done.set_result(None)

    async def _attempt(
        self, app_token: str, kind: Envelope, payload: Json, attempt: int, reason: str
    ) -> tuple[Json | None, str]:
        target = self.targets.get(app_token)
        if target is not None:
            return await self._by_http(target, kind, payload, attempt, reason)
        return await self._by_socket(app_token, kind, payload, attempt, reason)

    async def _by_socket(
        self, app_token: str, kind: Envelope, payload: Json, attempt: int, reason: str
    ) -> tuple[Json | None, str]:
        until = time.monotonic() + ACK_SECONDS
        socket = self._next_socket(app_token)
        while socket is None and time.monotonic() < until:
            await asyncio.sleep(0.02)
            socket = self._next_socket(app_token)
        if socket is None:
            return None, "connection_failed"
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason if attempt else ""}
        acknowledged = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = acknowledged
        started = time.monotonic()
        try:
            await socket.send_str(json.dumps(envelope))
            answer = await asyncio.wait_for(acknowledged, ACK_SECONDS)
        except (TimeoutError, ConnectionError, aiohttp.ClientError, RuntimeError):
            return None, "timeout"
        finally:
            self._waiting.pop(envelope["envelope_id"], None)
        self.acks.append(time.monotonic() - started)
        return answer, ""

    def _next_socket(self, app_token: str) -> web.WebSocketResponse | None:
        usable = [socket for socket in self.sockets.get(app_token, []) if not socket.closed]
        if not usable or not self.ready():
            return None
        self._turn += 1
        return usable[self._turn % len(usable)]

    def acknowledge(self, answer: Json) -> bool:
        """Take an acknowledgement from a socket; False where nothing waits for it."""
        waiting = self._waiting.get(str(answer.get("envelope_id")))
        if waiting is None or waiting.done():
            return False
        waiting.set_result(answer.get("payload") or {})
        return True

    async def _by_http(
        self, target: Target, kind: Envelope, payload: Json, attempt: int, reason: str
    ) -> tuple[Json | None, str]:
        body, content_type = encoded(kind, payload)
        headers = {"Content-Type": content_type, **signature(target.secret, body)}
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        started = time.monotonic()
        try:
            status, text = await self.post(target.url, body, headers)
        except TimeoutError:
            return None, "http_timeout"
        except (aiohttp.ClientError, OSError):
            return None, "connection_failed"
        if status >= _BAD_STATUS:
            return None, "http_error"
        self.acks.append(time.monotonic() - started)
        return parsed(text), ""

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Post to the app; it has three seconds."""
        if self.http is None:
            raise ConnectionError("the server does not run")
        timeout = aiohttp.ClientTimeout(total=ACK_SECONDS)
        async with self.http.post(url, data=body, headers=headers, timeout=timeout) as answer:
            return answer.status, await answer.text()

    async def close(self) -> None:
        """Stop delivering."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.http is not None:
            await self.http.close()


def encoded(kind: Envelope, payload: Json) -> tuple[bytes, str]:
    """Encode a payload as Slack does for HTTP, with its content type."""
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def signature(secret: str, body: bytes, *, age: float = 0.0) -> dict[str, str]:
    """Sign a request.

    Args:
        secret: Signing secret.
        body: What is sent.
        age: Seconds since it was signed.

    Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    stamp = str(int(time.time() - age))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest.hexdigest()}",
    }


def parsed(text: str) -> Json:
    """Read what an acknowledgement said; plain text is a message."""
    if not text.strip():
        return {}
    try:
        read = json.loads(text)
    except json.JSONDecodeError:
        return {"text": text}
    return read if isinstance(read, dict) else {}
