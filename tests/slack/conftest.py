"""A Slack on loopback, a small company, and the real app between them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from agent.assembly import Weir
from agent.config import Settings, SlackSettings
from agent.slack.serve import serving
from agent.slack.service import Service
from evals.slack_server.northpeak import add_northpeak
from evals.slack_server.server import SlackServer

SCALE = 0.15
SHARED = ("warehouse", "library", "sample", "cache")
WEIR = Path(sys.executable).with_name("weir")
LOOPBACK = "127.0.0.1"
SECRET = "signing-secret"  # noqa: S105 - of no real app


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what talks to the server use sockets, on loopback only."""
    for item in items:
        if "slack_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.server)
            item.add_marker(pytest.mark.allow_hosts([LOOPBACK]))


@pytest.fixture
def slack_server() -> Iterator[SlackServer]:
    with SlackServer() as server:
        server.add_workspace("T1")
        add_northpeak(server)
        yield server


@pytest.fixture(scope="session")
def made_northpeak(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the sample company once, also where several processes run tests."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    home = shared / "northpeak"
    with FileLock(shared / "northpeak.lock"):
        if not (home / "made").exists():
            weir = Weir(Settings(home=home))
            weir.ingest_sample(scale=SCALE)
            weir.sync_library()
            weir.warehouse.database.dispose()
            (home / "made").touch()
    return home


@pytest.fixture
def northpeak(made_northpeak: Path, tmp_path: Path) -> Path:
    """Give a home whose ledger and CRM are the test's own; what is only read is shared."""
    home = tmp_path / "northpeak"
    home.mkdir()
    for path in made_northpeak.iterdir():
        if path.name in SHARED:
            (home / path.name).symlink_to(path, target_is_directory=True)
        else:
            shutil.copy2(path, home / path.name)
    return home


@pytest.fixture
def slack_settings(slack_server: SlackServer) -> SlackSettings:
    return SlackSettings(
        _env_file=None,
        bot_token="xoxb-1",  # noqa: S106 - of no real app
        app_token="xapp-1",  # noqa: S106 - of no real app
        channel="CREV",
        api_url=slack_server.url,
    )


@pytest.fixture
def slack_app(
    slack_server: SlackServer, northpeak: Path, slack_settings: SlackSettings
) -> Iterator[Service]:
    """Run the real app in this process, over Socket Mode; no limit of Slack's may be broken."""
    weir = Weir(Settings(_env_file=None, home=northpeak))
    with serving(weir, slack_settings, say=lambda _line: None) as service:
        yield service
    weir.warehouse.database.dispose()
    assert slack_server.violations == []


@pytest.fixture
def slack_environment(slack_server: SlackServer, northpeak: Path) -> dict[str, str]:
    """Give what `weir slack` needs to run as a process of its own against the server."""
    kept = {name: value for name, value in os.environ.items() if "WEIR" not in name}
    return kept | {
        "WEIR_HOME": str(northpeak),
        "SLACK_API_URL": slack_server.url,
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "SLACK_CHANNEL": "CREV",
        "NO_COLOR": "1",
    }


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def slack_process(
    slack_environment: dict[str, str], slack_server: SlackServer, tmp_path: Path
) -> Iterator[Start]:
    """Start `weir slack` as a process, as often as a test wants; what still runs is killed."""
    started: list[subprocess.Popen[str]] = []
    log = (tmp_path / "slack.log").open("w")

    def start(*options: str, seconds: float = 60.0) -> subprocess.Popen[str]:
        before = slack_server.connections
        process = subprocess.Popen(
            [str(WEIR), "slack", *options],
            env=slack_environment,
            cwd=tmp_path,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        if "--http" not in options:
            slack_server.wait(
                lambda: slack_server.connections > before or process.poll() is not None,
                seconds,
                "the connection of weir slack",
            )
            assert process.poll() is None, (tmp_path / "slack.log").read_text()
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)
    log.close()
