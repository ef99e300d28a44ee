from pathlib import Path

import pytest
from plays_children import SERVER, approve_at_once, running
from plays_harness import (
    DANA,
    REROUTE,
    RIO,
    SAM,
    TASK,
    Clock,
    PlayDesk,
    approved,
    audit_words,
    draft,
    effects,
    open_desk,
    with_policy,
)

from agent.plays.decision import Outcome
from agent.plays.edit import Edit
from agent.plays.policy import DEFAULT_POLICY, Policy, read_policy


def changed_policy(tier: str, **changes: object) -> Policy:
    content = read_policy(DEFAULT_POLICY).model_dump()
    content["tiers"][tier].update(changes)
    return Policy.model_validate(content)


def test_two_approvals_at_once_by_two_processes_run_the_play_once(
    desk: PlayDesk, home: Path
) -> None:
    play = draft(desk, leads=2)
    start, answers = SERVER.Barrier(2), SERVER.Queue()
    dana, rio = ((play.id, play.digest, by) for by in (DANA, RIO))
    with (
        running(approve_at_once, home, dana, start, answers),
        running(approve_at_once, home, rio, start, answers),
    ):
        got = sorted(answers.get(timeout=30) for _ in range(2))
    assert [outcome for outcome, _, _ in got] == ["already_decided", "approved"]
    assert [ran for _, _, ran in got] == [False, True]
    assert "already approved this play at 2026-11-23 12:00 UTC" in got[0][1]
    assert desk.show(play.id)["state"] == "verified"
    assert len(effects(home)) == len(set(effects(home))) == 4
    assert audit_words(desk, play.id).count("approved") == 1


def test_the_same_person_clicking_twice_in_two_processes_counts_once(
    desk: PlayDesk, home: Path
) -> None:
    play = draft(desk, leads=1, actions=(TASK,))
    start, answers = SERVER.Barrier(2), SERVER.Queue()
    click = (play.id, play.digest, DANA)
    with running(approve_at_once, home, click, start, answers, count=2):
        got = sorted(answers.get(timeout=30)[0] for _ in range(2))
    assert got == ["already_decided", "approved"]
    assert len(desk.show(play.id)["approvals"]) == 1
    assert len(effects(home)) == 1


def test_a_click_on_an_edited_play_shows_the_new_digest(desk: PlayDesk, home: Path) -> None:
    play = draft(desk)
    edit = desk.edit(play.id, Edit(drop=["sample:lead0"]), by=RIO, digest=play.digest)
    late = desk.approve(play.id, by=DANA, digest=play.digest)
    assert late.outcome is Outcome.CHANGED
    assert late.digest == edit.digest != play.digest
    assert edit.digest[:12] in late.sentence
    assert desk.show(play.id)["state"] == "pending"
    desk.runner().work()
    assert effects(home) == []


def test_a_click_on_an_expired_play_says_that_nobody_rejected_it(
    desk: PlayDesk, clock: Clock, home: Path
) -> None:
    play = draft(desk)
    clock.forward(hours=49)
    decision = desk.approve(play.id, by=DANA, digest=play.digest)
    assert decision.outcome is Outcome.EXPIRED
    assert "nobody rejected it" in decision.sentence
    assert desk.show(play.id)["state"] == "expired"
    assert "rejected" not in audit_words(desk, play.id)
    assert desk.approve(play.id, by=DANA, digest=play.digest).outcome is Outcome.EXPIRED
    desk.runner().work()
    assert effects(home) == []


def test_an_approval_that_was_not_used_in_time_expires_as_well(
    desk: PlayDesk, clock: Clock, home: Path
) -> None:
    play = approved(desk)
    clock.forward(hours=49)
    assert desk.run(play.id).held[play.id] == "its approval ran out before it could begin"
    report = desk.runner().work()
    assert report.expired == [play.id]
    assert desk.show(play.id)["state"] == "expired"
    assert effects(home) == []


@pytest.mark.parametrize("by", ["mallory@elsewhere.example", "", "weir", "dana.meyer"])
def test_a_stranger_may_not_do_anything(desk: PlayDesk, by: str) -> None:
    play = draft(desk)
    answers = [
        desk.approve(play.id, by=by, digest=play.digest),
        desk.reject(play.id, by=by),
        desk.edit(play.id, Edit(drop=["sample:lead0"]), by=by, digest=play.digest),
        desk.undo(play.id, by=by),
        desk.stop(by=by),
    ]
    assert {a.outcome for a in answers} == {Outcome.NOT_ALLOWED}
    assert desk.show(play.id)["state"] == "pending"
    words = [e["what"] for e in desk.audit_entries()]
    assert words[1:] == [f"{w}_refused" for w in ("approve", "reject", "edit", "undo", "stop")]


def test_a_colleague_without_the_role_learns_who_may(desk: PlayDesk) -> None:
    play = draft(desk)
    decision = desk.approve(play.id, by=SAM, digest=play.digest)
    assert decision.outcome is Outcome.NOT_ALLOWED
    assert "Sam Okafor has the role sales" in decision.sentence
    assert "manager or revops" in decision.sentence


def test_an_author_may_not_approve_alone_but_a_colleague_may(desk: PlayDesk) -> None:
    play = draft(desk, by=RIO)
    own = desk.approve(play.id, by="RIO.Tanaka@northpeak.example", digest=play.digest)
    assert own.outcome is Outcome.NOT_ALLOWED
    assert "needs a second person" in own.sentence
    assert desk.approve(play.id, by=DANA, digest=play.digest).outcome is Outcome.APPROVED


