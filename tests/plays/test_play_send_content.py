from typing import Any

import pytest
from plays_harness import (
    DANA,
    LEADS,
    OWNERS,
    REROUTE,
    RIO,
    SAM,
    TASK,
    Clock,
    PlayDesk,
    lead,
)

from agent.plays.decision import Outcome
from agent.plays.draft import DraftRequest
from agent.plays.edit import Edit
from agent.plays.errors import BadPlayError, PlayError
from agent.plays.play import Effect, Play, Why
from agent.plays.view import results_by_target
from tools.crm.port import RecordRef

REASON = (
    Why(text="It suits them."),
    Effect(estimate=1, low=1, high=1, unit="e-mail queued", basis="one message"),
)


def send(**params: Any) -> dict[str, Any]:
    whole = {
        "content_id": "case-study",
        "title": "How Acme did it",
        "subject": "For {name}",
        "note": "Hello {name}, this may help.",
        **params,
    }
    return {"kind": "send_content", "params": whole}


@pytest.fixture
def writable(desk: PlayDesk) -> PlayDesk:
    """Give a desk whose leads have an address and have consented."""
    owner = RecordRef("owner", "sample:o0")
    records = [(owner, {**OWNERS[0], "email": "ada@northpeak.example"})]
    for row in LEADS:
        fields = {name: row[name] for name in ("name", "owner_id", "email")}
        records.append((RecordRef("lead", str(row["journey_id"])), {**fields, "consent": True}))
    desk.crm.seed(records)  # type: ignore[attr-defined]
    return desk


def message(
    desk: PlayDesk, *, first: int = 0, leads: int = 1, by: str = SAM, actions: Any = None
) -> Play:
    request = DraftRequest(
        targets=LEADS[first : first + leads],
        actions=actions or [send()],
        created_by=by,
        title="Send a case study",
        holdout=0.0,
        reason=REASON,
    )
    return desk.draft(request, owners=OWNERS, warehouse_version=4)


def sent(desk: PlayDesk, play: Play, *, by: str = SAM) -> dict[str, Any]:
    decision = desk.approve(play.id, by=by, digest=play.digest)
    assert decision.outcome is Outcome.APPROVED, decision.sentence
    assert desk.run(play.id).states == {play.id: "verified"}
    return desk.show(play.id)


def outbox(shown: dict[str, Any]) -> RecordRef:
    return RecordRef(**shown["actions"][0]["receipt"]["record"])


def change(desk: PlayDesk, index: int, **fields: Any) -> None:
    record = lead(desk, index)
    desk.crm.update(record.ref, fields, key=f"h{index}", expected_version=record.version)


def test_a_rep_sends_a_single_mail_on_their_own_approval(writable: PlayDesk) -> None:
    play = message(writable)
    assert play.tier == "own"
    assert [p.email for p in writable.approvers(play.id)] == [DANA, RIO, SAM]
    shown = sent(writable, play)
    record = writable.crm.read(outbox(shown))
    assert record is not None
    assert record.ref.kind == "message"
    assert record.fields == {
        "status": "queued",
        "channel": "email",
        "to": "lead0@customer.example",
        "from": "ada@northpeak.example",
        "owner_id": "sample:o0",
        "subject": "For Lead 0",
        "body": "Hello Lead 0, this may help.\n\nHow Acme did it",
        "content_id": "case-study",
        "about_kind": "lead",
        "about_id": "sample:lead0",
    }


def test_it_is_said_that_a_queued_mail_has_not_been_sent(writable: PlayDesk) -> None:
    shown = writable.show(message(writable).id)
    assert "outbox" in shown["actions"][0]["summary"]
    assert "stay queued" in shown["delivery"]


