"""Settings: what a deployment may choose, read from the environment (WEIR_...) or a .env file."""

from pathlib import Path

from pydantic import Field
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
