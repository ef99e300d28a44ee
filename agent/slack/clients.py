"""Clients: Slack's Web API, for the one workspace of the settings or for all installed ones."""

import logging
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from agent.config import SlackSettings
from knowledge.database import reading
from knowledge.errors import WeirError

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore

TIMEOUT_SECONDS = 10
_RETRIES = 2


class NotInstalledError(WeirError):
    """Report a workspace where the app is not, or no longer, installed."""

    def __init__(self, team: str | None) -> None:
        super().__init__(f"Weir is not installed in the Slack workspace {team}.")


class Clients(Protocol):
    """Give Web API clients by workspace."""

    def of(self, team: str) -> "WebClient":
        """Give the client of a workspace.

        Raises:
            NotInstalledError: The app is not installed there.
        """
        ...

    def teams(self) -> list[str]:
        """List the ids of the workspaces where the app is installed."""
        ...

    def bot_user(self, team: str) -> str:
        """Give the user id of the app's bot in a workspace."""
        ...

    def home(self, team: str | None) -> str | None:
        """Find the workspace whose installation a payload belongs to; None where there is none."""
        ...


class WebClients:
    """Build clients that retry what is worth a second try."""

    def __init__(self, api_url: str) -> None:
        self._url = api_url
        # Built once: reading the system's certificates takes longer than most calls.
        self._tls = ssl.create_default_context() if api_url.startswith("https:") else None

    def build(self, token: str | None) -> "WebClient":
        """Build a client for a token."""
        from slack_sdk import WebClient  # noqa: PLC0415
        from slack_sdk.http_retry.builtin_handlers import (  # noqa: PLC0415
            ConnectionErrorRetryHandler,
            RateLimitErrorRetryHandler,
            ServerErrorRetryHandler,
        )

        return WebClient(
            token=token,
            base_url=self._url,
            timeout=TIMEOUT_SECONDS,
            ssl=self._tls,
            retry_handlers=[
                RateLimitErrorRetryHandler(max_retry_count=_RETRIES),
                ConnectionErrorRetryHandler(max_retry_count=_RETRIES),
                ServerErrorRetryHandler(max_retry_count=_RETRIES),
            ],
            # Whoever calls says what failed and what follows; the SDK repeats it at every try.
            logger=_silent_logger(),
        )


def _silent_logger() -> logging.Logger:
    logger = logging.getLogger("agent.slack.sdk")
    logger.setLevel(logging.CRITICAL)
    return logger


@dataclass(frozen=True)
class Identity:
    """Say who a bot token belongs to."""

    team: str
    team_name: str
    bot_user: str
    bot_name: str


class OneWorkspace:
    """Give the client of the one workspace that the bot token belongs to."""

    def __init__(self, settings: SlackSettings) -> None:
        if settings.bot_token is None:
            raise ValueError("one workspace needs its bot token")
        self._client = WebClients(settings.api_url).build(settings.bot_token.get_secret_value())
        self._lock = threading.Lock()
        self._identity: Identity | None = None

    def identity(self) -> Identity:
        """Ask Slack once who the token belongs to."""
        with self._lock:
            if self._identity is None:
                said: Any = self._client.auth_test()
                self._identity = Identity(
                    team=said["team_id"],
                    team_name=said.get("team") or said["team_id"],
                    bot_user=said["user_id"],
                    bot_name=said.get("user") or said["user_id"],
                )
            return self._identity

    def of(self, team: str) -> "WebClient":
        """Give the client."""
        if team != self.identity().team:
            raise NotInstalledError(team)
        return self._client

    def teams(self) -> list[str]:
        """Give the id of the workspace."""
        return [self.identity().team]

    def bot_user(self, team: str) -> str:
        """Give the bot's user id."""
        if team != self.identity().team:
            raise NotInstalledError(team)
        return self.identity().bot_user

    def home(self, team: str | None) -> str | None:  # noqa: ARG002 -- part of the protocol
        """Give the workspace: people of others reach us through its shared channels only."""
        return self.identity().team


class ManyWorkspaces:
    """Give the clients of all workspaces where people installed the app."""

    def __init__(self, settings: SlackSettings, store: "SQLAlchemyInstallationStore") -> None:
        self._web = WebClients(settings.api_url)
        self.store = store
        self._bots = store.bots.c

    def of(self, team: str) -> "WebClient":
        """Give the client of a workspace."""
        return self._web.build(self._bot(team).bot_token)

    def teams(self) -> list[str]:
        """List the workspaces."""
        mine = self._bots.client_id == self.store.client_id
        query = sa.select(self._bots.team_id).where(mine).distinct().order_by(self._bots.team_id)
        with reading(self.store.engine).connect() as tx:
            return [str(team) for team in tx.execute(query).scalars() if team]

    def bot_user(self, team: str) -> str:
        """Give the bot's user id in a workspace."""
        return str(self._bot(team).bot_user_id)

    def home(self, team: str | None) -> str | None:
        """Give the same workspace where the app is installed."""
        return team if team in self.teams() else None

    def _bot(self, team: str) -> Any:
        # Read each time: whoever uninstalls the app is out with the next call.
        query = (
            sa.select(self.store.bots)
            .where(self._bots.client_id == self.store.client_id, self._bots.team_id == team)
            .order_by(self._bots.installed_at.desc(), self._bots.id.desc())
            .limit(1)
        )
        with reading(self.store.engine).connect() as tx:
            row = tx.execute(query).first()
        if row is None:
            raise NotInstalledError(team)
        return row
