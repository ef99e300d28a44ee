from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from slack_alerts_harness import FINDING, HOSTILE, TUESDAY, Clock, at_risk_owner, queue, weir_of

from agent.config import SlackSettings
from agent.slack.alerts import preferences
from agent.slack.alerts.acted import acted_rate
from agent.slack.alerts.deliver import deliver
from agent.slack.alerts.scan import scan
from agent.slack.serve import serving
from agent.slack.surface import Surface
from agent.slack.tables import ALERT
from evals.slack_server.server import SlackServer

# In Berlin the time of the morning digest is over.
AFTERNOON = TUESDAY.replace(hour=14)


@pytest.fixture
def surface(
    northpeak: Path, slack_settings: SlackSettings, slack_server: SlackServer
) -> Iterator[Surface]:
    """Run the real app in this process; jobs that send alerts are run by the tests."""
    weir = weir_of(northpeak, FINDING)
    _, email = at_risk_owner(weir)
    slack_server.add_user("T1", "UREP", "Rep", email)
    slack_server.state.workspaces["T1"].channels["CREV"].members.add("UREP")
    with serving(
        weir, slack_settings, say=lambda _line: None, worker=False, clock=Clock(AFTERNOON)
    ) as service:
        slack_server.wait(lambda: slack_server.connections, what="the connection")
        yield service.surface


def acted(surface: Surface, kind: str) -> str | None:
    with surface.database.connect() as tx:
        query = sa.select(ALERT.c.acted).where(ALERT.c.kind == kind, ALERT.c.acted.is_not(None))
        found = tx.execute(query).scalars().first()
        return None if found is None else str(found)


def leak_alert(surface: Surface, server: SlackServer) -> dict[str, Any]:
    scan(surface)
    deliver(surface)
    found: dict[str, Any] = server.wait(
        lambda: [m for m in server.messages("CREV") if "New leak" in server.text_of(m)],
        what="the alert",
    )[0]
    return found


def plays(surface: Surface) -> list[dict[str, Any]]:
    return [
        play
        for play in surface.weir.plays.list_plays()
        if surface.weir.plays.show(play["id"])["why"]["finding_id"] == FINDING["id"]
    ]


def heard(server: SlackServer, user: str, words: str) -> Callable[[], bool]:
    def is_there() -> bool:
        said = [*server.direct_messages(user), *server.ephemerals(user, "CREV")]
        return any(words in server.text_of(message) for message in said)

    return is_there


def test_a_leak_is_made_a_play_once_with_its_card_in_the_thread(
    surface: Surface, slack_server: SlackServer
) -> None:
    alert = leak_alert(surface, slack_server)
    payload = slack_server.click("UDANA", alert, "Draft a play")
    slack_server.redeliver(payload, 2)
    slack_server.wait(lambda: plays(surface), 60, "the play")
    slack_server.wait(heard(slack_server, "UDANA", "I drafted play_"), 60, "the answer")
    (play,) = plays(surface)
    assert play["created_by"] == "dana.meyer@northpeak.example"
    thread = slack_server.wait(
        lambda: slack_server.messages("CREV", alert["ts"])[1:], 20, "the card in the thread"
    )
    assert any(play["title"] in slack_server.text_of(message) for message in thread)
    slack_server.wait(lambda: acted(surface, "leak") == f"play:{play['id']}", what="the note")
    assert acted_rate(surface.database)["leak"]["rate"] == 1.0
    # A rep may not draft for the whole team, and is told so.
    slack_server.click("UREP", alert, "Draft a play")
    slack_server.wait(heard(slack_server, "UREP", "ask a manager"), what="the refusal")
    # And somebody without access gets a sentence, too.
    slack_server.click("UGUEST", alert, "Draft a play")
    slack_server.wait(heard(slack_server, "UGUEST", "I don't know who you are"), what="the refusal")
    assert len(plays(surface)) == 1
    assert slack_server.violations == []


