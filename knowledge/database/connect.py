"""Open the database of record and bring its schema up to date."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url

MIGRATIONS = Path(__file__).parent / "migrations"

# Kept equal to the newest migration by a test: comparing a constant with one row spares every
# command the import of Alembic, which costs more CPU than most commands do.
SCHEMA_HEAD = "0002"

BUSY_TIMEOUT_MS = 15_000


def open_database(url: str) -> Engine:
    """Connect to the database of record, creating or migrating its tables where they are behind.

    Args:
        url: SQLAlchemy URL, such as ``sqlite:////home/me/.weir/ledger.db``.

    Returns:
        An engine whose SQLite connections use WAL and take the write lock when a transaction
        begins, so that two processes which read and then write can't both win.
    """
    parsed = make_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    if is_sqlite and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    if is_sqlite:
        _configure_sqlite(engine)
    if _current_revision(engine) != SCHEMA_HEAD:
        _migrate(engine)
    return engine


def _configure_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, see below
        cursor = connection.cursor()
        # The time-out goes first: switching to WAL itself takes a lock that others may hold.
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        # Deferred transactions that read and then write fail at once with SQLITE_BUSY when
        # another writer came between; immediate ones queue for the lock instead.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _current_revision(engine: Engine) -> str | None:
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
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
