from pathlib import Path

import pytest
from plays_harness import (
    DANA,
    FIELD,
    REROUTE,
    SAM,
    TASK,
    PlayDesk,
    approved,
    draft,
    effects,
    lead,
    tasks,
)

from agent.plays.decision import Outcome


@pytest.mark.parametrize("template", [REROUTE, TASK, FIELD], ids=lambda t: t["kind"])
def test_undo_brings_the_crm_back_field_by_field(
    desk: PlayDesk, home: Path, template: dict
) -> None:
    before = [lead(desk, i).fields for i in range(3)]
    play = approved(desk, leads=3, actions=(template,))
    desk.run(play.id)
    decision = desk.undo(play.id, by=DANA, reason="wrong list")
    assert decision.outcome is Outcome.UNDO_STARTED
    assert desk.run(play.id).states == {play.id: "undone"}
    after = [lead(desk, i).fields for i in range(3)]
    assert [{k: v for k, v in f.items() if v is not None} for f in after] == before
    assert tasks(home) == 0
    assert {a["undone"]["state"] for a in desk.show(play.id)["actions"]} == {"verified"}


def test_undo_goes_backwards(desk: PlayDesk, home: Path) -> None:
    play = approved(desk, leads=2)
    desk.run(play.id)
    desk.undo(play.id, by=DANA)
    desk.run(play.id)
    keys = [play.key(index) for index in range(4)]
    assert effects(home) == keys + [f"{key}-undo" for key in reversed(keys)]


def test_undo_stops_where_someone_changed_the_field_since(desk: PlayDesk) -> None:
    play = approved(desk, leads=2, actions=(REROUTE,))
    desk.run(play.id)
    record = lead(desk, 0)
    desk.crm.update(
        record.ref, {"owner_id": "sample:o3"}, key="human", expected_version=record.version
    )
    desk.undo(play.id, by=DANA)
    desk.run(play.id)
    shown = desk.show(play.id)
    assert shown["state"] == "partly_undone"
    assert shown["actions"][0]["undone"]["state"] == "stale"
    assert "Someone changed it since: owner_id is 'sample:o3', not 'sample:o1'" in shown["note"]
    assert lead(desk, 0).fields["owner_id"] == "sample:o3"
    assert lead(desk, 1).fields["owner_id"] == "sample:o0"


def test_a_blocked_undo_can_be_tried_again_and_does_only_the_rest(desk: PlayDesk) -> None:
    play = approved(desk, leads=2, actions=(REROUTE,))
    desk.run(play.id)
    for owner, key in (("sample:o3", "human-1"), ("sample:o1", "human-2")):
        record = lead(desk, 0)
        desk.crm.update(record.ref, {"owner_id": owner}, key=key, expected_version=record.version)
        decision = desk.undo(play.id, by=DANA)
        desk.run(play.id)
    assert decision.sentence == "1 write(s) are being undone."
    assert desk.show(play.id)["state"] == "undone"


def test_undo_leaves_other_fields_that_changed_since(desk: PlayDesk) -> None:
    play = approved(desk, leads=1, actions=(REROUTE,))
    desk.run(play.id)
    record = lead(desk, 0)
    desk.crm.update(record.ref, {"name": "Ms Lead"}, key="human", expected_version=record.version)
    desk.undo(play.id, by=DANA)
    desk.run(play.id)
    assert lead(desk, 0).fields == {"name": "Ms Lead", "owner_id": "sample:o0"}


def test_undo_keeps_a_task_that_someone_worked_on(desk: PlayDesk, home: Path) -> None:
    play = approved(desk, leads=1, actions=(TASK,))
    desk.run(play.id)
    task = desk.crm.receipt(play.key(0))
    assert task is not None
    desk.crm.update(task.ref, {"notes": "called"}, key="human", expected_version=task.version)
    desk.undo(play.id, by=DANA)
    desk.run(play.id)
    assert desk.show(play.id)["state"] == "partly_undone"
    assert tasks(home) == 1


def test_undo_of_a_failed_play_takes_back_only_what_took_effect(desk: PlayDesk, home: Path) -> None:
    play = approved(desk, leads=2, actions=(REROUTE,))
    record = lead(desk, 1)
    desk.crm.update(record.ref, {"name": "New"}, key="human", expected_version=record.version)
    desk.run(play.id)
    assert desk.show(play.id)["state"] == "failed"
    desk.undo(play.id, by=DANA)
    desk.run(play.id)
    assert desk.show(play.id)["state"] == "undone"
    assert effects(home) == ["human", play.key(0), f"{play.key(0)}-undo"]


def test_undo_answers_every_click(desk: PlayDesk) -> None:
    play = draft(desk, leads=1)
    assert desk.undo(play.id, by=DANA).outcome is Outcome.NOTHING_TO_UNDO
    desk.approve(play.id, by=DANA, digest=play.digest)
    assert "has not finished yet" in desk.undo(play.id, by=DANA).sentence
    desk.run(play.id)
    assert desk.undo(play.id, by=SAM).outcome is Outcome.NOT_ALLOWED
    desk.stop(by=DANA)
    assert desk.undo(play.id, by=DANA).outcome is Outcome.KILLED
    desk.resume(by=DANA)
    assert desk.undo(play.id, by=DANA).outcome is Outcome.UNDO_STARTED
    assert desk.undo(play.id, by=DANA).outcome is Outcome.ALREADY_DECIDED
    desk.run(play.id)
    assert desk.undo(play.id, by=DANA).sentence == "This play was already undone."


def test_nothing_is_undone_where_nothing_took_effect(desk: PlayDesk) -> None:
    play = approved(desk, leads=1, actions=(REROUTE,))
    record = lead(desk, 0)
    desk.crm.update(record.ref, {"name": "New"}, key="human", expected_version=record.version)
    desk.run(play.id)
    decision = desk.undo(play.id, by=DANA)
    assert decision.outcome is Outcome.NOTHING_TO_UNDO
    assert desk.show(play.id)["state"] == "failed"
