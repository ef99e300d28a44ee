from pathlib import Path
from typing import Any

import pytest
from plays_harness import (
    DANA,
    FIELD,
    REROUTE,
    TASK,
    PlayDesk,
    SilentCrm,
    action_states,
    approved,
    audit_words,
    draft,
    effects,
    lead,
    open_desk,
    tasks,
)

from tools.crm.embedded import EmbeddedCrm
from tools.crm.port import RecordRef


def change(desk: PlayDesk, index: int, **fields: Any) -> None:
    """Change a lead as a human in the CRM would."""
    record = lead(desk, index)
    desk.crm.update(record.ref, fields, key=f"human-{fields}", expected_version=record.version)


@pytest.mark.parametrize("template", [REROUTE, TASK, FIELD], ids=lambda t: t["kind"])
def test_a_record_that_changed_since_the_draft_is_left_alone(
    desk: PlayDesk, home: Path, template: dict
) -> None:
    play = draft(desk, leads=1, actions=(template,))
    change(desk, 0, name="Renamed")
    desk.approve(play.id, by=DANA, digest=play.digest)
    desk.run(play.id)
    shown = desk.show(play.id)
    assert shown["state"] == "failed"
    assert shown["actions"][0]["state"] == "stale"
    assert "Lead 0 changed since the draft (version 2, not 1)" in shown["note"]
    assert [key for key in effects(home) if key.startswith("weir-")] == []


def test_the_reason_names_the_field_that_changed(desk: PlayDesk) -> None:
    play = approved(desk, leads=1, actions=(REROUTE,))
    change(desk, 0, owner_id="sample:o3")
    desk.run(play.id)
    assert "owner_id is 'sample:o3', not 'sample:o0'" in desk.show(play.id)["note"]


def test_one_stale_record_does_not_stop_the_others(desk: PlayDesk) -> None:
    play = approved(desk, leads=3, actions=(REROUTE, TASK))
    change(desk, 1, owner_id="sample:o3")
    desk.run(play.id)
    shown = desk.show(play.id)
    assert [a["state"] for a in shown["actions"]] == [
        *["verified", "verified"],
        *["stale", "stale"],
        *["verified", "verified"],
    ]
    assert shown["state"] == "failed"
    assert shown["note"].startswith("4 of 6 took effect; stale: Lead 1 changed since the draft")
    assert lead(desk, 1).fields["owner_id"] == "sample:o3"


def test_a_record_that_is_gone_is_reported(desk: PlayDesk) -> None:
    play = approved(desk, leads=1, actions=(TASK,))
    record = lead(desk, 0)
    desk.crm.delete(record.ref, key="human", expected_version=record.version)
    desk.run(play.id)
    assert "Lead 0 is no longer in the CRM" in desk.show(play.id)["note"]


def test_actions_on_one_record_build_on_one_another(desk: PlayDesk) -> None:
    play = approved(desk, leads=1, actions=(REROUTE, FIELD, TASK))
    desk.run(play.id)
    shown = desk.show(play.id)
    assert shown["state"] == "verified"
    assert shown["actions"][2]["after"]["owner_id"] == "sample:o1"
    assert lead(desk, 0).fields == {"name": "Lead 0", "owner_id": "sample:o1", "priority": "high"}


def test_an_answer_lost_after_the_write_is_reconciled_by_reading_back(home: Path) -> None:
    crm = SilentCrm(home / "crm.db")
    desk = open_desk(home, crm=crm)
    play = approved(desk, leads=1, actions=(TASK,))
    crm.silent = True
    assert desk.run(play.id).held == {play.id: "read timed out"}
    assert desk.show(play.id)["state"] == "unknown"
    assert action_states(desk, play.id) == ["unknown"]
    crm.silent = False
    desk.runner().work()
    assert desk.show(play.id)["state"] == "verified"
    assert crm.writes == 1
    assert tasks(home) == 1
    assert audit_words(desk, play.id).count("action_unknown") == 1


def test_a_write_that_never_arrived_is_made_on_the_next_pass(home: Path) -> None:
    crm = SilentCrm(home / "crm.db")
    desk = open_desk(home, crm=crm)
    play = approved(desk, leads=2, actions=(TASK,))
    crm.silent = crm.lose_effect = True
    for _ in range(3):
        desk.runner().work()
    assert action_states(desk, play.id) == ["unknown", "waiting"]
    assert tasks(home) == 0
    crm.silent = False
    desk.runner().work()
    assert action_states(desk, play.id) == ["verified", "verified"]
    assert tasks(home) == 2
    assert audit_words(desk, play.id).count("held") == 1


def test_what_happened_to_a_write_is_found_out_even_while_the_kill_switch_is_on(home: Path) -> None:
    crm = SilentCrm(home / "crm.db")
    desk = open_desk(home, crm=crm)
    play = approved(desk, leads=2, actions=(TASK,))
    crm.silent = True
    desk.run(play.id)
    desk.stop(by=DANA)
    crm.silent = False
    desk.runner().work()
    assert action_states(desk, play.id) == ["done", "waiting"]
    assert tasks(home) == 1


def test_a_record_that_does_not_keep_what_was_written_is_not_called_verified(home: Path) -> None:
    class Forgetful(EmbeddedCrm):
        def read(self, ref: RecordRef) -> Any:
            record = super().read(ref)
            if record is not None and ref.kind == "task":
                record.fields["status"] = "closed by a trigger"
            return record

    desk = open_desk(home, crm=Forgetful(home / "crm.db"))
    play = approved(desk, leads=1, actions=(TASK,))
    desk.run(play.id)
    shown = desk.show(play.id)
    assert shown["state"] == "failed"
    assert shown["actions"][0]["state"] == "unverified"
    assert "status is 'closed by a trigger', not 'open'" in shown["note"]


def test_an_error_of_our_own_holds_one_play_and_not_the_others(home: Path) -> None:
    class Broken(EmbeddedCrm):
        def read(self, ref: RecordRef) -> Any:
            if broken and ref.id == "sample:lead0":
                raise TypeError("unexpected answer")
            return super().read(ref)

    broken: list[str] = []
    desk = open_desk(home, crm=Broken(home / "crm.db"))
    bad, good = (approved(desk, leads=1, actions=(FIELD,), first=index) for index in (0, 1))
    broken.append("now")
    report = desk.runner().work()
    assert "TypeError: unexpected answer" in report.held[bad.id]
    assert report.states[good.id] == "verified"
    broken.clear()
    assert desk.runner().work().states == {bad.id: "verified"}
