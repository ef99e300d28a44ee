"""SQLite as several processes need it: readers never wait, writers queue."""

from typing import Any

from sqlalchemy import Engine, event

BUSY_TIMEOUT_MS = 15_000
_READS_ONLY = "weir_reads_only"


def share_between_processes(engine: Engine) -> None:
    """Use WAL, and take the write lock when a transaction begins, unless it only reads."""

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
        reads_only = connection.get_execution_options().get(_READS_ONLY, False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def reading(engine: Engine) -> Engine:
    """Give the same engine for transactions that only read: on SQLite they never wait."""
    return engine.execution_options(**{_READS_ONLY: True})
