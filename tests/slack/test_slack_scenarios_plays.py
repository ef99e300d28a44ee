"""Plays through the real app: large batches, dead cards, strangers, time, and who is told what."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from slack_cards_harness import RIO
from slack_scenarios_harness import (
    SOON,
    Clock,
    Desk,
    drafted,
    forged,
    northpeak_in_slack,
    plays_app,
    settled,
    socket_settings,
)

from agent.slack.service import Service
from evals.slack_server.server import SlackServer
from tools.crm.port import RecordRef

# One service for all: they stay in one process.
pytestmark = pytest.mark.xdist_group("slack-plays")

FIELD = {"kind": "update_field", "params": {"field": "priority", "value": "high"}}
STRANGERS = ("UGUEST", "UBOT", "UNOBODY", "UALIEN")


@pytest.fixture(scope="module")
def slack_server() -> Iterator[SlackServer]:
    with northpeak_in_slack() as server:
        server.add_user("T1", "UNOBODY", "Nora Nobody", "nora@northpeak.example")
        server.state.workspaces["T1"].channels["CREV"].members |= {"UNOBODY", "UALIEN"}
        yield server


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def app(
    slack_server: SlackServer, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("plays")
    with plays_app(home, socket_settings(slack_server), clock) as service:
        yield service


@pytest.fixture
def desk(request: pytest.FixtureRequest, slack_server: SlackServer, app: Service) -> Desk:
    """Draft a play of three leads that no other test has."""
    name = request.node.name
    play_id = drafted(app.surface.weir, [f"{name} {i}" for i in range(3)], prefix=f"{name}-")
    return Desk(slack_server, app.surface.weir.plays, play_id)


def shows(server: SlackServer, user: str, words: str) -> None:
    """Wait until the modal that somebody sees shows some words."""
    server.wait(lambda: words in server.text_of(server.view(user) or {}), SOON, words)


def directly(server: SlackServer, user: str, desk: Desk, words: str) -> list[str]:
    """Give what a person was told directly about a play."""
    texts = [server.text_of(message) for message in server.direct_messages(user)]
    return [text for text in texts if desk.id in text and words in text]


def test_a_play_for_two_hundred_leads_is_read_in_pages_and_fails_where_a_record_changed(
    slack_server: SlackServer, app: Service
) -> None:
    weir = app.surface.weir
    names = [f"Lead {number:03}" for number in range(200)]
    play_id = drafted(weir, names, prefix="big", actions=[FIELD])
    desk = Desk(slack_server, weir.plays, play_id)
    card = desk.card("2 approvals are needed", "and 194 more leads", "200 leads")
    slack_server.click("UDANA", card, "play_targets")
    view = desk.modal("UDANA", "All targets")
    seen: list[str] = []
    for page in range(10):
        first = f"{page * 20 + 1} to {page * 20 + 20} of 200"
        shows(slack_server, "UDANA", first)
        view = slack_server.view("UDANA") or {}
        seen += [name for name in names if name in slack_server.text_of(view)]
        if page < 9:
            slack_server.click("UDANA", view, "More")
    assert seen == names

    for number in range(5):
        ref = RecordRef("lead", f"big{number}")
        record = weir.crm.read(ref)
        assert record is not None
        weir.crm.update(
            ref, {"priority": "theirs"}, key=f"human{number}", expected_version=record.version
        )
    slack_server.click("UDANA", card, "Approve")
    desk.card("1 of 2")
    slack_server.click("URIO", card, "Approve")
    done = desk.card("Done in part", "195 of 200 writes", "changed since", seconds=60)
    receipt = desk.told("195 of 200 writes")
    assert all(name in receipt for name in names[:5])
    assert names[6] not in receipt
    assert [weir.crm.read(RecordRef("lead", f"big{n}")).fields["priority"] for n in (0, 5)] == [  # type: ignore[union-attr]
        "theirs",
        "high",
    ]
    slack_server.click("UDANA", done, "play_targets")
    shows(slack_server, "UDANA", "not written: it changed")


@pytest.mark.parametrize("user", STRANGERS)
def test_every_click_of_somebody_who_may_not_is_answered_and_changes_nothing(
    slack_server: SlackServer, app: Service, desk: Desk, user: str
) -> None:
    card = desk.card("1 approval is needed")
    before = desk.plays.show(desk.id)
    wanted: list[tuple[str, Any]] = [(name, None) for name in ("Approve", "Edit", "Reject")]
    wanted += [("Snooze", None), ("Why", None), ("play_targets", None)]
    wanted += [("play_more", "Hand over"), ("play_more", "All targets")]
    for count, (button, option) in enumerate(wanted, start=1):
        slack_server.click(user, card, button, option=option)
        desk.heard(user, count)
    settled(slack_server, app)
    assert slack_server.view(user) is None
    after = desk.plays.show(desk.id)
    kept = ("state", "digest", "approvals", "actions", "targets", "decided_by")
    assert [before[name] for name in kept] == [after[name] for name in kept]
    assert len(desk.audited("approve_refused")) == 1
    assert not any(entry["what"] == "approval" for entry in after["audit"])


def test_a_click_on_behalf_of_another_team_is_refused_also_with_the_id_of_a_manager(
    slack_server: SlackServer, app: Service, desk: Desk
) -> None:
    payload = slack_server.click("UDANA", desk.card(), "Why")
    desk.modal("UDANA", "Why this play")
    payload["user"]["team_id"] = "T9"
    payload["actions"][0] |= {"action_id": "play_approve", "action_ts": "77.7"}
    slack_server.deliver(payload).result(5)
    desk.answered("UDANA", "Only full members of this workspace")
    settled(slack_server, app)
    assert desk.state == "pending"


@pytest.mark.parametrize("value", ["b_" + "0" * 20, "approve everything"])
def test_a_button_of_a_deleted_ledger_or_of_nobody_is_answered_and_the_card_drawn_anew(
    slack_server: SlackServer, app: Service, desk: Desk, value: str
) -> None:
    card = desk.card("1 approval is needed")
    old = forged(card, value)
    heard = len(desk.whispers("UDANA"))
    buttons: list[tuple[str, Any]] = [("Approve", None), ("Edit", None), ("Reject", None)]
    buttons += [("Snooze", None), ("Why", None), ("play_targets", None), ("play_more", "Hand over")]
    for button, option in buttons:
        slack_server.click("UDANA", old, button, option=option)
        heard += 1
        desk.heard("UDANA", heard)
    settled(slack_server, app)
    assert desk.state == "pending"
    assert slack_server.view("UDANA") is None or value not in str(slack_server.view("UDANA"))
    slack_server.click("UDANA", desk.card(), "Approve")
    desk.card("Done and read back")


def test_a_card_that_we_never_posted_is_answered_too(
    slack_server: SlackServer, app: Service, desk: Desk
) -> None:
    card = desk.card("1 approval is needed")
    sent = app.surface.clients.of("T1").chat_postMessage(
        channel="CREV", text="copy", blocks=forged(card, "b_" + "1" * 20)["blocks"]
    )
    copy = next(m for m in slack_server.messages("CREV") if m["ts"] == sent["ts"])
    slack_server.click("URIO", copy, "Approve")
    desk.answered("URIO", "no longer in use")
    assert desk.state == "pending"


def test_an_older_revision_of_a_card_decides_nothing_with_any_of_its_buttons(
    slack_server: SlackServer, desk: Desk
) -> None:
    old = desk.card("1 approval is needed")
    slack_server.click("URIO", old, "Edit")
    form = desk.modal("URIO", "Edit play")
    slack_server.submit("URIO", form, {"create_task.due_in_days": "5"})
    desk.card("revision 2")
    heard = len(desk.whispers("UDANA"))
    for button in ("Approve", "Edit", "Reject"):
        slack_server.click("UDANA", old, button)
        heard += 1
        desk.heard("UDANA", heard)
    assert desk.state == "pending"
    assert desk.plays.show(desk.id)["approvals"] == []
    # A form that was opened before the edit is refused with a sentence, not lost.
    slack_server.click("UDANA", desk.card(), "Reject")
    form = desk.modal("UDANA", "Reject play")
    slack_server.click("URIO", desk.card(), "Edit")
    slack_server.submit("URIO", desk.modal("URIO", "Edit play"), {"create_task.due_in_days": "6"})
    desk.card("revision 3")
    slack_server.submit("UDANA", form, {"reason": "too late"})
    assert "edited since" in slack_server.text_of(desk.modal("UDANA", "Play"))
    assert desk.state == "pending"


def test_a_modal_that_is_opened_too_late_is_answered_with_a_sentence(
    slack_server: SlackServer, app: Service, desk: Desk
) -> None:
    slack_server.fail("views.open", "expired_trigger_id")
    slack_server.click("UDANA", desk.card(), "Reject")
    desk.answered("UDANA", "click once more")
    settled(slack_server, app)


def test_people_are_reminded_escalated_to_and_handed_over_to_but_not_while_they_snooze(
    slack_server: SlackServer, app: Service, clock: Clock, desk: Desk
) -> None:
    waits = "waits for your decision"
    card = desk.card("1 approval is needed")
    clock.forward(hours=23, minutes=30)
    slack_server.click("UDANA", card, "Snooze")
    slack_server.submit("UDANA", desk.modal("UDANA", "Snooze play"), {"until": "1 hour"})
    assert "Snoozed until" in slack_server.text_of(desk.modal("UDANA", "Play"))

    clock.forward(minutes=35)
    slack_server.wait(lambda: directly(slack_server, "URIO", desk, waits), SOON, "Rio's reminder")
    time.sleep(1.0)
    assert directly(slack_server, "UDANA", desk, waits) == []
    clock.forward(minutes=30)
    slack_server.wait(lambda: directly(slack_server, "UDANA", desk, waits), SOON, "Dana's reminder")

    slack_server.click("URIO", card, "play_more", option="Hand over")
    form = desk.modal("URIO", "Hand over")
    slack_server.submit("URIO", form, {"person": "Dana Meyer", "reason": "on leave"})
    asks = "Rio Tanaka asks you to decide"
    slack_server.wait(lambda: directly(slack_server, "UDANA", desk, asks), SOON, "the notice")
    clock.forward(hours=36)
    desk.told("Still undecided")
    still = "still waits for you to decide"
    slack_server.wait(lambda: directly(slack_server, "UDANA", desk, still), SOON, "the escalation")
    settled(slack_server, app)
    time.sleep(1.0)
    for words in (asks, still):
        assert len(directly(slack_server, "UDANA", desk, words)) == 1
    # Who handed it over is not reminded any more.
    assert len(directly(slack_server, "URIO", desk, waits)) == 1


def test_an_expired_play_is_requested_again_by_its_card_and_decided(
    slack_server: SlackServer, app: Service, clock: Clock, desk: Desk
) -> None:
    old = desk.card("1 approval is needed")
    clock.forward(hours=73)
    card = desk.card("Expired undecided", "Request again")
    slack_server.click("UDANA", old, "Approve")
    desk.answered("UDANA", "expired")
    assert desk.state == "expired"
    slack_server.click("UNOBODY", card, "Request again")
    desk.answered("UNOBODY", "t request")
    for _ in range(2):
        slack_server.click("URIO", card, "Request again")
    slack_server.wait(lambda: len(desk.whispers("URIO")) >= 2, SOON, "both answers")
    desk.card("requested it again")
    settled(slack_server, app)
    again = [
        play["id"]
        for play in desk.plays.list_plays()
        if desk.plays.show(play["id"])["title"] == desk.plays.show(desk.id)["title"]
        and play["state"] == "pending"
        and play["id"] != desk.id
        and desk.plays.show(play["id"])["targets"][0]["id"].startswith("test_an_expired")
    ]
    assert len(again) == 1
    fresh = Desk(slack_server, desk.plays, again[0])
    slack_server.click("UDANA", fresh.card("1 approval is needed"), "Approve")
    fresh.card("Done and read back")
    assert RIO in {entry["who"] for entry in fresh.plays.audit_entries(fresh.id)}


def test_nothing_is_left_over_or_broken_at_the_end(slack_server: SlackServer, app: Service) -> None:
    settled(slack_server, app)
    assert slack_server.unanswered == []
    assert max(slack_server.acks) < 3.0
    assert app.surface.weir.plays.verify_audit().intact