def test_a_mild_tier_lets_authors_approve(desk: PlayDesk) -> None:
    play = draft(desk, by=RIO, actions=(TASK,))
    assert play.tier == "low"
    assert desk.approve(play.id, by=RIO, digest=play.digest).outcome is Outcome.APPROVED


def test_a_quorum_needs_two_people_not_two_clicks(desk: PlayDesk, home: Path) -> None:
    desk = with_policy(desk, changed_policy("medium", quorum=2))
    play = draft(desk)
    first = desk.approve(play.id, by=DANA, digest=play.digest)
    again = desk.approve(play.id, by=DANA, digest=play.digest)
    desk.runner().work()
    assert (first.outcome, again.outcome) == (Outcome.RECORDED, Outcome.ALREADY_COUNTED)
    assert desk.show(play.id)["state"] == "pending"
    assert effects(home) == []
    assert desk.approve(play.id, by=RIO, digest=play.digest).outcome is Outcome.APPROVED


def test_an_edit_starts_the_approvals_over(desk: PlayDesk) -> None:
    desk = with_policy(desk, changed_policy("medium", quorum=2))
    play = draft(desk)
    desk.approve(play.id, by=DANA, digest=play.digest)
    edit = desk.edit(play.id, Edit(drop=["sample:lead1"]), by=DANA, digest=play.digest)
    assert "1 approval(s) start over" in edit.sentence
    assert desk.show(play.id)["approvals"] == []
    assert desk.approve(play.id, by=RIO, digest=edit.digest or "").outcome is Outcome.RECORDED


def test_a_policy_that_changed_since_the_draft_stops_the_approval(desk: PlayDesk) -> None:
    play = draft(desk, actions=(TASK,), leads=3)
    stricter = with_policy(desk, changed_policy("low", max_targets=1))
    decision = stricter.approve(play.id, by=DANA, digest=play.digest)
    assert decision.outcome is Outcome.POLICY_CHANGED
    assert "was tier 'low' and is now tier 'medium'" in decision.sentence


def test_a_daily_cap_on_writes_holds(desk: PlayDesk) -> None:
    content = read_policy(DEFAULT_POLICY).model_dump()
    content["caps"]["writes_per_day"] = 5
    desk = with_policy(desk, Policy.model_validate(content))
    play = draft(desk, leads=3)
    decision = desk.approve(play.id, by=DANA, digest=play.digest)
    assert decision.outcome is Outcome.OVER_CAP
    assert "6 writes" in decision.sentence


def test_the_kill_switch_refuses_approvals_and_says_who_threw_it(desk: PlayDesk) -> None:
    play = draft(desk)
    assert desk.stop(by=DANA, reason="quarter close").outcome is Outcome.STOPPED
    decision = desk.approve(play.id, by=RIO, digest=play.digest)
    assert decision.outcome is Outcome.KILLED
    assert "Dana Meyer stopped all plays at 2026-11-23 12:00 UTC (quarter close)" in (
        decision.sentence
    )
    assert desk.stop(by=RIO).outcome is Outcome.NO_CHANGE
    assert desk.resume(by=RIO).outcome is Outcome.RESUMED
    assert desk.resume(by=RIO).outcome is Outcome.NO_CHANGE
    assert desk.approve(play.id, by=RIO, digest=play.digest).outcome is Outcome.APPROVED


def test_rejecting_is_final_and_answers_later_clicks(desk: PlayDesk, home: Path) -> None:
    play = draft(desk)
    assert desk.reject(play.id, by=DANA, reason="not now").outcome is Outcome.REJECTED
    late = desk.approve(play.id, by=RIO, digest=play.digest)
    assert late.outcome is Outcome.ALREADY_DECIDED
    assert late.sentence == "Dana Meyer already rejected this play at 2026-11-23 12:00 UTC."
    desk.runner().work()
    assert desk.show(play.id)["note"] == "not now"
    assert effects(home) == []


def test_an_author_without_the_role_may_withdraw_the_play(desk: PlayDesk) -> None:
    play, other = draft(desk, by=SAM), draft(desk, by=RIO, first=5)
    assert desk.reject(other.id, by=SAM).outcome is Outcome.NOT_ALLOWED
    assert desk.reject(play.id, by=SAM).outcome is Outcome.REJECTED


def test_a_short_prefix_of_the_digest_is_not_enough(desk: PlayDesk) -> None:
    play = draft(desk)
    assert desk.approve(play.id, by=DANA, digest="").outcome is Outcome.CHANGED
    assert desk.approve(play.id, by=DANA, digest=play.digest[:11]).outcome is Outcome.CHANGED
    assert desk.approve(play.id, by=DANA, digest=play.digest[:12]).outcome is Outcome.APPROVED


def test_an_unknown_play_gets_an_answer_too(desk: PlayDesk) -> None:
    decision = desk.approve("play_000000", by=DANA, digest="0" * 64)
    assert decision.outcome is Outcome.NOT_FOUND
    assert "weir plays list" in decision.sentence


def test_what_the_ledger_holds_survives_the_process(desk: PlayDesk, home: Path) -> None:
    play = draft(desk, actions=(REROUTE,))
    again = open_desk(home)
    assert again.show(play.id)["digest"] == play.digest
    assert "One approval is needed (tier 'medium'), from Dana Meyer" in (
        again.who_may_approve(play.id)
    )
