"""Cards are kept in line with plays whatever happens between us and Slack."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import sqlalchemy as sa
from slack_cards_harness import DANA

from agent.assembly import Weir
from agent.config import Settings, SlackSettings
from agent.plays.draft import DraftRequest
from agent.plays.play import Effect, Why
from agent.plays.stamps import utc_now
from agent.slack.clients import OneWorkspace
from agent.slack.people import People
from agent.slack.plays.notices import remind
from agent.slack.plays.sync import show_in, sync_cards
from agent.slack.surface import Surface
from agent.slack.tables import CARD
from evals.slack_server.server import SlackServer
from tools.crm.port import RecordRef

if TYPE_CHECKING:
    from agent.conversation import Conversation

TASK = {"kind": "create_task", "params": {"subject": "Call {name}", "due_in_days": 2}}
EFFECT = Effect(estimate=1.0, low=0.0, high=2.0, unit="more replies", basis="a guess")


class Clock:
    """Tell a time that the test sets."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def surface(slack_server: SlackServer, tmp_path: Path, clock: Clock) -> Iterator[Surface]:
    yield from surfaces(slack_server, tmp_path, clock, "CREV")


def surfaces(
    server: SlackServer, home: Path, clock: Clock, channel: str | None
) -> Iterator[Surface]:
    weir = Weir(Settings(_env_file=None, home=home))
    object.__setattr__(weir.plays, "clock", clock)
    slack = SlackSettings(
        _env_file=None,
        bot_token="xoxb-1",  # noqa: S106 -- of no real app
        channel=channel,
        api_url=server.url,
    )
    clients = OneWorkspace(slack)
    people = People(weir.warehouse.database, clients, clock=clock)
    nobody = cast("Conversation", None)
    yield Surface(weir, slack, clients, people, nobody, clock)
    weir.warehouse.database.dispose()
    weir.crm.close()
    assert server.violations == []


def a_draft(surface: Surface) -> str:
    weir = surface.weir
    leads = [RecordRef("lead", f"l{i}") for i in range(3)]
    weir.crm.seed([(ref, {"name": f"Lead {ref.id}", "owner_id": "o1"}) for ref in leads])
    weir.crm.seed([(RecordRef("owner", "o1"), {"name": "Ada"})])
    request = DraftRequest(
        targets=[{"journey_id": ref.id, "name": f"Lead {ref.id}", "value": 10.0} for ref in leads],
        actions=[TASK],
        created_by="weir",
        holdout=0.0,
        reason=(Why(text="They wait."), EFFECT),
    )
    return weir.plays.draft(request, owners=[], warehouse_version=1).id


def cards(server: SlackServer, channel: str = "CREV") -> list[dict[str, Any]]:
    return [
        message
        for message in server.messages(channel)
        if message.get("metadata", {}).get("event_type") == "weir_card"
    ]


def directly(server: SlackServer, user: str) -> list[str]:
    return [server.text_of(message) for message in server.direct_messages(user)]


def test_a_card_is_posted_once_and_left_alone_while_nothing_changes(
    slack_server: SlackServer, surface: Surface
) -> None:
    a_draft(surface)
    for _ in range(3):
        sync_cards(surface)
    assert len(cards(slack_server)) == 1
    assert len(slack_server.calls("chat.postMessage")) == 1
    assert slack_server.calls("chat.update") == []


def test_a_card_whose_post_was_not_noted_is_found_instead_of_posted_again(
    slack_server: SlackServer, surface: Surface, clock: Clock
) -> None:
    play_id = a_draft(surface)
    sync_cards(surface)
    with surface.database.begin() as tx:
        tx.execute(sa.update(CARD).values(state="posting", ts=None, shown=None))
    surface.weir.plays.reject(play_id, by=DANA, reason="no")
    sync_cards(surface)
    assert len(slack_server.calls("chat.postMessage")) == 1
    clock.forward(minutes=2)
    sync_cards(surface)
    assert len(cards(slack_server)) == 1
    assert "Rejected by Dana Meyer" in slack_server.text_of(cards(slack_server)[0])