def test_mails_to_several_need_somebody_else(writable: PlayDesk) -> None:
    play = message(writable, leads=2, by=RIO)
    assert play.tier == "medium"
    assert writable.approve(play.id, by=RIO, digest=play.digest).outcome is Outcome.NOT_ALLOWED
    assert writable.approve(play.id, by=SAM, digest=play.digest).outcome is Outcome.NOT_ALLOWED
    sent(writable, play, by=DANA)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"consent": False}, "they have not consented"),
        ({"consent": None}, "it is not known whether they consented"),
        ({"consent": "yes"}, "it is not known whether they consented"),
        ({"email": None}, "no e-mail address is known"),
        ({"email": "n/a"}, "no e-mail address is known"),
        ({"owner_id": None}, "it has no owner in whose name"),
    ],
)
def test_who_may_not_be_written_to_is_left_out(
    writable: PlayDesk, fields: dict[str, Any], reason: str
) -> None:
    change(writable, 0, **fields)
    with pytest.raises(PlayError, match=f"Lead 0: {reason}"):
        message(writable)
    both = message(writable, leads=2)
    assert [item.id for item in both.left_out] == ["sample:lead0"]


def test_a_consent_that_is_withdrawn_before_the_run_stops_the_mail(writable: PlayDesk) -> None:
    play = message(writable)
    writable.approve(play.id, by=SAM, digest=play.digest)
    change(writable, 0, consent=False)
    writable.run(play.id)
    (action,) = writable.show(play.id)["actions"]
    assert (action["state"], action["receipt"]) == ("stale", None)
    assert "consent is False" in action["note"]


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({"note": "x" * 2001}, "note"),
        ({"note": ""}, "note"),
        ({"subject": "Hello\nBcc: all@customer.example"}, "subject"),
        ({"title": "Hello\r\nBcc: x@y"}, "title"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"channel": "sms"}, "channel"),
        ({"to": "eve@elsewhere.example"}, "to"),
    ],
)
def test_a_mail_that_can_not_be_used_is_refused(
    writable: PlayDesk, params: dict[str, Any], place: str
) -> None:
    with pytest.raises(BadPlayError, match=f"send_content can't be used: {place}: "):
        message(writable, actions=[send(**params)])


def test_a_name_from_the_data_adds_no_header(writable: PlayDesk) -> None:
    row = {**LEADS[0], "name": "Ann\r\nBcc: all@customer.example"}
    request = DraftRequest(
        targets=[row], actions=[send()], created_by=SAM, reason=REASON, holdout=0
    )
    play = writable.draft(request, owners=OWNERS, warehouse_version=4)
    assert play.actions[0].after["subject"] == "For Ann Bcc: all@customer.example"


def test_a_rep_edits_the_note_of_their_own_mail_and_nobody_elses(writable: PlayDesk) -> None:
    play = message(writable)
    edit = Edit(params={"send_content": {"note": "Hi {name}!"}})
    decision = writable.edit(play.id, edit, by=SAM, digest=play.digest)
    assert decision.outcome is Outcome.EDITED, decision.sentence
    after = writable.show(play.id)["actions"][0]["after"]
    assert after["body"].startswith("Hi Lead 0!\n")
    other = message(writable, first=1, by=RIO)
    refused = writable.edit(other.id, edit, by=SAM, digest=other.digest)
    assert refused.outcome is Outcome.NOT_ALLOWED


def test_a_queued_mail_is_taken_back_by_who_sent_it(writable: PlayDesk) -> None:
    shown = sent(writable, message(writable))
    assert writable.can(shown["id"], SAM)["undo"] is None
    assert writable.undo(shown["id"], by=SAM).outcome is Outcome.UNDO_STARTED
    assert writable.run(shown["id"]).states == {shown["id"]: "undone"}
    assert writable.crm.read(outbox(shown)) is None


def test_a_mail_that_has_been_sent_can_not_be_taken_back(writable: PlayDesk) -> None:
    shown = sent(writable, message(writable))
    ref = outbox(shown)
    writable.crm.update(ref, {"status": "sent"}, key="mail", expected_version="1")
    writable.undo(shown["id"], by=SAM)
    assert writable.run(shown["id"]).states == {shown["id"]: "partly_undone"}
    (action,) = writable.show(shown["id"])["actions"]
    assert action["undone"]["note"] == "It has been sent, so it can't be taken back."
    assert writable.crm.read(ref) is not None


