"""SQLite as several processes need it: readers never wait, writers queue."""

import threading
from typing import Any

from sqlalchemy import Engine, event

BUSY_TIMEOUT_MS = 15_000
_READS_ONLY = "weir_reads_only"
_WRITES = "weir_writes"


def share_between_processes(engine: Engine) -> None:
    """Use WAL, and take the write lock when a transaction begins, unless it only reads.

    Threads of one process queue for a lock of their own first: SQLite's waits by sleeping longer
    and longer between two looks, so that under load some threads would hardly ever get it.
    """
    turn = threading.Lock()

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
        if connection.get_execution_options().get(_READS_ONLY, False):
            connection.exec_driver_sql("BEGIN")
            return
        # Without its turn in time it asks SQLite, which knows better who still writes.
        if not connection.info.get(_WRITES) and turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            connection.info[_WRITES] = True
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    # After the commit or rollback itself, and also where the connection broke.
    @event.listens_for(engine, "checkin")
    def _on_checkin(_connection: Any, record: Any) -> None:
        if record.info.pop(_WRITES, False):
            turn.release()


def reading(engine: Engine) -> Engine:
    """Give the same engine for transactions that only read: on SQLite they never wait."""
    return engine.execution_options(**{_READS_ONLY: True})
