from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_alerts_harness import (
    FINDING,
    HOSTILE,
    TUESDAY,
    Clock,
    at_risk_owner,
    surface_of,
    weir_of,
)

from agent.assembly import Weir
from agent.config import SlackSettings
from agent.slack.alerts import preferences
from agent.slack.alerts.reports import reports
from agent.slack.item import Item
from agent.slack.listeners.home import open_home
from agent.slack.serve import serving
from agent.slack.surface import Surface
from evals.slack_server.server import SlackServer


@pytest.fixture
def weir(northpeak: Path) -> Weir:
    return weir_of(northpeak, FINDING)


@pytest.fixture
def surface(
    weir: Weir, slack_settings: SlackSettings, slack_server: SlackServer
) -> Iterator[Surface]:
    slack_server.add_user("T1", "UREP", "Rep", at_risk_owner(weir)[1])
    clock = Clock(TUESDAY.replace(hour=14))
    with serving(
        weir, slack_settings, say=lambda _line: None, worker=False, clock=clock
    ) as service:
        slack_server.wait(lambda: slack_server.connections, what="the connection")
        yield service.surface


def opened(server: SlackServer, user: str, words: str) -> dict[str, Any]:
    server.open_home(user)

    def is_there() -> dict[str, Any] | None:
        view = server.home(user)
        return view if view and words in server.text_of(view) else None

    found: dict[str, Any] = server.wait(is_there, 60, f"{words!r} on the home of {user}")
    return found


def test_a_manager_sees_leaks_health_decisions_and_plays(
    surface: Surface, slack_server: SlackServer
) -> None:
    play = surface.weir.propose(by="rio.tanaka@northpeak.example", finding_id=FINDING["id"])
    view = opened(slack_server, "UDANA", "Funnel health")
    text = slack_server.text_of(view)
    assert "*MQL → accepted, region EMEA*\n38% instead of 61% since" in text
    assert "Waiting for your decision" in text
    assert play.title in text
    assert "inquiry → MQL" in text
    slack_server.click("UDANA", view, "home_play")
    slack_server.wait(
        lambda: any(
            play.title in slack_server.text_of(message)
            for message in slack_server.direct_messages("UDANA")
        ),
        60,
        "the card",
    )
    assert slack_server.violations == []


def test_a_play_is_drafted_from_home(surface: Surface, slack_server: SlackServer) -> None:
    view = opened(slack_server, "URIO", "Open leaks")
    slack_server.click("URIO", view, "Draft a play")
    slack_server.wait(surface.weir.plays.list_plays, 60, "the play")
    slack_server.wait(
        lambda: any(
            "I drafted play_" in slack_server.text_of(message)
            for message in slack_server.direct_messages("URIO")
        ),
        60,
        "the answer",
    )
    (play,) = surface.weir.plays.list_plays()
    assert play["created_by"] == "rio.tanaka@northpeak.example"


def test_a_rep_sees_their_own_leads_with_reasons_and_no_leaks(
    surface: Surface, slack_server: SlackServer
) -> None:
    view = opened(slack_server, "UREP", "My leads at risk")
    text = slack_server.text_of(view)
    assert "What should I send?" in text
    assert "Open leaks" not in text
    assert "Funnel health" not in text
    found = reports(surface.weir)
    assert found is not None
    mine = at_risk_owner(surface.weir)[0]
    others = {row["name"] for row in found.at_risk() if row["owner_id"] != mine}
    own = {row["name"] for row in found.at_risk(mine)}
    assert any(name in text for name in own)
    assert not [name for name in others - own if name and f"{name}:" in text]
    offers = [block for block in view["blocks"] if "accessory" in block and "%" in str(block)]
    slack_server.click("UREP", view | {"blocks": offers[:1]}, "What should I send?")
    slack_server.wait(
        lambda: any(
            "next" in slack_server.text_of(message)
            for message in slack_server.direct_messages("UREP")
        ),
        60,
        "the offer",
    )
    assert slack_server.violations == []


