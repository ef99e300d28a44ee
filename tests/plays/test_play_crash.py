import os
import signal
from pathlib import Path
from typing import Any

import pytest
from plays_children import eventually, running, work, work_and_die, work_slowly
from plays_harness import (
    DANA,
    REROUTE,
    TASK,
    Clock,
    PlayDesk,
    action_states,
    approved,
    audit_words,
    draft,
    effects,
    lead,
    open_desk,
    tasks,
)

from agent.plays.decision import Outcome
from agent.plays.runner import WorkReport
from tools.crm.embedded import EmbeddedCrm
from tools.crm.port import Receipt

INSTANTS = ("before", "during", "after")


@pytest.mark.parametrize("instant", INSTANTS)
@pytest.mark.parametrize("template", [REROUTE, TASK], ids=lambda t: t["kind"])
def test_a_worker_killed_around_the_write_leads_to_one_effect(
    desk: PlayDesk, home: Path, instant: str, template: dict
) -> None:
    play = approved(desk, leads=1, actions=(template,))
    with running(work_and_die, home, instant, 1) as (worker,):
        pass
    assert worker.exitcode == -signal.SIGKILL
    assert effects(home) == ([play.key(0)] if instant == "after" else [])
    shown = desk.show(play.id)
    assert shown["state"] == "running"
    assert [a["state"] for a in shown["actions"]] == ["started"]
    with running(work, home):
        pass
    assert desk.show(play.id)["state"] == "verified"
    assert effects(home) == [play.key(0)]
    assert tasks(home) == (template is TASK)
    assert lead(desk, 0).fields["owner_id"] == ("sample:o1" if template is REROUTE else "sample:o0")
    entry = next(e for e in desk.audit_entries(play.id) if e["what"] == "action_done")
    assert entry["details"].get("reconciled") == (True if instant == "after" else None)
    late = desk.approve(play.id, by=DANA, digest=play.digest)
    assert late.outcome is Outcome.ALREADY_DECIDED
    assert late.sentence.endswith("it has run and was verified.")
    assert desk.verify_audit().intact


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_worker_killed_in_the_middle_of_a_play_goes_on_behind_what_is_done(
    desk: PlayDesk, home: Path, instant: str
) -> None:
    play = approved(desk, leads=2)
    with running(work_and_die, home, instant, 3):
        pass
    assert action_states(desk, play.id) == ["done", "done", "started", "waiting"]
    with running(work, home):
        pass
    assert action_states(desk, play.id) == ["verified"] * 4
    assert effects(home) == [play.key(index) for index in range(4)]


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_worker_killed_while_undoing_undoes_each_write_once(
    desk: PlayDesk, home: Path, instant: str
) -> None:
    before = lead(desk, 0).fields
    play = approved(desk, leads=1)
    desk.run(play.id)
    desk.undo(play.id, by=DANA)
    with running(work_and_die, home, instant, 2):
        pass
    assert desk.show(play.id)["state"] == "undoing"
    with running(work, home):
        pass
    assert desk.show(play.id)["state"] == "undone"
    assert lead(desk, 0).fields == before
    assert tasks(home) == 0
    assert len(effects(home)) == len(set(effects(home))) == 4


def test_a_worker_that_dies_again_and_again_still_makes_each_write_once(
    desk: PlayDesk, home: Path
) -> None:
    play = approved(desk, leads=1)
    for instant in INSTANTS:
        with running(work_and_die, home, instant, 1):
            pass
    with running(work, home):
        pass
    assert desk.show(play.id)["state"] == "verified"
    assert effects(home) == [play.key(0), play.key(1)]


def test_a_click_whose_process_dies_before_the_run_is_carried_on_by_a_worker(
    desk: PlayDesk, home: Path
) -> None:
    play = approved(desk, leads=1)  # the approval is claimed, and nobody resumes the thread
    with running(work, home):
        pass
    assert desk.show(play.id)["state"] == "verified"
    assert effects(home) == [play.key(0), play.key(1)]