def test_a_play_drafted_while_slack_fails_gets_its_card_later(
    slack_server: SlackServer, surface: Surface
) -> None:
    a_draft(surface)
    slack_server.fail("chat.postMessage", "internal_error", times=1)
    sync_cards(surface)
    assert cards(slack_server) == []
    sync_cards(surface)
    assert len(cards(slack_server)) == 1


def test_where_the_card_is_gone_the_people_who_decide_are_asked_directly(
    slack_server: SlackServer, surface: Surface
) -> None:
    slack_server.fail("chat.postMessage", "not_in_channel", times=1)
    a_draft(surface)
    sync_cards(surface)
    sync_cards(surface)
    assert cards(slack_server) == []
    for user in ("UDANA", "URIO"):
        assert any("approval is needed" in text for text in directly(slack_server, user))
    assert directly(slack_server, "USAM") == []


@pytest.mark.parametrize("channel", [None, "CSHARED", "CNOWHERE"])
def test_without_a_channel_of_ones_own_cards_go_to_the_people_who_decide(
    slack_server: SlackServer, tmp_path: Path, clock: Clock, channel: str | None
) -> None:
    for surface in surfaces(slack_server, tmp_path, clock, channel):
        a_draft(surface)
        sync_cards(surface)
        assert cards(slack_server, "CSHARED") == []
        for user in ("UDANA", "URIO"):
            assert len(directly(slack_server, user)) == 1
        assert directly(slack_server, "USAM") == []


def test_a_card_stands_in_the_conversation_that_asked_for_it_but_not_in_a_shared_one(
    slack_server: SlackServer, surface: Surface
) -> None:
    play_id = a_draft(surface)
    ts = slack_server.message("UDANA", "CREV", "draft a play")["event"]["ts"]
    show_in(surface, play_id, team="T1", channel="CREV", thread_ts=ts)
    show_in(surface, play_id, team="T1", channel="CREV", thread_ts=ts)
    show_in(surface, play_id, team="T1", channel="CSHARED", thread_ts="1.1")
    assert len(slack_server.answers("CREV", ts)) == 1
    assert cards(slack_server, "CSHARED") == []
    surface.weir.plays.reject(play_id, by=DANA, reason="no")
    sync_cards(surface)
    shown = slack_server.text_of(slack_server.answers("CREV", ts)[0])
    assert "Rejected by Dana Meyer" in shown


def test_an_expired_play_says_so_and_can_be_requested_again(
    slack_server: SlackServer, surface: Surface, clock: Clock
) -> None:
    a_draft(surface)
    sync_cards(surface)
    clock.forward(days=4)
    sync_cards(surface)
    text = slack_server.text_of(cards(slack_server)[0])
    assert "Expired undecided" in text
    assert "Request again" in text


def test_each_person_is_reminded_once_with_a_link_to_the_card(
    slack_server: SlackServer, surface: Surface, clock: Clock
) -> None:
    a_draft(surface)
    sync_cards(surface)
    clock.forward(hours=25)
    slack_server.fail("chat.postMessage", "internal_error", times=1)
    for _ in range(3):
        remind(surface)
    for user in ("UDANA", "URIO"):
        told = [text for text in directly(slack_server, user) if "waits for your decision" in text]
        assert len(told) == 1
        assert "Open the card" in told[0]


def test_who_asks_for_a_card_in_a_direct_message_gets_one_and_not_two(
    slack_server: SlackServer, tmp_path: Path, clock: Clock
) -> None:
    for surface in surfaces(slack_server, tmp_path, clock, None):
        play_id = a_draft(surface)
        opened = surface.clients.of("T1").conversations_open(users=["UDANA"])
        channel = str(opened["channel"]["id"])
        show_in(surface, play_id, team="T1", channel=channel, thread_ts=None)
        sync_cards(surface)
        assert len(directly(slack_server, "UDANA")) == 1
        assert len(directly(slack_server, "URIO")) == 1
