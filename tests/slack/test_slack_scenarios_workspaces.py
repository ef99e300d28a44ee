"""Two workspaces that installed the app themselves, over signed HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from slack_core_harness import SECRET, address, http_settings, install
from slack_scenarios_harness import (
    LEAKS,
    SOON,
    Desk,
    drafted,
    finished,
    northpeak_in_slack,
    own_home,
    settled,
    whole_app,
)

from agent.slack.service import Service
from agent.slack.tables import INBOX
from evals.slack_server.server import SlackServer

# One service for all: they stay in one process.
pytestmark = pytest.mark.xdist_group("slack-workspaces")

EVE = "dana.meyer@northpeak.example"


@pytest.fixture(scope="module")
def slack_server() -> Iterator[SlackServer]:
    """Run a Slack with a second workspace, where Dana Meyer is a member, too."""
    with northpeak_in_slack() as server:
        server.add_workspace("T2", bot_token="xoxb-2", bot_user="UWEIR2")  # noqa: S106 - no real app
        server.add_user("T2", "UDANA2", "Dana Meyer", EVE)
        server.add_user("T2", "UMALLORY", "Mal Lory", "mallory@other.example")
        server.add_channel("T2", "CTWO", "second", ["UDANA2", "UMALLORY"])
        yield server


@pytest.fixture(scope="module")
def app(
    slack_server: SlackServer, made_northpeak: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    home = own_home(made_northpeak, tmp_path_factory.mktemp("workspaces") / "home")
    state = slack_server.state
    many = http_settings(
        slack_server,
        client_id=state.client_id,
        client_secret=state.client_secret,
        channel="CREV",
    )
    with whole_app(home, many, http_port=0) as service:
        slack_server.connect_http(address(service, "/slack/events"), SECRET)
        for team in ("T1", "T2"):
            install(service, slack_server, team)
        yield service


def kept(app: Service) -> int:
    with app.surface.database.connect() as tx:
        return int(tx.execute(sa.select(sa.func.count()).select_from(INBOX)).scalar_one())


def test_questions_of_both_are_answered_each_with_its_own_token(
    slack_server: SlackServer, app: Service
) -> None:
    assert app.surface.clients.teams() == ["T1", "T2"]
    first = slack_server.mention("UDANA", "CREV", LEAKS)["event"]["ts"]
    second = slack_server.mention("UDANA2", "CTWO", LEAKS)["event"]["ts"]
    finished(slack_server, "CREV", first)
    finished(slack_server, "CTWO", second)
    started = {call.args["channel"]: call.team for call in slack_server.calls("chat.startStream")}
    assert started == {"CREV": "T1", "CTWO": "T2"}


def test_a_button_of_one_clicked_in_the_other_is_refused(
    slack_server: SlackServer, app: Service
) -> None:
    weir = app.surface.weir
    desk = Desk(slack_server, weir.plays, drafted(weir, ["Ada Lovelace"], prefix="two"))
    card = desk.card("1 approval is needed")
    sent = app.surface.clients.of("T2").chat_postMessage(
        channel="CTWO", text="copy", blocks=card["blocks"]
    )
    copy = next(m for m in slack_server.messages("CTWO") if m["ts"] == sent["ts"])
    for button in ("Approve", "Reject", "Why"):
        slack_server.click("UDANA2", copy, button)
    slack_server.wait(
        lambda: len(slack_server.ephemerals("UDANA2", "CTWO")) == 3, SOON, "three answers"
    )
    assert all(
        "no longer in use" in slack_server.text_of(said)
        for said in slack_server.ephemerals("UDANA2", "CTWO")
    )
    assert desk.state == "pending"
    # The same person decides about the same play with a card of their own workspace.
    own = slack_server.wait(
        lambda: [m for m in slack_server.direct_messages("UDANA2") if desk.id in m["text"]],
        SOON,
        "the card in the second workspace",
    )
    slack_server.click("UDANA2", own[0], "Approve")
    desk.card("Approved by Dana Meyer", "Done and read back")


def test_a_member_of_the_second_workspace_without_a_role_sees_nothing(
    slack_server: SlackServer, app: Service
) -> None:
    asked = slack_server.mention("UMALLORY", "CTWO", LEAKS)["event"]["ts"]
    slack_server.wait(lambda: slack_server.ephemerals("UMALLORY", "CTWO"), SOON, "the sentence")
    settled(slack_server, app)
    assert slack_server.answers("CTWO", asked) == []


@pytest.mark.parametrize("trust", [{"secret": "guessed"}, {"age": 600.0}, {"signed": False}])
def test_what_slack_did_not_sign_just_now_is_refused_and_not_kept(
    slack_server: SlackServer, app: Service, trust: dict[str, Any]
) -> None:
    payload = slack_server.message("UDANA", "CREV", "Good morning")
    settled(slack_server, app)
    slack_server.wait(lambda: kept(app), SOON, "the true message")
    before = kept(app)
    payload["event_id"] = f"EvForged{next(iter(trust))}"
    payload["event"]["text"] = f"<@UWEIR> {LEAKS}"
    assert slack_server.post(payload, **trust) == 401
    assert kept(app) == before


def test_a_workspace_that_uninstalls_the_app_is_out_and_the_other_goes_on(
    slack_server: SlackServer, app: Service
) -> None:
    slack_server.event("T1", {"type": "app_uninstalled"})
    slack_server.wait(lambda: app.surface.clients.teams() == ["T2"], SOON, "the end of T1")
    calls = len([call for call in slack_server.calls() if call.team == "T1"])
    first = slack_server.mention("UDANA", "CREV", LEAKS)["event"]["ts"]
    second = slack_server.mention("UDANA2", "CTWO", LEAKS)["event"]["ts"]
    finished(slack_server, "CTWO", second)
    settled(slack_server, app)
    assert slack_server.answers("CREV", first) == []
    assert len([call for call in slack_server.calls() if call.team == "T1"]) == calls
    weir = app.surface.weir
    play_id = drafted(weir, ["Grace Hopper"], prefix="after")
    slack_server.wait(
        lambda: [m for m in slack_server.direct_messages("UDANA2") if play_id in m["text"]],
        SOON,
        "its card where the app still is",
    )
    assert Desk(slack_server, weir.plays, play_id).cards() == []
    # Whoever installs it again is served again.
    install(app, slack_server, "T1")
    third = slack_server.mention("UDANA", "CREV", LEAKS)["event"]["ts"]
    finished(slack_server, "CREV", third)
