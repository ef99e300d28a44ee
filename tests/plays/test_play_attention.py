from datetime import timedelta

import pytest
from plays_harness import (
    DANA,
    FIELD,
    LEADS,
    NOON,
    RIO,
    SAM,
    TASK,
    Clock,
    PlayDesk,
    approved,
    audit_words,
    draft,
    lead,
    open_desk,
    with_policy,
)

from agent.plays.decision import Outcome
from agent.plays.edit import Edit
from agent.plays.errors import PlayError
from agent.plays.play import Play


def told(desk: PlayDesk) -> list[tuple[str, str]]:
    """List kind and recipient of what is due now."""
    return sorted((notice.kind, notice.to[0]) for notice in desk.due_notices())


def test_a_snooze_keeps_the_play_pending_and_is_over_when_it_is_over(
    desk: PlayDesk, clock: Clock
) -> None:
    play = draft(desk)
    decision = desk.snooze(play.id, by=DANA.upper(), until=NOON + timedelta(hours=10))
    assert (decision.outcome, decision.state) == (Outcome.SNOOZED, "pending")
    assert "2026-11-23 22:00 UTC" in decision.sentence
    assert desk.snoozed(play.id, DANA) == "2026-11-23T22:00:00.000000Z"
    assert desk.snoozed(play.id, RIO) is None
    clock.forward(10)
    assert desk.snoozed(play.id, DANA) is None
    assert audit_words(desk, play.id) == ["drafted", "snoozed"]


def test_a_later_snooze_takes_the_place_of_an_earlier_one(desk: PlayDesk) -> None:
    play = draft(desk)
    for hours in (10, 2):
        desk.snooze(play.id, by=DANA, until=NOON + timedelta(hours=hours))
        desk.clock.forward(0.1)  # type: ignore[attr-defined]
    assert desk.snoozed(play.id, DANA) == "2026-11-23T14:00:00.000000Z"


@pytest.mark.parametrize(
    ("by", "hours", "outcome", "words"),
    [
        (DANA, 48, Outcome.BAD_REQUEST, "expires at 2026-11-25 12:00 UTC"),
        (DANA, 0, Outcome.BAD_REQUEST, "has passed"),
        (SAM, 2, Outcome.NOT_ALLOWED, "has the role sales"),
        (RIO, 2, Outcome.NOT_ALLOWED, "wrote this play"),
        ("eve@x.example", 2, Outcome.NOT_ALLOWED, "not in the policy"),
    ],
)
def test_a_snooze_that_makes_no_sense_is_refused_and_written_down(
    desk: PlayDesk, by: str, hours: float, outcome: Outcome, words: str
) -> None:
    play = draft(desk, by=RIO)
    decision = desk.snooze(play.id, by=by, until=NOON + timedelta(hours=hours))
    assert decision.outcome is outcome
    assert words in decision.sentence
    assert desk.attention(play.id) == []
    assert audit_words(desk, play.id)[-1] == "snooze_refused"


def test_a_decision_is_handed_over_to_somebody_who_may_make_it(desk: PlayDesk) -> None:
    play = draft(desk)
    decision = desk.hand_over(play.id, by=DANA, to=RIO, reason="on the road")
    assert decision.outcome is Outcome.HANDED_OVER
    assert "Rio Tanaka" in decision.sentence
    notice = next(n for n in desk.due_notices() if n.kind == "handed_over")
    assert notice.to == (RIO,)
    assert "Dana Meyer asks you" in notice.sentence
    assert "on the road" in notice.sentence
    assert desk.approve(play.id, by=RIO, digest=play.digest).outcome is Outcome.APPROVED


@pytest.mark.parametrize(
    ("by", "to", "words"),
    [
        (DANA, SAM, "Sam Okafor can't approve"),
        (DANA, RIO, "wrote this play"),
        (DANA, DANA, "yours already"),
        (DANA, "eve@x.example", "not in the policy"),
        (SAM, DANA, "You can't hand over"),
    ],
)
def test_a_decision_is_not_handed_to_who_may_not_make_it(
    desk: PlayDesk, by: str, to: str, words: str
) -> None:
    play = draft(desk, by=RIO)
    decision = desk.hand_over(play.id, by=by, to=to)
    assert not decision.accepted
    assert words in decision.sentence
    assert told(desk) == []


