"""The end of a connection: quick, whole, and also while it comes back in that instant."""

import threading
import time

from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient

from agent.slack.disconnect import disconnect
from evals.slack_server.server import SlackServer


def connected(server: SlackServer) -> SocketModeClient:
    client = SocketModeClient(
        "xapp-1", web_client=WebClient(base_url=server.url), ping_interval=0.2
    )
    client.connect()
    server.wait(lambda: server.connections, what="the connection")
    return client


def test_it_ends_the_connection(slack_server: SlackServer) -> None:
    client = connected(slack_server)
    disconnect(client)
    slack_server.wait(lambda: not slack_server.connections, what="the end of the connection")


def test_a_connection_that_comes_back_meanwhile_ends_too(slack_server: SlackServer) -> None:
    client = connected(slack_server)
    closing = threading.Thread(target=disconnect, args=(client,))
    # Each of these has a thread of the client's connect anew.
    slack_server.refresh_connections()
    closing.start()
    until = time.monotonic() + 10
    while closing.is_alive() and time.monotonic() < until:
        slack_server.refresh_connections()
    assert not closing.is_alive()
    slack_server.wait(lambda: not slack_server.connections, what="the end of every connection")
