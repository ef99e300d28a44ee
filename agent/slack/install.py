"""Install: OAuth for many workspaces, with tokens and states in the database of record."""

from typing import TYPE_CHECKING

import sqlalchemy as sa

from agent.config import SlackSettings

if TYPE_CHECKING:
    from slack_bolt.oauth.oauth_settings import OAuthSettings
    from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore

# What the bot may do; manifest.json asks for the same.
SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "users:read",
    "users:read.email",
)
INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"
_STATE_SECONDS = 600


def uses_oauth(settings: SlackSettings) -> bool:
    """Tell whether people install the app themselves: client id and secret, and no bot token."""
    return bool(settings.client_id and settings.client_secret and not settings.bot_token)


def installation_store(
    settings: SlackSettings, database: sa.Engine
) -> "SQLAlchemyInstallationStore":
    """Open the store of installations."""
    from slack_sdk.oauth.installation_store.sqlalchemy import (  # noqa: PLC0415
        SQLAlchemyInstallationStore,
    )

    return SQLAlchemyInstallationStore(client_id=str(settings.client_id), engine=database)


def oauth_settings(
    settings: SlackSettings, store: "SQLAlchemyInstallationStore"
) -> "OAuthSettings":
    """Describe the installation to Bolt, which serves its two pages."""
    from slack_bolt.oauth.oauth_settings import OAuthSettings  # noqa: PLC0415
    from slack_sdk.oauth.state_store.sqlalchemy import SQLAlchemyOAuthStateStore  # noqa: PLC0415

    secret = settings.client_secret
    if secret is None:
        raise ValueError("OAuth needs the client secret")
    return OAuthSettings(
        client_id=settings.client_id,
        client_secret=secret.get_secret_value(),
        scopes=SCOPES,
        user_scopes=(),
        install_path=INSTALL_PATH,
        redirect_uri_path=REDIRECT_PATH,
        installation_store=store,
        installation_store_bot_only=True,
        state_store=SQLAlchemyOAuthStateStore(
            expiration_seconds=_STATE_SECONDS, engine=store.engine
        ),
        state_expiration_seconds=_STATE_SECONDS,
    )
