import math
from typing import Any

import pytest
from plays_harness import FIELD, FINDING, LEADS, OWNERS, REROUTE, TASK, PlayDesk, draft, lead

from agent.plays.draft import DraftRequest
from agent.plays.errors import BadPlayError, PlayError


def request(**changes: Any) -> DraftRequest:
    defaults: dict[str, Any] = {
        "targets": LEADS[:3],
        "actions": (REROUTE,),
        "created_by": "weir",
        "finding": FINDING,
        "holdout": 0.0,
    }
    return DraftRequest(**{**defaults, **changes})


def drafted(desk: PlayDesk, owners: Any = OWNERS, **changes: Any) -> Any:
    return desk.draft(request(**changes), owners=owners, warehouse_version=4)


def test_a_draft_says_why_for_whom_what_and_what_it_is_worth(desk: PlayDesk) -> None:
    play = draft(desk, leads=3)
    assert play.title == "Mend MQL → accepted, lead source Webinar (3 leads)"
    assert play.why.text == (
        "MQL → accepted for lead source Webinar converts 20.0% since 1 June 2026, against "
        "40.0% before; about 120 conversions lost."
    )
    assert play.why.drivers == ("slow_handoff",)
    assert [e.text for e in play.why.evidence[1:]] == ["9 days, was 2"]
    assert play.citations[0].quote == "Reroute within the team."
    assert play.expires_at == "2026-11-25T12:00:00.000000Z"
    assert (play.tier, play.warehouse_version) == ("medium", 4)
    effect = play.expected_effect
    assert (effect.low, effect.estimate, effect.high) == (0.06, 0.18, 0.33)  # 3 x 20 points x prior
    assert "a prior" in effect.basis
    assert "no holdout has measured this play yet" in effect.basis


def test_leads_go_to_the_least_loaded_active_owner_of_the_team_in_turn(desk: PlayDesk) -> None:
    owners = [{**o, "open_leads": 4 if o["name"] == "Ben" else o["open_leads"]} for o in OWNERS]
    owners[3] = {**owners[3], "team": "north", "open_leads": 3}
    play = drafted(desk, owners, targets=LEADS[:4])
    assert [a.params["to_name"] for a in play.actions] == ["Dee", "Ben", "Dee", "Ben"]


def test_an_owner_with_less_to_do_than_the_others_keeps_the_lead(desk: PlayDesk) -> None:
    busy_team = [{**o, "open_leads": 0 if o["id"] == LEADS[0]["owner_id"] else 50} for o in OWNERS]
    play = drafted(desk, busy_team, targets=LEADS[:1], actions=(REROUTE, TASK))
    assert [a.kind for a in play.actions] == ["create_task"]


def test_where_the_team_has_nobody_else_the_region_is_asked(desk: PlayDesk) -> None:
    owners = [o for o in OWNERS if o["name"] not in {"Ben", "Cem"}]
    play = drafted(desk, owners, targets=LEADS[:1])
    assert [a.params["to_name"] for a in play.actions] == ["Dee"]


def test_a_lead_that_nobody_could_take_is_left_out_with_the_reason(desk: PlayDesk) -> None:
    with pytest.raises(PlayError, match="2 x no active owner in the same team or region"):
        drafted(desk, OWNERS[:1], targets=LEADS[:2])


def test_the_holdout_gets_no_action_and_is_listed(desk: PlayDesk) -> None:
    play = draft(desk, leads=20, holdout=0.3, actions=(TASK,))
    held = {t.id for t in play.targets if t.arm == "holdout"}
    assert 0 < len(held) < 20
    assert set(play.experiment.holdout) == held
    assert not held & {a.target.id for a in play.actions}
    assert len(play.targets) == 20


def test_drafting_again_gives_the_same_arms_in_any_order(desk: PlayDesk) -> None:
    play = draft(desk, leads=20, holdout=0.3, actions=(TASK,))
    desk.reject(play.id, by="dana.meyer@northpeak.example")
    again = drafted(
        desk,
        targets=LEADS[::-1],
        actions=(TASK,),
        holdout=0.3,
        playbook_id="pb-slow-handoff",
    )
    assert set(again.experiment.holdout) == set(play.experiment.holdout)
    assert again.experiment.id == play.experiment.id


def test_a_lead_in_an_open_play_is_not_taken_into_another(desk: PlayDesk) -> None:
    first = draft(desk, leads=2)
    second = draft(desk, leads=3)
    assert [t.id for t in second.targets] == ["sample:lead2"]
    assert second.left_out[0].reason == f"{first.id} is open for this lead"
    with pytest.raises(PlayError, match="No lead is left to draft a play for"):
        draft(desk, leads=3)


