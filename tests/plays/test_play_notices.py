from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from plays_harness import (
    DANA,
    NOON,
    REROUTE,
    RIO,
    SAM,
    TASK,
    Clock,
    PlayDesk,
    approved,
    audit_words,
    draft,
    open_desk,
    with_policy,
)

from agent.plays.edit import Edit
from agent.plays.errors import PolicyError
from agent.plays.notices import Notice
from agent.plays.policy import DEFAULT_POLICY, Policy, read_policy


def told(desk: PlayDesk) -> list[tuple[str, str]]:
    """Claim what is due and list kind and recipient."""
    return sorted((n.kind, n.to[0]) for n in desk.due_notices() if desk.noticed(n))


def policy_with(tmp_path: Path, tier: str, **changes: object) -> Policy:
    content = yaml.safe_load(DEFAULT_POLICY.read_text())
    content["tiers"][tier].update(changes)
    path = tmp_path / "p.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return read_policy(path)


def test_the_undecided_are_reminded_at_the_hours_of_the_policy(
    desk: PlayDesk, clock: Clock
) -> None:
    draft(desk, by=RIO)  # tier medium: 8, 24 and 40 hours; its author may not approve
    seen = []
    for _ in range(47):
        clock.forward(1)
        seen += [(int((clock.now - NOON).total_seconds() // 3600), *each) for each in told(desk)]
    assert seen == [
        (8, "remind", DANA),
        (24, "remind", DANA),
        (32, "escalate", DANA),
        (40, "remind", DANA),
    ]


def test_a_notice_is_told_once_and_again_after_a_failed_send(desk: PlayDesk, clock: Clock) -> None:
    draft(desk, by=RIO)
    clock.forward(8)
    (notice,) = desk.due_notices()
    assert desk.noticed(notice)
    assert not desk.noticed(notice)
    assert desk.due_notices() == []
    desk.give_back(notice)
    assert desk.due_notices() == [notice]
    desk.give_back(notice)
    assert audit_words(desk, notice.play_id)[1:] == ["told_remind", "not_told_remind"]


def test_of_many_processes_one_tells(desk: PlayDesk, home: Path, clock: Clock) -> None:
    draft(desk)
    clock.forward(8)
    due = desk.due_notices()
    assert len(due) == 2
    others = [open_desk(home, crm=desk.crm, clock=clock) for _ in range(4)]

    def claim(other: PlayDesk) -> list[Notice]:
        return [notice for notice in due if other.noticed(notice)]

    with ThreadPoolExecutor(4) as pool:
        won = [notice.id for notices in pool.map(claim, others) for notice in notices]
    assert sorted(won) == sorted(notice.id for notice in due)
    for other in others:
        other.ledger.engine.dispose()


def test_reminders_that_were_missed_come_as_one(desk: PlayDesk, clock: Clock) -> None:
    draft(desk, by=RIO)
    clock.forward(30)
    assert told(desk) == [("remind", DANA)]
    assert told(desk) == []


def test_who_snoozed_is_spared_and_reminded_when_the_snooze_ends(
    desk: PlayDesk, clock: Clock
) -> None:
    play = draft(desk, by=RIO)
    desk.snooze(play.id, by=DANA, until=NOON + timedelta(hours=12))
    clock.forward(9)
    assert told(desk) == []
    clock.forward(3)
    assert told(desk) == [("remind", DANA)]


def test_after_a_hand_over_only_the_other_is_reminded(desk: PlayDesk, clock: Clock) -> None:
    play = draft(desk)
    clock.forward(8)
    desk.hand_over(play.id, by=DANA, to=RIO)
    assert told(desk) == [("handed_over", RIO)]
    clock.forward(16)
    assert told(desk) == [("remind", RIO)]


def test_a_decision_that_was_handed_back_is_ones_own_again(desk: PlayDesk, clock: Clock) -> None:
    play = draft(desk)
    desk.hand_over(play.id, by=DANA, to=RIO)
    clock.forward(1)
    desk.hand_over(play.id, by=RIO, to=DANA)
    clock.forward(8)
    assert told(desk) == [("handed_over", DANA), ("handed_over", RIO), ("remind", DANA)]


def test_who_has_approved_is_not_reminded(desk: PlayDesk, clock: Clock, tmp_path: Path) -> None:
    twice = with_policy(desk, policy_with(tmp_path, "medium", quorum=2))
    play = draft(twice)
    twice.approve(play.id, by=DANA, digest=play.digest)
    clock.forward(8)
    assert told(twice) == [("remind", RIO)]
    clock.forward(25)
    assert told(twice) == [("remind", RIO)]  # the escalation would go to who has approved


def test_an_edit_starts_the_clock_again(desk: PlayDesk, clock: Clock) -> None:
    play = draft(desk)
    clock.forward(7)
    desk.edit(play.id, Edit(drop=[play.targets[0].id]), by=RIO, digest=play.digest)
    clock.forward(2)
    assert told(desk) == []
    clock.forward(6)
    assert told(desk) == [("remind", DANA), ("remind", RIO)]


def test_a_notice_that_is_moot_by_now_is_not_told(desk: PlayDesk, clock: Clock) -> None:
    play = draft(desk)
    clock.forward(8)
    due = desk.due_notices()
    desk.reject(play.id, by=DANA)
    assert [desk.noticed(notice) for notice in due] == [False, False]
    assert desk.due_notices() == []


def test_an_expiry_is_told_to_author_and_approvers_once(desk: PlayDesk, clock: Clock) -> None:
    draft(desk, by=SAM)
    clock.forward(49)
    due = desk.due_notices()
    assert {notice.kind for notice in due} == {"expired"}
    assert "requested again" in due[0].sentence
    assert told(desk) == [("expired", DANA), ("expired", RIO), ("expired", SAM)]
    assert told(desk) == []


def test_an_expiry_that_is_old_news_is_not_told(desk: PlayDesk, clock: Clock) -> None:
    draft(desk)
    clock.forward(48 + 24 * 8)
    assert desk.due_notices() == []


def test_an_approved_play_that_could_not_begin_is_told_as_such(
    desk: PlayDesk, clock: Clock
) -> None:
    approved(desk)
    clock.forward(49)
    sentences = {notice.sentence for notice in desk.due_notices()}
    assert len(sentences) == 1
    assert "approved but could not begin" in sentences.pop()


def test_an_author_who_may_approve_alone_is_the_only_one_asked(
    desk: PlayDesk, clock: Clock
) -> None:
    play = draft(desk, by=RIO, actions=(TASK,))
    assert play.tier == "low"
    clock.forward(24)
    assert told(desk) == [("remind", RIO)]
    clock.forward(36)
    due = desk.due_notices()
    assert [(n.kind, n.to) for n in due if n.kind == "escalate"] == [("escalate", (DANA,))]
    assert "waits for Rio Tanaka to decide" in due[-1].sentence


def test_an_escalation_goes_to_the_stand_in_of_who_is_away(desk: PlayDesk, clock: Clock) -> None:
    desk.away(by=DANA, to=RIO, until=NOON + timedelta(days=4))
    draft(desk)
    clock.forward(33)
    assert ("escalate", RIO) in told(desk)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"remind_hours": [48]}, "would come too late"),
        ({"remind_hours": [0]}, "greater than 0"),
        ({"escalate_hours": 48}, "would come too late"),
        ({"escalate_hours": None}, "go together"),
        ({"escalate_to": []}, "go together"),
        ({"escalate_to": ["ceo"]}, "nobody has this role"),
    ],
)
def test_a_policy_that_asks_too_late_or_nobody_is_refused(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(PolicyError, match=words):
        policy_with(tmp_path, "medium", **changes)


def test_a_policy_without_reminders_reminds_nobody(
    desk: PlayDesk, clock: Clock, tmp_path: Path
) -> None:
    silent = policy_with(tmp_path, "medium", remind_hours=[], escalate_hours=None, escalate_to=[])
    quiet = with_policy(desk, silent)
    draft(quiet, actions=(REROUTE,))
    clock.forward(47)
    assert quiet.due_notices() == []
