"""OAuth: any workspace may install the app, and is forgotten when it uninstalls it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from slack_core_harness import SECRET, Listeners, address, card, http_settings, install, running

from agent.config import SlackSettings
from agent.slack.clients import NotInstalledError
from agent.slack.install import installation_store, oauth_settings
from agent.slack.service import Service
from evals.slack_server.server import SlackServer
from knowledge.database import open_database


@pytest.fixture
def listeners() -> Listeners:
    return Listeners()


@pytest.fixture
def installed(tmp_path: Path, slack_server: SlackServer, listeners: Listeners) -> Iterator[Service]:
    state = slack_server.state
    many = http_settings(slack_server, client_id=state.client_id, client_secret=state.client_secret)
    with running(tmp_path, many, listeners.routes, http_port=0) as started:
        slack_server.connect_http(address(started, "/slack/events"), SECRET)
        yield started


def test_a_workspace_that_installs_the_app_is_served_until_it_uninstalls_it(
    slack_server: SlackServer, installed: Service, listeners: Listeners
) -> None:
    assert installed.surface.clients.teams() == []
    install(installed, slack_server, "T1")
    assert installed.surface.clients.teams() == ["T1"]
    slack_server.click("UDANA", card(installed, slack_server), "work")
    slack_server.wait(lambda: listeners.done["work"], what="the click")
    slack_server.event("T1", {"type": "app_uninstalled"})
    slack_server.wait(lambda: not installed.surface.clients.teams(), what="the end")
    with pytest.raises(NotInstalledError):
        installed.surface.clients.of("T1")


def test_the_tables_are_those_that_slack_sdk_describes(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    settings = SlackSettings(_env_file=None, client_id="1.1", client_secret="s")  # noqa: S106
    installations = installation_store(settings, engine)
    states = oauth_settings(settings, installations).state_store
    described = [installations.metadata, cast("Any", states).metadata]

    def theirs(metadata: sa.MetaData) -> list[Any]:
        def ours(_thing: object, name: str | None, kind: str, *_: object) -> bool:
            return kind != "table" or name in metadata.tables

        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"include_object": ours})
            return list(compare_metadata(context, metadata))

    assert [theirs(metadata) for metadata in described] == [[], []]
    engine.dispose()