def test_who_has_approved_has_nothing_left_to_snooze_or_hand_over(desk: PlayDesk) -> None:
    medium = desk.policy.tiers["medium"].model_copy(update={"quorum": 2})
    tiers = {**desk.policy.tiers, "medium": medium}
    twice = with_policy(desk, desk.policy.model_copy(update={"tiers": tiers}))
    play = draft(twice)
    assert twice.approve(play.id, by=DANA, digest=play.digest).outcome is Outcome.RECORDED
    snooze = twice.snooze(play.id, by=DANA, until=NOON + timedelta(hours=1))
    assert snooze.outcome is Outcome.ALREADY_COUNTED
    assert twice.hand_over(play.id, by=DANA, to=RIO).outcome is Outcome.ALREADY_COUNTED
    back = twice.hand_over(play.id, by=RIO, to=DANA)
    assert "has approved this play already" in back.sentence


def test_who_is_away_is_replaced_until_they_are_back(desk: PlayDesk, clock: Clock) -> None:
    decision = desk.away(by=DANA, to=RIO, until=NOON + timedelta(days=3))
    assert decision.outcome is Outcome.AWAY
    draft(desk)
    clock.forward(9)
    assert told(desk) == [("remind", RIO)]
    assert desk.back(by=DANA).outcome is Outcome.BACK
    assert told(desk) == [("remind", DANA), ("remind", RIO)]
    assert desk.back(by=DANA).outcome is Outcome.NO_CHANGE
    assert [e["what"] for e in desk.audit_entries() if e["play_id"] is None] == ["away", "back"]


def test_an_absence_holds_only_from_its_first_to_its_last_day(desk: PlayDesk, clock: Clock) -> None:
    day = timedelta(days=1)
    desk.away(by=DANA, to=RIO, since=NOON + day, until=NOON + 2 * day)
    draft(desk, actions=(TASK,), first=8)
    clock.forward(24.5)
    assert told(desk) == [("remind", RIO)]
    clock.forward(24)
    assert told(desk) == [("remind", DANA), ("remind", RIO)]


def test_the_absent_are_asked_where_their_stand_in_may_not_decide(
    desk: PlayDesk, clock: Clock
) -> None:
    desk.away(by=DANA, to=RIO, until=NOON + timedelta(days=3))
    draft(desk, by=RIO)
    clock.forward(9)
    assert told(desk) == [("remind", DANA)]


def test_two_who_stand_in_for_each_other_are_both_asked(desk: PlayDesk, clock: Clock) -> None:
    for by, to in ((DANA, RIO), (RIO, DANA)):
        desk.away(by=by, to=to, until=NOON + timedelta(days=3))
    draft(desk)
    clock.forward(9)
    assert told(desk) == [("remind", DANA), ("remind", RIO)]


