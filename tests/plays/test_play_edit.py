from pathlib import Path

from plays_harness import (
    DANA,
    REROUTE,
    RIO,
    SAM,
    TASK,
    Clock,
    PlayDesk,
    draft,
    effects,
    lead,
    tasks,
)

from agent.plays.decision import Outcome
from agent.plays.edit import Edit


def test_an_edited_play_runs_as_edited(desk: PlayDesk, home: Path) -> None:
    play = draft(desk, leads=3)
    edit = Edit(drop=["sample:lead1"], params={"create_task": {"due_in_days": 5}})
    decision = desk.edit(play.id, edit, by=RIO, digest=play.digest)
    assert decision.outcome is Outcome.EDITED
    assert desk.approve(play.id, by=DANA, digest=decision.digest or "").accepted
    desk.run(play.id)
    shown = desk.show(play.id)
    assert shown["state"] == "verified"
    assert {a["target"]["id"] for a in shown["actions"]} == {"sample:lead0", "sample:lead2"}
    assert {a["after"].get("due_on") for a in shown["actions"]} == {None, "2026-11-28"}
    assert lead(desk, 1).fields["owner_id"] == "sample:o0"
    assert tasks(home) == 2
    assert not {play.key(i) for i in range(6)} & set(effects(home))


def test_dropping_targets_narrows_effect_and_experiment(desk: PlayDesk) -> None:
    play = draft(desk, leads=4)
    desk.edit(play.id, Edit(drop=["sample:lead0"]), by=DANA, digest=play.digest)
    shown = desk.show(play.id)
    assert shown["expected_effect"]["estimate"] == round(play.expected_effect.estimate * 3 / 4, 2)
    assert "Scaled from 4 to 3 leads" in shown["expected_effect"]["basis"]
    assert shown["experiment"]["treatment"] == ["sample:lead1", "sample:lead2", "sample:lead3"]
    assert shown["left_out"] == [
        {"id": "sample:lead0", "name": "Lead 0", "reason": f"taken out by {DANA}"}
    ]
    assert shown["revision"] == 2


def test_dropping_targets_does_not_make_the_editor_an_author_but_rewriting_does(
    desk: PlayDesk,
) -> None:
    play = draft(desk)
    narrowed = desk.edit(play.id, Edit(drop=["sample:lead0"]), by=DANA, digest=play.digest)
    assert "Dana Meyer" in narrowed.sentence
    params = {"create_task": {"subject": "Write to {name}"}}
    wrote = desk.edit(play.id, Edit(params=params), by=DANA, digest=narrowed.digest or "")
    refused = desk.approve(play.id, by=DANA, digest=wrote.digest or "")
    assert refused.outcome is Outcome.NOT_ALLOWED
    assert desk.approve(play.id, by=RIO, digest=wrote.digest or "").accepted


def test_rerouting_to_somebody_else_moves_the_task_along(desk: PlayDesk) -> None:
    play = draft(desk, leads=1)
    edit = Edit(params={"reroute_lead": {"to": "sample:o3"}})
    desk.edit(play.id, edit, by=RIO, digest=play.digest)
    reroute, task = desk.show(play.id)["actions"]
    assert reroute["summary"] == "Reroute Lead 0 from Ada to Dee"
    assert task["after"]["owner_id"] == "sample:o3"


def test_an_edit_plans_on_the_record_as_it_is_now(desk: PlayDesk) -> None:
    play = draft(desk, leads=1, actions=(TASK,))
    record = lead(desk, 0)
    desk.crm.update(record.ref, {"name": "New"}, key="human", expected_version=record.version)
    params = {"create_task": {"due_in_days": 1}}
    edit = desk.edit(play.id, Edit(params=params), by=RIO, digest=play.digest)
    desk.approve(play.id, by=DANA, digest=edit.digest or "")
    assert desk.run(play.id).states == {play.id: "verified"}


def test_a_dropped_target_is_free_for_another_play(desk: PlayDesk) -> None:
    play = draft(desk, leads=2)
    desk.edit(play.id, Edit(drop=["sample:lead0"]), by=DANA, digest=play.digest)
    assert [t.id for t in draft(desk, leads=2).targets] == ["sample:lead0"]


def test_an_edit_sets_a_new_expiry(desk: PlayDesk, clock: Clock) -> None:
    play = draft(desk)
    clock.forward(hours=40)
    desk.edit(play.id, Edit(drop=["sample:lead0"]), by=DANA, digest=play.digest)
    clock.forward(hours=40)
    assert desk.show(play.id)["state"] == "pending"


def test_edits_that_can_not_be_made_say_why(desk: PlayDesk) -> None:
    play = draft(desk, leads=2, actions=(REROUTE, TASK))
    cases = {
        "Say what to change": Edit(),
        "sample:lead9 is not a target": Edit(drop=["sample:lead9"]),
        "leaves nothing to do": Edit(drop=["sample:lead0", "sample:lead1"]),
        "no action of kind update_field": Edit(params={"update_field": {"value": 1}}),
        "due_in_days: input should be less than": Edit(
            params={"create_task": {"due_in_days": 999}}
        ),
        "There is no owner sample:o77": Edit(params={"reroute_lead": {"to": "sample:o77"}}),
    }
    for words, edit in cases.items():
        decision = desk.edit(play.id, edit, by=RIO, digest=play.digest)
        assert decision.outcome is Outcome.BAD_EDIT
        assert words in decision.sentence
    assert desk.show(play.id)["digest"] == play.digest
    some = Edit(drop=["sample:lead0"])
    assert desk.edit(play.id, some, by=SAM, digest=play.digest).outcome is Outcome.NOT_ALLOWED
    assert desk.edit(play.id, some, by=RIO, digest="0" * 64).outcome is Outcome.CHANGED
