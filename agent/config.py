"""Settings: what a deployment may choose, read from the environment (WEIR_...) or a .env file."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Hold the settings of one process."""

    model_config = SettingsConfigDict(env_prefix="WEIR_", env_file=".env", extra="ignore")

    home: Path = Field(
        default=Path(".weir"),
        description="Folder for all stores: warehouse, ledger, index, checkpoints.",
    )
    model: str = Field(
        default="offline",
        description="Chat model: 'offline', or 'provider:model' as LangChain names it.",
    )
    embedding_model: str = Field(
        default="all-MiniLM-L6-v2",
        description="Embedding model: the packaged one, a folder, or one in the local cache.",
    )
    user: str | None = Field(
        default=None,
        description="Who you are (e-mail), for approvals from the terminal.",
    )

    @property
    def database_url(self) -> str:
        """Locate the database of record."""
        return f"sqlite:///{(self.home / 'ledger.db').absolute()}"


class SlackSettings(BaseSettings):
    """Hold what the Slack app needs; tokens are shown nowhere."""

    model_config = SettingsConfigDict(env_prefix="SLACK_", env_file=".env", extra="ignore")

    bot_token: SecretStr | None = Field(
        default=None, description="Bot token (xoxb-...) of the one workspace; none with OAuth."
    )
    app_token: SecretStr | None = Field(
        default=None, description="App-level token (xapp-...) for Socket Mode."
    )
    signing_secret: SecretStr | None = Field(
        default=None, description="Signing secret, for HTTP instead of Socket Mode."
    )
    client_id: str | None = Field(
        default=None, description="Client id, for OAuth installation into several workspaces."
    )
    client_secret: SecretStr | None = Field(default=None, description="Client secret, for OAuth.")
    channel: str | None = Field(
        default=None,
        description="Channel id for plays and alerts; without one they go to people directly.",
    )
    api_url: str = Field(
        default="https://slack.com/api/", description="Address of Slack's Web API."
    )