@pytest.mark.parametrize(
    ("by", "to", "hours", "words"),
    [
        (DANA, DANA, 5, "stand in for yourself"),
        (DANA, "eve@x.example", 5, "not in the policy"),
        ("eve@x.example", DANA, 5, "not in the policy"),
        (DANA, RIO, -5, "over before it begins"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(
    desk: PlayDesk, by: str, to: str, hours: float, words: str
) -> None:
    decision = desk.away(by=by, to=to, until=NOON + timedelta(hours=hours))
    assert not decision.accepted
    assert words in decision.sentence
    assert desk.audit_entries()[-1]["what"] == "away_refused"


def expired(desk: PlayDesk, clock: Clock) -> Play:
    play = draft(desk, by=RIO)
    clock.forward(49)
    desk.list_plays()
    return play


def test_an_expired_play_is_requested_again_on_the_records_as_they_are_now(
    desk: PlayDesk, clock: Clock
) -> None:
    old = expired(desk, clock)
    record = lead(desk, 0)
    desk.crm.update(record.ref, {"owner_id": "sample:o3"}, key="h", expected_version=record.version)
    decision = desk.request_again(old.id, by=DANA)
    assert decision.outcome is Outcome.REQUESTED_AGAIN, decision.sentence
    assert decision.play_id is not None
    new = desk.show(decision.play_id)
    assert (new["state"], new["digest"]) == ("pending", decision.digest)
    assert new["id"] != old.id
    assert new["actions"][0]["before"] == {"owner_id": "sample:o3"}
    assert new["expires_at"] > old.expires_at
    assert new["audit"][0]["details"]["instead_of"] == old.id
    entry = desk.audit_entries(old.id)[-1]
    assert (entry["what"], entry["details"]["new_play"]) == ("requested_again", new["id"])
    assert desk.approve(new["id"], by=DANA, digest=new["digest"]).outcome is Outcome.APPROVED
    assert desk.run(new["id"]).states == {new["id"]: "verified"}


def test_an_author_does_not_become_an_approver_by_requesting_again(
    desk: PlayDesk, clock: Clock
) -> None:
    old = expired(desk, clock)
    decision = desk.request_again(old.id, by=RIO)
    assert decision.play_id is not None
    refused = desk.approve(decision.play_id, by=RIO, digest=decision.digest or "")
    assert refused.outcome is Outcome.NOT_ALLOWED


def test_a_play_is_requested_again_once(desk: PlayDesk, clock: Clock) -> None:
    old = expired(desk, clock)
    first = desk.request_again(old.id, by=DANA)
    second = desk.request_again(old.id, by=RIO)
    assert second.outcome is Outcome.ALREADY_DECIDED
    assert first.play_id is not None
    assert first.play_id in second.sentence
    assert len(desk.list_plays()) == 2


def test_targets_that_another_play_holds_meanwhile_are_left_out(
    desk: PlayDesk, clock: Clock
) -> None:
    old = expired(desk, clock)
    other = draft(desk, leads=1, actions=(FIELD,))
    new = desk.show(desk.request_again(old.id, by=DANA).play_id or "")
    assert [t["id"] for t in new["targets"]] == ["sample:lead1", "sample:lead2"]
    assert new["left_out"][-1]["reason"] == f"{other.id} is open for this lead"
    assert new["expected_effect"]["estimate"] < old.expected_effect.estimate


def test_nothing_is_drafted_again_where_nothing_is_left_to_do(desk: PlayDesk, clock: Clock) -> None:
    old = expired(desk, clock)
    draft(desk, leads=3, actions=(FIELD,))
    decision = desk.request_again(old.id, by=DANA)
    assert decision.outcome is Outcome.BAD_REQUEST
    assert "Nothing is left" in decision.sentence
    assert len(desk.list_plays()) == 2


@pytest.mark.parametrize("by", [SAM, "eve@x.example"])
def test_who_has_no_part_in_a_play_can_not_request_it_again(
    desk: PlayDesk, clock: Clock, by: str
) -> None:
    old = expired(desk, clock)
    assert desk.request_again(old.id, by=by).outcome is Outcome.NOT_ALLOWED


def test_only_an_expired_play_is_requested_again(desk: PlayDesk) -> None:
    play = draft(desk)
    decision = desk.request_again(play.id, by=DANA)
    assert decision.outcome is Outcome.BAD_REQUEST
    assert "this one is pending" in decision.sentence


def test_what_can_be_done_is_what_a_click_would_be_answered(desk: PlayDesk, clock: Clock) -> None:
    play = draft(desk, by=RIO)
    before = desk.audit_entries()
    for by in (DANA, RIO, SAM, "eve@x.example", ""):
        can = desk.can(play.id, by)
        clicks = {
            "undo": desk.undo(play.id, by=by),
            "request_again": desk.request_again(play.id, by=by),
        }
        if can["reject"]:
            clicks["reject"] = desk.reject(play.id, by=by)
        if can["approve"]:
            clicks["approve"] = desk.approve(play.id, by=by, digest=play.digest)
        if can["edit"]:
            drop = Edit(drop=[str(LEADS[0]["journey_id"])])
            clicks["edit"] = desk.edit(play.id, drop, by=by, digest=play.digest)
        for what, decision in clicks.items():
            if what != "request_again" or by:
                assert (can[what] is None) == decision.accepted, (by, what)
    assert desk.can(play.id, DANA)["approve"] is None
    assert desk.audit_entries()[: len(before)] == before
    clock.forward(49)
    asked = desk.can(play.id, DANA)
    assert asked["request_again"] is None
    assert "expired" in (asked["approve"] or "")


def test_asking_what_can_be_done_leaves_no_trace(desk: PlayDesk, clock: Clock) -> None:
    play = draft(desk)
    clock.forward(49)
    before = desk.audit_entries()
    desk.can(play.id, SAM)
    assert desk.audit_entries() == before
    with pytest.raises(PlayError, match="There is no play"):
        desk.can("play_000000", DANA)


def test_a_finished_play_can_be_undone_by_who_may_undo(desk: PlayDesk) -> None:
    play = approved(desk)
    assert "has not finished" in (desk.can(play.id, DANA)["undo"] or "")
    desk.run(play.id)
    assert desk.can(play.id, DANA)["undo"] is None
    assert "lacks the role" in (desk.can(play.id, SAM)["undo"] or "")
    desk.undo(play.id, by=DANA)
    desk.run(play.id)
    assert desk.can(play.id, DANA)["undo"] == "This play was already undone."


def test_another_process_sees_what_was_snoozed(desk: PlayDesk, clock: Clock) -> None:
    play = draft(desk)
    desk.snooze(play.id, by=DANA, until="2026-11-23T15:00:00.000000Z")
    other = open_desk(desk.checkpoints.parent, crm=desk.crm, clock=clock)
    assert other.snoozed(play.id, DANA) == "2026-11-23T15:00:00.000000Z"
    other.ledger.engine.dispose()
