"""The ledger and the other files of a run, read beside the app."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FILES = ("ledger.db", "checkpoints.db")


@contextmanager
def opened(home: Path) -> Iterator[sqlite3.Connection]:
    """Open the ledger for reading."""
    connection = sqlite3.connect(f"file:{home / 'ledger.db'}?mode=ro", uri=True, timeout=15)
    try:
        yield connection
    finally:
        connection.close()


def backlog(home: Path) -> int:
    """Count what waits in the inbox or is worked on."""
    with opened(home) as ledger:
        query = "select count(*) from slack_inbox where state in ('waiting', 'running')"
        return int(ledger.execute(query).fetchone()[0])


def inbox(home: Path) -> Counter[tuple[str, str, str]]:
    """Count the items of the inbox by kind, name and state."""
    with opened(home) as ledger:
        query = "select kind, name, state, count(*) from slack_inbox group by 1, 2, 3"
        return Counter({(kind, name, state): n for kind, name, state, n in ledger.execute(query)})


def trouble(home: Path) -> dict[str, int]:
    """Count what is noted about items, the failed ones and those that were tried again."""
    with opened(home) as ledger:
        rows: list[Any] = ledger.execute(
            "select state || ', ' || attempts || ' tries: ' || coalesce(note, ''), count(*)"
            " from slack_inbox where note is not null or attempts > 1 group by 1"
        ).fetchall()
        return {str(note): int(n) for note, n in rows}


def answers(home: Path) -> dict[str, tuple[str | None, str]]:
    """Give the message and state of each answer by its id."""
    with opened(home) as ledger:
        return {
            id_: (ts, state)
            for id_, ts, state in ledger.execute("select id, ts, state from slack_answer")
        }


def sizes(home: Path) -> dict[str, int]:
    """Give the bytes of each file, what is not yet merged into it included."""
    return {
        name: sum(path.stat().st_size for path in home.glob(f"{name}*") if path.is_file())
        for name in FILES
    }


def holding(home: Path, word: str) -> list[str]:
    """Name the files that hold a word; the run is over."""
    sought = word.encode()
    paths = [path for name in (*FILES, "slack.log") for path in home.glob(f"{name}*")]
    return sorted(path.name for path in paths if path.is_file() and sought in path.read_bytes())
