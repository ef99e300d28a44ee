"""Play cards through the real app: what people see and click, and what becomes of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_cards_harness import DANA, RIO

from agent.plays.policy import DEFAULT_POLICY
from agent.slack.service import Service
from evals.slack_server.server import SlackServer

SAM = "sam.okafor@northpeak.example"
SLOW = 20.0


@pytest.fixture
def two_needed(northpeak: Path) -> None:
    """Have every larger play approved by two people."""
    policy = yaml.safe_load(DEFAULT_POLICY.read_text())
    policy["tiers"]["low"]["max_targets"] = 1
    policy["tiers"]["medium"]["quorum"] = 2
    (northpeak / "policy.yaml").write_text(yaml.safe_dump(policy))


class Desk:
    """What a test does and sees of one play."""

    def __init__(self, server: SlackServer, app: Service) -> None:
        self.server = server
        self.plays = app.surface.weir.plays
        self.id = app.surface.weir.propose(by=SAM).id

    @property
    def state(self) -> str:
        return str(self.plays.show(self.id)["state"])

    def cards(self) -> list[dict[str, Any]]:
        return [
            message
            for message in self.server.messages("CREV")
            if message.get("metadata", {}).get("event_type") == "weir_card"
            and self.id in self.server.text_of(message)
        ]

    def card(self, *words: str) -> dict[str, Any]:
        """Wait until the card shows some words."""

        def found() -> dict[str, Any] | None:
            cards = self.cards()
            assert len(cards) < 2
            text = self.server.text_of(cards[0]) if cards else ""
            return cards[0] if cards and all(word in text for word in words) else None

        return dict(self.server.wait(found, SLOW, f"a card with {words}"))

    def told(self, words: str) -> str:
        """Wait until the thread of the card was told some words."""

        def found() -> str | None:
            lines = self.server.messages("CREV", self.card()["ts"])[1:]
            texts = [self.server.text_of(line) for line in lines]
            return next((text for text in texts if words in text), None)

        return str(self.server.wait(found, SLOW, f"a line with {words!r}"))

    def answered(self, user: str, words: str, channel: str = "CREV") -> str:
        """Wait until somebody alone was told some words."""

        def found() -> str | None:
            texts = [self.server.text_of(m) for m in self.server.ephemerals(user, channel)]
            return next((text for text in texts if words in text), None)

        return str(self.server.wait(found, SLOW, f"{user} being told {words!r}"))

    def modal(self, user: str, title: str, *, block: str | None = None) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            view = self.server.view(user)
            if view is None or view["title"]["text"] != title:
                return None
            blocks = {each.get("block_id") for each in view["blocks"]}
            return view if block is None or block in blocks else None

        return dict(self.server.wait(found, SLOW, f"the modal {title!r}"))

    def audited(self, what: str) -> list[str]:
        return [e["who"] for e in self.plays.audit_entries(self.id) if e["what"] == what]


def labels(message: dict[str, Any]) -> set[str]:
    return {
        element["text"]["text"]
        for block in message["blocks"]
        for element in block.get("elements", [])
        if element["type"] == "button"
    }


@pytest.mark.usefixtures("two_needed")
def test_a_finding_becomes_a_card_that_is_edited_approved_by_two_run_and_undone(
    slack_server: SlackServer, slack_app: Service
) -> None:
    desk = Desk(slack_server, slack_app)
    card = desk.card("2 approvals are needed", "Dana Meyer and Rio Tanaka")
    assert {"Approve", "Edit", "Reject", "Snooze", "Why"} <= labels(card)
    before = desk.plays.show(desk.id)

    slack_server.click("URIO", card, "Edit")
    form = desk.modal("URIO", "Edit play", block="drop.0")
    slack_server.submit("URIO", form, {"create_task.due_in_days": "soon"})
    bad = slack_server.wait(lambda: slack_server.view("URIO"), what="the form")
    assert bad["errors"] == {"create_task.due_in_days": "Write a whole number, such as 2."}
    leads = next(b for b in form["blocks"] if b.get("block_id") == "drop.0")["element"]["options"]
    slack_server.submit(
        "URIO",
        bad,
        {"create_task.due_in_days": "", "drop.0": [leads[0]["text"]["text"]]},
    )
    slack_server.wait(lambda: slack_server.view("URIO") is None, what="the form being closed")
    edited = desk.card("revision 2")
    after = desk.plays.show(desk.id)
    assert len(after["targets"]) == len(before["targets"]) - 1
    assert desk.told("Edited (revision 2)")

    slack_server.click("UDANA", card, "Approve")
    desk.answered("UDANA", "edited since you saw it")
    assert desk.plays.show(desk.id)["approvals"] == []

    slack_server.click("UDANA", edited, "Approve")
    desk.answered("UDANA", "Your approval is counted")
    once = desk.card("1 of 2", "so far: Dana Meyer")
    slack_server.click("UDANA", once, "Approve")
    desk.answered("UDANA", "already counted")
    slack_server.click("URIO", once, "Approve")
    done = desk.card("Approved by Rio Tanaka", "Done and read back")
    assert labels(done) == {"Undo", "Why"}
    assert "made and read back from the CRM" in desk.told("Done and read back")

    slack_server.click("USAM", done, "Undo")
    desk.answered("USAM", "lacks the role")
    slack_server.click("URIO", done, "Undo")
    undone = desk.card("Undone", "taken back")
    assert "Undo" not in labels(undone)
    assert desk.told("taken back")
    assert desk.state == "undone"
    assert "Undo asked for by Rio Tanaka" in slack_server.text_of(undone)


def test_a_double_click_and_a_race_have_one_winner_and_every_click_is_answered(
    slack_server: SlackServer, slack_app: Service
) -> None:
    desk = Desk(slack_server, slack_app)
    card = desk.card("1 approval is needed")
    slack_server.click("URIO", card, "Reject")
    form = desk.modal("URIO", "Reject play")
    for _ in range(2):
        slack_server.click("UDANA", card, "Approve")
    desk.answered("UDANA", "Approved; ")
    desk.answered("UDANA", "Dana Meyer already approved this play")
    slack_server.submit("URIO", form, {"reason": "wrong quarter"})
    said = desk.modal("URIO", "Play")
    assert "Dana Meyer already approved this play" in slack_server.text_of(said)
    desk.card("Approved by Dana Meyer", "Done and read back")
    assert desk.audited("approval") == [DANA]
    assert desk.audited("reject_refused") == [RIO]
    slack_server.wait(lambda: len(slack_server.ephemerals("UDANA", "CREV")) == 2, what="answers")


def test_a_rejection_says_who_and_why_everywhere(
    slack_server: SlackServer, slack_app: Service
) -> None:
    desk = Desk(slack_server, slack_app)
    slack_server.click("UDANA", desk.card(), "Reject")
    form = desk.modal("UDANA", "Reject play")
    slack_server.submit("UDANA", form, {"reason": "wrong <!channel> quarter"})
    card = desk.card("Rejected by Dana Meyer", "wrong")
    assert labels(card) & {"Approve", "Edit", "Reject", "Snooze"} == set()
    assert desk.told("Rejected by Dana Meyer")
    assert slack_server.hostile_markup() == []


def test_nobody_decides_who_is_no_trusted_member_and_each_is_told_and_noted(
    slack_server: SlackServer, slack_app: Service
) -> None:
    desk = Desk(slack_server, slack_app)
    card = desk.card("1 approval is needed")
    slack_server.click("UGUEST", card, "Approve")
    desk.answered("UGUEST", "Guests can neither see nor decide")
    slack_server.click("UBOT", card, "Approve")
    desk.answered("UBOT", "Only people can decide")
    slack_server.click("USAM", card, "Approve")
    desk.answered("USAM", "You can't approve this play")
    assert desk.state == "pending"
    refused = desk.audited("approve_refused")
    assert refused[0].startswith("Slack guest UGUEST")
    assert refused[1].startswith("Slack bot UBOT")
    assert refused[2] == SAM


def test_a_dead_card_is_drawn_anew_and_decides_nothing(
    slack_server: SlackServer, slack_app: Service
) -> None:
    desk = Desk(slack_server, slack_app)
    card = desk.card("1 approval is needed")
    forged = {**card, "blocks": [dict(block) for block in card["blocks"]]}
    row = forged["blocks"][-1]
    row["elements"] = [
        {**element, "value": "b_" + "0" * 20} if element.get("value") else element
        for element in row["elements"]
    ]
    slack_server.click("UDANA", forged, "Approve")
    desk.answered("UDANA", "out of date")
    assert desk.state == "pending"
    assert desk.audited("approve_refused") == [DANA]


def test_the_kill_switch_refuses_an_approval_on_the_card(
    slack_server: SlackServer, slack_app: Service
) -> None:
    desk = Desk(slack_server, slack_app)
    card = desk.card("1 approval is needed")
    desk.plays.stop(by=RIO, reason="migration")
    slack_server.click("UDANA", card, "Approve")
    desk.answered("UDANA", "The kill switch is on: Rio Tanaka stopped all plays")
    desk.plays.resume(by=RIO)
    slack_server.click("UDANA", card, "Approve")
    desk.card("Approved by Dana Meyer", "Done and read back")


def test_snooze_hand_over_why_and_all_targets_open_and_answer(
    slack_server: SlackServer, slack_app: Service
) -> None:
    desk = Desk(slack_server, slack_app)
    card = desk.card("1 approval is needed")
    slack_server.click("UDANA", card, "Snooze")
    slack_server.submit("UDANA", desk.modal("UDANA", "Snooze play"), {})
    assert "Snoozed until" in slack_server.text_of(desk.modal("UDANA", "Play"))
    slack_server.click("UDANA", card, "Why")
    why = slack_server.text_of(desk.modal("UDANA", "Why this play"))
    assert "warehouse version" in why
    assert "drawn by lot" in why
    slack_server.click("UDANA", card, "play_targets")
    assert "get the changes" in slack_server.text_of(desk.modal("UDANA", "All targets"))
    slack_server.click("UDANA", card, "play_more", option="Hand over")
    form = desk.modal("UDANA", "Hand over")
    slack_server.submit("UDANA", form, {"person": "Rio Tanaka", "reason": "on leave"})
    desk.card("Dana Meyer handed it over to Rio Tanaka")
