"""HTTP: the Web API, the WebSocket of Socket Mode, uploads and response addresses."""

import asyncio
import base64
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from evals.slack_server.calls import call, decode
from evals.slack_server.respond import respond
from evals.slack_server.state import Json

if TYPE_CHECKING:
    from evals.slack_server.server import SlackServer

LARGEST = 50 * 1024 * 1024
UNAVAILABLE = 503
# Far more often than Slack does: a client that closes waits for the next word from the server.
PING_SECONDS = 0.4


def build(server: "SlackServer") -> web.Application:
    """Build the application of a server."""
    pages = _Pages(server)
    application = web.Application(client_max_size=LARGEST, middlewares=[pages.down])
    application.router.add_post("/api/{method}", pages.method)
    application.router.add_get("/api/{method}", pages.method)
    application.router.add_get("/link/", pages.link)
    application.router.add_post("/upload/{file}", pages.upload)
    application.router.add_get("/file/{file}", pages.file)
    application.router.add_post("/response/{key}", pages.response)
    for add_pages in server.pages:
        add_pages(application)
    return application


class _Pages:
    def __init__(self, server: "SlackServer") -> None:
        self.server = server

    @web.middleware
    async def down(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.server.faults.is_down:
            return web.Response(status=UNAVAILABLE, text="upstream connect error")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def method(self, request: web.Request) -> web.Response:
        args = await _arguments(request)
        given = request.headers.get("Authorization", "")
        token = given.removeprefix("Bearer ") if given.startswith("Bearer ") else args.get("token")
        if given.startswith("Basic "):
            args |= _basic(given)
        status, body, headers = call(
            self.server.state,
            self.server.faults,
            request.match_info["method"],
            args,
            token=token,
            base=self.server.base,
            send_event=self.server.send_event,
        )
        return web.json_response(body, status=status, headers=headers)

    async def link(self, request: web.Request) -> web.StreamResponse:
        server = self.server
        with server.state.lock:
            app_token = server.state.codes.pop(request.query.get("ticket", ""), None)
        if app_token is None:
            return web.Response(status=401)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sockets = server.delivery.sockets.setdefault(app_token, [])
        hello = {
            "type": "hello",
            "num_connections": len(sockets) + 1,
            "debug_info": {"host": "applink", "approximate_connection_time": 18060},
            "connection_info": {"app_id": request.query.get("app_id")},
        }
        await socket.send_str(json.dumps(hello))
        sockets.append(socket)
        pinging = asyncio.create_task(_ping(socket))
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    server.delivery.acknowledge(json.loads(message.data))
        finally:
            sockets.remove(socket)
            pinging.cancel()
        return socket

    async def upload(self, request: web.Request) -> web.Response:
        with self.server.state.lock:
            upload = self.server.state.uploads.get(request.match_info["file"])
        content = await _content(request)
        if upload is None or upload["length"] != len(content):
            return web.Response(status=400, text="the length is not what was announced")
        upload["content"] = content
        return web.Response(text=f"OK - {len(content)}")

    async def file(self, request: web.Request) -> web.Response:
        for workspace in self.server.state.workspaces.values():
            file = workspace.files.get(request.match_info["file"])
            if file is not None:
                return web.Response(body=file["content"], content_type=file["mimetype"])
        return web.Response(status=404)

    async def response(self, request: web.Request) -> web.Response:
        args: Json = json.loads(await request.text() or "{}")
        status, body = respond(self.server.state, request.match_info["key"], args, time.monotonic())
        if body is None:
            return web.Response(text="ok")
        return web.json_response(body, status=status)


async def _ping(socket: web.WebSocketResponse) -> None:
    with contextlib.suppress(ConnectionError):
        while not socket.closed:
            await socket.ping()
            await asyncio.sleep(PING_SECONDS)


async def _arguments(request: web.Request) -> Json:
    args = decode(request.query)
    if request.content_type == "application/json":
        read = json.loads(await request.text() or "{}")
        return args | (read if isinstance(read, dict) else {})
    return args | decode(await request.post())


async def _content(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    for part in (await request.post()).values():
        if isinstance(part, web.FileField):
            return part.file.read()
    return b""


def _basic(header: str) -> Json:
    named = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return {"client_id": named[0], "client_secret": named[2]}