def test_a_mail_that_was_sent_before_it_was_verified_is_verified(writable: PlayDesk) -> None:
    play = message(writable)
    crm = writable.crm

    class Prompt:
        """Send each mail at once."""

        name = "prompt"

        def __getattr__(self, name: str) -> Any:
            return getattr(crm, name)

        def create(self, kind: str, fields: dict[str, Any], *, key: str) -> Any:
            made = crm.create(kind, fields, key=key)
            crm.update(made.ref, {"status": "sent"}, key=f"{key}-mail", expected_version="1")
            return made

    quick = PlayDesk(
        writable.ledger,
        Prompt(),  # type: ignore[arg-type]
        writable.policy,
        writable.checkpoints,
        writable.clock,
    )
    sent(quick, play)


def test_nobody_is_written_to_more_often_than_the_policy_allows(
    writable: PlayDesk, clock: Clock
) -> None:
    for _ in range(2):
        sent(writable, message(writable))
    with pytest.raises(PlayError, match="was written to 2 times within 7 days"):
        message(writable)
    assert message(writable, first=1).tier == "own"
    clock.forward(24 * 7 + 1)
    assert message(writable).tier == "own"


def test_a_mail_that_was_taken_back_does_not_count(writable: PlayDesk) -> None:
    for _ in range(2):
        shown = sent(writable, message(writable))
    writable.undo(shown["id"], by=SAM)
    writable.run(shown["id"])
    sent(writable, message(writable))


def test_the_cap_holds_at_the_approval_as_well(writable: PlayDesk) -> None:
    waiting = message(writable, first=1)
    change(writable, 0, email="lead1@customer.example")  # two leads, one address
    for _ in range(2):
        sent(writable, message(writable))
    late = writable.approve(waiting.id, by=SAM, digest=waiting.digest)
    assert late.outcome is Outcome.OVER_CAP
    assert "lead1@customer.example was written to 2 times" in late.sentence
    assert late.sentence == writable.can(waiting.id, SAM)["approve"]


def test_a_mail_that_was_approved_but_not_sent_yet_counts(writable: PlayDesk) -> None:
    for index in (0, 1):
        change(writable, index, email="both@customer.example")
    change(writable, 2, email="BOTH@customer.example")
    plays = [message(writable, first=index) for index in range(3)]
    outcomes = [writable.approve(p.id, by=SAM, digest=p.digest).outcome for p in plays]
    assert outcomes == [Outcome.APPROVED, Outcome.APPROVED, Outcome.OVER_CAP]


def test_results_are_told_target_by_target(writable: PlayDesk) -> None:
    play = message(writable, leads=3, by=RIO, actions=[REROUTE, TASK, send()])
    waiting = results_by_target(writable.show(play.id))
    assert [row["state"] for row in waiting] == ["waiting"] * 3
    writable.approve(play.id, by=DANA, digest=play.digest)
    change(writable, 1, consent=False)
    writable.run(play.id)
    done = results_by_target(writable.show(play.id))
    assert [row["state"] for row in done] == ["done", "stale", "done"]
    assert done[0]["target"] == {"kind": "lead", "id": "sample:lead0", "name": "Lead 0"}
    assert [len(row["actions"]) for row in done] == [3, 3, 3]
    assert "changed since the draft" in done[1]["notes"][0]
    assert done[0]["notes"] == []
    writable.undo(play.id, by=DANA)
    writable.run(play.id)
    states = [row["state"] for row in results_by_target(writable.show(play.id))]
    assert states == ["undone", "stale", "undone"]


def test_a_batch_of_two_hundred_shows_every_target(writable: PlayDesk) -> None:
    many = [{**LEADS[0], "journey_id": f"sample:many{i}", "name": f"Many {i}"} for i in range(200)]
    writable.crm.seed(  # type: ignore[attr-defined]
        [
            (
                RecordRef("lead", row["journey_id"]),
                {"name": row["name"], "owner_id": "sample:o0", "email": f"m{i}@x.example"}
                | {"consent": i != 7},
            )
            for i, row in enumerate(many)
        ]
    )
    request = DraftRequest(
        targets=many, actions=[send()], created_by=SAM, reason=REASON, holdout=0.0
    )
    play = writable.draft(request, owners=OWNERS, warehouse_version=4)
    rows = results_by_target(writable.show(play.id))
    assert play.tier == "high"
    assert len(rows) == 199
    assert [item.id for item in play.left_out] == ["sample:many7"]
