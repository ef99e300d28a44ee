"""Open the database of record and bring its schema up to date."""

from pathlib import Path

from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url

from knowledge.database.sqlite import reading, share_between_processes

MIGRATIONS = Path(__file__).parent / "migrations"

# Kept equal to the newest migration by a test: comparing a constant with one row spares every
# command the import of Alembic, which costs more CPU than most commands do.
SCHEMA_HEAD = "0003"


def open_database(url: str) -> Engine:
    """Connect to the database of record, creating or migrating its tables where they are behind.

    Args:
        url: SQLAlchemy URL, such as ``sqlite:////home/me/.weir/ledger.db``.

    Returns:
        An engine that several processes may use at once. On SQLite a transaction takes the write
        lock when it begins, so that two that read and then write can't both win; for one that
        only reads use ``reading(engine)``.
    """
    parsed = make_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    if is_sqlite and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    if is_sqlite:
        share_between_processes(engine)
    if _current_revision(engine) != SCHEMA_HEAD:
        _migrate(engine)
    return engine


def _current_revision(engine: Engine) -> str | None:
    with reading(engine).connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if revision is None else str(revision)


def _migrate(engine: Engine) -> None:
    # Imported here: only a new or outdated database needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