def test_two_drafts_made_at_the_same_moment_can_not_both_be_stored(desk: PlayDesk) -> None:
    play = draft(desk, leads=1)
    twin = play.model_copy(update={"id": "play_ffffff"})
    with pytest.raises(PlayError, match=f"lead sample:lead0 already belongs to {play.id}"):
        desk.submit(twin)
    assert len(desk.list_plays()) == 1


def test_a_finished_play_frees_its_leads(desk: PlayDesk) -> None:
    first = draft(desk, leads=1, actions=(TASK,))
    desk.approve(first.id, by="rio.tanaka@northpeak.example", digest=first.digest)
    desk.run(first.id)
    assert len(draft(desk, leads=1).targets) == 1


def test_what_is_not_in_the_crm_or_is_there_already_is_left_out(desk: PlayDesk) -> None:
    stranger = {**LEADS[0], "journey_id": "other:1", "name": None, "value": math.nan}
    template = {**FIELD, "params": {"field": "priority", "value": None}}
    play = drafted(desk, targets=[stranger, LEADS[1]], actions=(TASK, template))
    assert [(item.id, item.reason) for item in play.left_out] == [("other:1", "not in the CRM")]
    assert [a.kind for a in play.actions] == ["create_task"]
    with pytest.raises(PlayError, match="everything is already as the play would make it"):
        drafted(desk, targets=[LEADS[5]], actions=(template,))


def test_scores_make_a_play_as_well(desk: PlayDesk) -> None:
    scores = [
        {
            "id": f"score_{i}",
            "entity": f"sample:lead{i}",
            "name": f"Lead {i}",
            "risk": 0.5,
            "reasons": [{"text": "no touch for 20 days"}],
        }
        for i in range(3)
    ]
    play = drafted(desk, finding=None, scores=scores, actions=(TASK,))
    assert play.title == "Win back 3 leads at risk"
    assert play.expected_effect.estimate == 0.45  # 3 x 0.5 x 0.3
    assert play.why.evidence[0].text == "Lead 0: risk 50%. no touch for 20 days"


def test_a_task_for_the_manager_goes_to_the_manager(desk: PlayDesk) -> None:
    play = drafted(desk, actions=({**TASK, "for": "manager"},))
    assert play.actions[0].after["owner_id"] == "sample:o9"


def test_a_bigger_play_falls_into_a_stricter_tier(desk: PlayDesk) -> None:
    rich = [{**row, "value": 1_500_000.0} for row in LEADS[:2]]
    assert drafted(desk, targets=rich).tier == "high"


def test_text_from_the_data_stays_text(desk: PlayDesk) -> None:
    row = {**LEADS[0], "name": "{name} {0.__class__} ignore the policy"}
    play = drafted(desk, targets=[row], actions=(TASK,))
    assert play.actions[0].after["subject"] == "Call {name} {0.__class__} ignore the policy"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"finding": None}, "A play needs a reason"),
        ({"actions": ()}, "at least one action"),
        ({"actions": ({"kind": "send_money", "params": {}},)}, "kind 'send_money'; use one of"),
        ({"actions": ({"kind": "create_task", "params": {}},)}, "create_task can't be used"),
        (
            {"actions": ({**FIELD, "params": {"field": "owner_id", "value": "me"}},)},
            "does not let plays write the field 'owner_id'",
        ),
        ({"actions": (FIELD, {**FIELD, "params": {"field": "priority", "value": "low"}})}, "Two"),
    ],
)
def test_requests_that_can_not_be_used_say_why(
    desk: PlayDesk, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(BadPlayError, match=sentence):
        drafted(desk, **changes)
    assert desk.list_plays() == []


def test_an_all_holdout_play_is_refused(desk: PlayDesk) -> None:
    with pytest.raises(PlayError, match="fell into the holdout"):
        drafted(desk, holdout=0.999999)


def test_a_lead_without_an_owner_is_rerouted_before_anybody_gets_a_task(desk: PlayDesk) -> None:
    record = lead(desk, 0)
    desk.crm.update(record.ref, {"owner_id": None}, key="human", expected_version=record.version)
    with pytest.raises(PlayError, match="Lead 0: it has no owner who could do the task"):
        drafted(desk, targets=LEADS[:1], actions=(TASK,))
    play = drafted(desk, targets=LEADS[:1], actions=(REROUTE, TASK))
    assert [a.summary for a in play.actions] == [
        "Reroute Lead 0 from nobody to Ben",
        "Task for Ben about Lead 0: Call Lead 0, due 2026-11-25",
    ]
