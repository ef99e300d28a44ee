"""Try Weir in Slack without an account: `python -m evals.slack_server --port 8090`."""

import argparse
import contextlib
import signal
import sys
import threading

from evals.slack_server.northpeak import add_northpeak
from evals.slack_server.page.site import add_site
from evals.slack_server.parts import APP_TOKEN, BOT_TOKEN
from evals.slack_server.server import SlackServer


def main() -> None:
    """Run the server until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m evals.slack_server", description=__doc__)
    parser.add_argument("--port", type=int, default=8090, help="port on 127.0.0.1")
    port = parser.parse_args().port
    server = SlackServer(port=port)
    server.add_workspace(name="Northpeak")
    add_northpeak(server)
    server.pages.append(add_site(server))
    try:
        server.start()
    except OSError as error:
        sys.exit(f"Port {port} can't be used ({error.strerror}); choose another: --port 8091")
    lines = [
        f"A Slack of its own runs at {server.base}/ (Ctrl-C stops it). In another terminal:",
        "",
        f"  export SLACK_API_URL={server.url}",
        f"  export SLACK_BOT_TOKEN={BOT_TOKEN} SLACK_APP_TOKEN={APP_TOKEN} SLACK_CHANNEL=CREV",
        "  weir slack",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stopped.set())
    with contextlib.suppress(KeyboardInterrupt):
        stopped.wait()
    server.close()


if __name__ == "__main__":
    main()
