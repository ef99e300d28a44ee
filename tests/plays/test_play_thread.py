import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver
from plays_children import SERVER, running, work_strictly
from plays_harness import DANA, PlayDesk, approved, draft, effects

from agent.plays.graph import build_graph


def thread(home: Path, play_id: str) -> Any:
    with closing(sqlite3.connect(home / "checkpoints.db", check_same_thread=False)) as connection:
        graph = build_graph(None, SqliteSaver(connection))
        return graph.get_state({"configurable": {"thread_id": play_id}})


def test_a_drafted_play_waits_at_its_interrupt(desk: PlayDesk, home: Path) -> None:
    play = draft(desk)
    state = thread(home, play.id)
    assert state.next == ("await_approval",)
    assert [i.value for i in state.interrupts] == [{"play_id": play.id}]


def test_each_play_has_its_own_thread(desk: PlayDesk, home: Path) -> None:
    first, second = approved(desk, leads=1), draft(desk, leads=1, first=3)
    desk.run(first.id)
    assert thread(home, first.id).next == ()
    assert thread(home, second.id).next == ("await_approval",)


def test_a_finished_thread_remembers_what_was_decided_and_done(desk: PlayDesk, home: Path) -> None:
    play = approved(desk, leads=1)
    desk.run(play.id)
    assert thread(home, play.id).values == {
        "play_id": play.id,
        "decision": {"state": "approved", "digest": play.digest},
        "actions": {play.key(0): "verified", play.key(1): "verified"},
        "outcome": "verified",
    }


def test_a_held_run_stays_at_the_node_and_goes_on_from_there(desk: PlayDesk, home: Path) -> None:
    play = approved(desk, leads=1)
    desk.stop(by=DANA)
    assert desk.run(play.id).held == {play.id: "the kill switch is on"}
    assert thread(home, play.id).next == ("execute",)
    assert desk.show(play.id)["state"] == "approved"
    desk.resume(by=DANA)
    assert desk.run(play.id).states == {play.id: "verified"}


@pytest.mark.parametrize("ending", ["rejected", "expired", "expired after approval"])
def test_a_play_that_will_not_run_gets_its_thread_closed(
    desk: PlayDesk, home: Path, clock: Any, ending: str
) -> None:
    play = draft(desk)
    if ending == "rejected":
        desk.reject(play.id, by=DANA)
    if ending == "expired after approval":
        desk.approve(play.id, by=DANA, digest=play.digest)
    clock.forward(hours=100)
    desk.runner().work()
    state = thread(home, play.id)
    assert state.next == ()
    assert state.values["outcome"] == ending.split(maxsplit=1)[0]
    assert effects(home) == []


def test_a_lost_file_of_checkpoints_loses_no_play(desk: PlayDesk, home: Path) -> None:
    waiting, running = draft(desk, leads=1), approved(desk, leads=1, first=3)
    (home / "checkpoints.db").unlink()
    desk.runner().work()
    assert desk.show(running.id)["state"] == "verified"
    desk.approve(waiting.id, by=DANA, digest=waiting.digest)
    assert desk.run(waiting.id).states == {waiting.id: "verified"}


def test_threads_are_kept_as_plain_json_that_the_strict_reader_takes(
    desk: PlayDesk, home: Path
) -> None:
    play = approved(desk, leads=1)
    answers = SERVER.Queue()
    with running(work_strictly, home, answers):
        assert answers.get(timeout=30) == (True, {play.id: "verified"})