def test_leads_are_shown_to_each_as_far_as_they_are_theirs(
    surface: Surface, slack_server: SlackServer
) -> None:
    alert = leak_alert(surface, slack_server)
    slack_server.click("UDANA", alert, "Show leads")
    view = slack_server.wait(lambda: _filled(slack_server, "UDANA"), 60, "the leads")
    assert "warehouse version 1" in slack_server.text_of(view)
    everything = slack_server.text_of(view).count("• ")
    slack_server.click("UREP", alert, "Show leads")
    view = slack_server.wait(lambda: _filled(slack_server, "UREP"), 60, "the leads")
    assert "leads of others are not shown" in slack_server.text_of(view)
    assert slack_server.text_of(view).count("• ") < everything
    assert slack_server.violations == []


def test_leads_come_directly_where_the_time_for_a_modal_is_over(
    surface: Surface, slack_server: SlackServer
) -> None:
    alert = leak_alert(surface, slack_server)
    slack_server.fail("views.open", "expired_trigger_id")
    slack_server.click("UDANA", alert, "Show leads")
    slack_server.wait(heard(slack_server, "UDANA", "warehouse version 1"), 60, "the leads")
    assert slack_server.view("UDANA") is None


def test_a_snoozed_kind_is_silent_and_the_alert_says_so(
    surface: Surface, slack_server: SlackServer
) -> None:
    queue(surface, "UDANA", "drift", 1)
    deliver(surface)
    (alert,) = slack_server.direct_messages("UDANA")
    slack_server.click("UDANA", alert, "alert_snooze", option="For 7 days")
    slack_server.wait(
        lambda: "Snoozed" in slack_server.text_of(slack_server.direct_messages("UDANA")[0]),
        what="the note",
    )
    mine = preferences.read_person(surface.database, "T1", "UDANA")
    assert mine.snoozed is not None
    assert mine.snoozed["drift"].startswith("2026-12-01")
    queue(surface, "UDANA", "drift", 1)
    deliver(surface)
    assert len(slack_server.direct_messages("UDANA")) == 1
    assert acted_rate(surface.database)["drift"]["snoozed"] == 1


def test_only_managers_silence_a_channel(surface: Surface, slack_server: SlackServer) -> None:
    alert = leak_alert(surface, slack_server)
    slack_server.click("UREP", alert, "alert_snooze", option="For a day")
    slack_server.wait(heard(slack_server, "UREP", "Only managers"), what="the refusal")
    assert preferences.read_person(surface.database, "T1", "CREV").snoozed == {}


def test_not_useful_is_noted(surface: Surface, slack_server: SlackServer) -> None:
    queue(surface, "UDANA", "surge", 2, payload={"subject": HOSTILE, "text": HOSTILE})
    deliver(surface)
    (alert,) = slack_server.direct_messages("UDANA")
    slack_server.click("UDANA", alert, "Not useful")
    slack_server.wait(
        lambda: (
            "Noted as not useful by Dana Meyer"
            in slack_server.text_of(slack_server.direct_messages("UDANA")[0])
        ),
        what="the note",
    )
    assert acted_rate(surface.database)["surge"]["not_useful"] == 2
    assert slack_server.violations == []


def test_a_forged_button_does_nothing_and_is_answered(
    surface: Surface, slack_server: SlackServer
) -> None:
    alert = leak_alert(surface, slack_server)
    for block in alert["blocks"]:
        for element in block.get("elements", []):
            if element.get("action_id") == "alert_play":
                element["value"] = "b_00000000000000000000"
    slack_server.click("UDANA", alert, "Draft a play")
    slack_server.wait(heard(slack_server, "UDANA", "no longer known"), what="the answer")
    assert plays(surface) == []


def _filled(server: SlackServer, user: str) -> dict[str, Any] | None:
    view = server.view(user)
    return view if view and "warehouse version" in server.text_of(view) else None
