from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from agent.plays import tables as play_tables
from agent.slack import tables as slack_tables
from knowledge.database import SCHEMA_HEAD, open_database
from knowledge.database.connect import MIGRATIONS


@pytest.mark.parametrize(
    "metadata", [play_tables.METADATA, slack_tables.METADATA], ids=["plays", "slack"]
)
def test_the_migrations_make_the_tables_that_the_code_uses(
    home: Path, metadata: sa.MetaData
) -> None:
    engine = open_database(f"sqlite:///{home / 'ledger.db'}")

    def ours(_thing: object, name: str | None, kind: str, *_: object) -> bool:
        return kind != "table" or name in metadata.tables

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": ours, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_schema_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA_HEAD