def test_whoever_may_see_nothing_gets_a_polite_empty_home(
    surface: Surface, slack_server: SlackServer
) -> None:
    for user in ("UGUEST", "UALIEN"):
        view = opened(slack_server, user, "Welcome to Weir")
        text = slack_server.text_of(view)
        assert "I don't know who you are" in text
        assert "EMEA" not in text
        assert "Settings" not in text
    assert surface.weir.plays.list_plays() == []


def test_a_new_version_shows_a_word_first_and_then_everything(
    weir: Weir, slack_settings: SlackSettings, slack_server: SlackServer
) -> None:
    surface = surface_of(weir, slack_settings, Clock(TUESDAY))
    body = {"event": {"type": "app_home_opened", "tab": "home"}}
    item = Item("E1", "event", "app_home_opened", "T1", "UDANA", None, None, None, body, 1, "")
    open_home(surface, item)
    open_home(surface, item)
    shown = [str(call.args["view"]) for call in slack_server.calls("views.publish")]
    assert ["Reading the newest data" in view for view in shown] == [True, False, False]
    assert ["Open leaks" in view for view in shown] == [False, True, True]
    open_home(surface, replace(item, body={"event": {"tab": "messages"}}))
    assert len(slack_server.calls("views.publish")) == 3


def test_settings_are_kept_and_mistakes_are_said_beside_the_field(
    surface: Surface, slack_server: SlackServer
) -> None:
    view = opened(slack_server, "UDANA", "Funnel health")
    slack_server.click("UDANA", view, "Settings")
    form = slack_server.wait(lambda: slack_server.view("UDANA"), what="the form")
    slack_server.submit(
        "UDANA",
        form,
        {"kinds": ["leak"], "budget": "2", "day_until": "07:00", "channel_budget": "9"},
    )
    form = slack_server.view("UDANA")
    assert form is not None
    assert preferences.read_person(surface.database, "T1", "UDANA") == preferences.Preferences(
        snoozed={}
    )
    slack_server.submit("UDANA", form, {"day_until": "17:30", "budget": "2"})
    slack_server.wait(lambda: slack_server.view("UDANA") is None, what="the form to close")
    mine = preferences.read_person(surface.database, "T1", "UDANA")
    assert mine.budget == 2
    assert mine.off == {"risk", "surge", "quality", "drift"}
    assert mine.day_until.hour == 17
    assert preferences.read_workspace(surface.database, "T1", None).budget == 9
    assert slack_server.violations == []


def test_a_rep_is_not_asked_about_the_workspace(
    surface: Surface, slack_server: SlackServer
) -> None:
    view = opened(slack_server, "UREP", "My leads at risk")
    slack_server.click("UREP", view, "Settings")
    form = slack_server.wait(lambda: slack_server.view("UREP"), what="the form")
    assert "workspace" not in slack_server.text_of(form)
    before = preferences.read_workspace(surface.database, "T1", "CREV")
    slack_server.submit("UREP", form, {"budget": "1"})
    slack_server.wait(lambda: slack_server.view("UREP") is None, what="the form to close")
    assert preferences.read_workspace(surface.database, "T1", "CREV") == before


def test_hostile_names_stay_text_on_the_home_tab(
    surface: Surface, slack_server: SlackServer
) -> None:
    found = reports(surface.weir)
    assert found is not None
    bad = FINDING | {"segment": {HOSTILE: HOSTILE}, "drivers": [{"driver": HOSTILE}] * 30}
    found.leaks["findings"][:] = [bad | {"id": f"leak_{number}"} for number in range(200)]
    for row in found.scores["scores"]:
        row |= {"name": HOSTILE, "lower_it": HOSTILE, "from": HOSTILE}
        row["reasons"] = [{"text": HOSTILE}] * 5
    opened(slack_server, "UDANA", "Funnel health")
    opened(slack_server, "UREP", "My leads at risk")
    assert slack_server.violations == []
    assert slack_server.hostile_markup(hostile=["UALIEN"]) == []
