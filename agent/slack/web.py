"""Web: the signed HTTP address for Slack, the two pages of an installation, and a health check."""

import json
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from agent.slack.install import INSTALL_PATH, REDIRECT_PATH

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from slack_bolt import App

EVENTS_PATH = "/slack/events"
HEALTH_PATH = "/healthz"
_THREADS = 8
# Slack's largest payloads are views of some hundred kilobytes.
_LARGEST_BODY = 2 * 1024 * 1024
_STOP_SECONDS = 5


def build_site(app: "App", health: Callable[[], dict[str, Any]]) -> "WSGIApplication":
    """Build the WSGI site; Bolt refuses what is not signed, or was signed too long ago.

    Args:
        app: The Bolt app, with OAuth where people install it themselves.
        health: Tells how the service does; nothing confidential.
    """
    from slack_bolt.adapter.wsgi import SlackRequestHandler  # noqa: PLC0415

    bolt = SlackRequestHandler(app, path=EVENTS_PATH)
    install = {INSTALL_PATH, REDIRECT_PATH}

    def site(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        if (method, path) == ("GET", HEALTH_PATH):
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(health()).encode()]
        if (method, path) == ("POST", EVENTS_PATH) or (method == "GET" and path in install):
            return bolt(environ, start)
        start("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"Not found"]

    return site


class WebServer:
    """Serve a WSGI site on a port, in a thread of its own."""

    def __init__(self, site: "WSGIApplication", port: int) -> None:
        from waitress.server import create_server  # noqa: PLC0415

        self._server = create_server(
            site,
            # Slack, or a proxy that speaks TLS for us, comes from elsewhere; requests are signed.
            host="0.0.0.0",  # noqa: S104
            port=port,
            threads=_THREADS,
            max_request_body_size=_LARGEST_BODY,
            ident=None,
        )
        self._thread = threading.Thread(target=self._server.run, name="slack-http", daemon=True)

    @property
    def port(self) -> int:
        """Give the port, also where any free one was asked for."""
        return int(self._server.effective_port)

    def start(self) -> None:
        """Take requests."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what is being worked on, and take no more."""
        from waitress import wasyncore  # noqa: PLC0415

        self._server.task_dispatcher.shutdown(timeout=_STOP_SECONDS)
        # Sockets belong to the thread of the server's loop, so they are closed there.
        self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._server._map))  # noqa: SLF001
        self._thread.join(_STOP_SECONDS)