def test_several_workers_at_once_run_every_play_once(desk: PlayDesk, home: Path) -> None:
    plays = [approved(desk, leads=1, first=index) for index in range(4)]
    with running(work, home, count=3):
        pass
    desk.runner().work()
    assert [desk.show(p.id)["state"] for p in plays] == ["verified"] * 4
    assert sorted(effects(home)) == sorted(p.key(i) for p in plays for i in range(2))
    assert all(audit_words(desk, p.id).count("run_started") == 1 for p in plays)
    assert desk.verify_audit().intact


def test_the_kill_switch_stops_a_running_worker_between_two_writes(
    desk: PlayDesk, home: Path
) -> None:
    play = approved(desk, leads=4, actions=(TASK,))
    with running(work_slowly, home, 0.2) as (worker,):
        eventually(lambda: len(effects(home)) >= 1)
        desk.stop(by=DANA)
        eventually(lambda: desk.show(play.id)["note"] == "the kill switch is on")
        at_stop = len(effects(home))
        assert at_stop < 4
        desk.resume(by=DANA)
        eventually(lambda: desk.show(play.id)["state"] == "verified")
        os.kill(worker.pid or 0, signal.SIGTERM)
    assert worker.exitcode == 0
    assert effects(home) == [play.key(index) for index in range(4)]


def test_a_worker_told_to_stop_finishes_its_write_and_another_does_the_rest(
    desk: PlayDesk, home: Path
) -> None:
    play = approved(desk, leads=4, actions=(TASK,))
    with running(work_slowly, home, 0.3) as (worker,):
        eventually(lambda: "started" in action_states(desk, play.id))
        os.kill(worker.pid or 0, signal.SIGTERM)
    assert worker.exitcode == 0
    states = action_states(desk, play.id)
    assert set(states) == {"done", "waiting"}
    assert desk.show(play.id)["note"] == "the worker is shutting down"
    desk.run(play.id)
    assert effects(home) == [play.key(index) for index in range(4)]


def test_a_play_whose_thread_was_never_started_runs_all_the_same(
    desk: PlayDesk, home: Path
) -> None:
    play = draft(desk, leads=1)
    (home / "checkpoints.db").unlink()
    desk.approve(play.id, by=DANA, digest=play.digest)
    assert desk.run(play.id).states == {play.id: "verified"}


def test_a_play_that_a_living_worker_holds_is_left_to_it(desk: PlayDesk, home: Path) -> None:
    play = approved(desk, leads=3, actions=(TASK,))
    with running(work_slowly, home, 0.2) as (worker,):
        eventually(lambda: "started" in action_states(desk, play.id))
        assert desk.run(play.id) == WorkReport()
        assert desk.runner().work().states == {}
        eventually(lambda: desk.show(play.id)["state"] == "verified")
        os.kill(worker.pid or 0, signal.SIGTERM)
    runners = {e["who"] for e in desk.audit_entries(play.id) if e["what"].startswith("action")}
    assert len(runners) == 1


def test_a_worker_that_was_given_up_for_dead_stops_at_its_next_step(
    home: Path, clock: Clock
) -> None:
    class Sleeper(EmbeddedCrm):
        def _once(self, key: str, payload: dict[str, Any], effect: Any) -> Receipt:
            if not overtaken:
                overtaken.append(key)
                clock.forward(hours=1)  # the lease runs out while this write hangs
                desk.run(play.id)
            return super()._once(key, payload, effect)

    overtaken: list[str] = []
    desk = open_desk(home, crm=Sleeper(home / "crm.db"), clock=clock)
    play = approved(desk, leads=2, actions=(TASK,))
    report = desk.run(play.id)
    assert report.held == {play.id: "another worker has taken it over"}
    assert desk.show(play.id)["state"] == "verified"
    assert effects(home) == [play.key(0), play.key(1)]
