"""Disconnect: end a Socket Mode connection for good, also while it is being opened anew."""

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slack_sdk.socket_mode import SocketModeClient

_LOOK_SECONDS = 0.05


def disconnect(client: "SocketModeClient", seconds: float = 10.0) -> None:
    """Close a client whose own ``close`` would wait for ever for a connection that comes back.

    The SDK marks the connection that it has as ended. Where one of its threads puts a new one in
    its place in that instant, nobody ends that one, and its thread is waited for without a limit.

    Args:
        client: The client; it can't be used again.
        seconds: How long to wait for its threads.
    """
    until = time.monotonic() + seconds
    closing = threading.Thread(target=client.close, name="slack-disconnect", daemon=True)
    closing.start()
    while closing.is_alive() and time.monotonic() < until:
        _end(client)
        closing.join(_LOOK_SECONDS)
    _end(client)
    client.disconnect()


def _end(client: "SocketModeClient") -> None:
    client.auto_reconnect_enabled = False
    client.current_session_state.terminated = True
    session = client.current_session
    connection = None if session is None else session.sock
    if connection is not None:
        # Wakes the thread that reads, which would look up from it after three seconds only.
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RD)
