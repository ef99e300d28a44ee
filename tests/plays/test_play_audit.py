import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from plays_harness import DANA, PlayDesk, approved


@pytest.fixture
def lived(desk: PlayDesk) -> PlayDesk:
    play = approved(desk, leads=1)
    desk.run(play.id)
    desk.undo(play.id, by=DANA)
    desk.run(play.id)
    return desk


def tamper(home: Path, *statements: str) -> None:
    with closing(sqlite3.connect(home / "ledger.db")) as connection, connection:
        connection.execute("DROP TRIGGER audit_refuses_update")
        connection.execute("DROP TRIGGER audit_refuses_delete")
        for statement in statements:
            connection.execute(statement)


def test_the_log_tells_the_whole_life_of_a_play(lived: PlayDesk) -> None:
    words = [entry["what"] for entry in lived.audit_entries()]
    assert words == [
        *["drafted", "approval", "approved", "run_started"],
        *["action_started", "action_done"] * 2,
        *["action_verified", "action_verified", "verified", "undo_started"],
        *["undo_started", "undo_done"] * 2,
        *["undo_verified", "undo_verified", "undone"],
    ]
    drafted, approval = lived.audit_entries()[:2]
    assert drafted["details"]["warehouse_version"] == 4
    assert drafted["details"]["policy_version"].startswith("1:")
    assert approval["who"] == DANA
    assert approval["details"]["digest"] == drafted["details"]["digest"]


def test_an_untouched_chain_holds_and_names_its_head(lived: PlayDesk) -> None:
    report = lived.verify_audit()
    last = lived.audit_entries()[-1]
    assert (report.intact, report.entries, report.head) == (True, last["seq"], last["hash"])


def test_an_empty_chain_holds(desk: PlayDesk) -> None:
    assert desk.verify_audit().intact


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'me'", "DELETE FROM audit"])
def test_the_log_refuses_to_be_changed(lived: PlayDesk, home: Path, statement: str) -> None:
    with (
        closing(sqlite3.connect(home / "ledger.db")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(statement)
    assert lived.verify_audit().intact


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE audit SET who = 'me' WHERE seq = 3", "entry 3 was changed"),
        ("UPDATE audit SET details = '{}' WHERE seq = 5", "entry 5 was changed"),
        ("UPDATE audit SET at = '2026' WHERE seq = 1", "entry 1 was changed"),
        ("UPDATE audit SET hash = prev_hash WHERE seq = 4", "entry 4 was changed"),
        ("DELETE FROM audit WHERE seq = 4", "entry 4 is missing"),
        ("DELETE FROM audit WHERE seq = 1", "entry 1 is missing"),
        ("DELETE FROM audit WHERE seq >= 4", "the log ends at entry 3, but 19 were written"),
        ("DELETE FROM audit", "the log ends at entry 0, but 19 were written"),
        (
            "UPDATE audit SET seq = -seq WHERE seq IN (2, 3)",
            "entry 1 is missing",
        ),
    ],
)
def test_tampering_is_found_at_the_first_bad_entry(
    lived: PlayDesk, home: Path, statement: str, problem: str
) -> None:
    tamper(home, statement)
    report = lived.verify_audit()
    assert not report.intact
    assert report.problem == problem
