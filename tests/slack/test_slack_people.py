from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from slack_sdk.errors import SlackApiError

from agent.config import SlackSettings
from agent.plays.stamps import utc_now
from agent.slack.clients import OneWorkspace
from agent.slack.people import People, read_channel, read_person
from evals.slack_server.server import SlackServer
from knowledge.database import open_database


class Clock:
    """Tell a time that the test sets."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def people(database: sa.Engine, slack_settings: SlackSettings, clock: Clock) -> People:
    return People(database, OneWorkspace(slack_settings), clock=clock)


def asked(server: SlackServer, method: str) -> int:
    return len(server.calls(method))


def test_a_member_is_known_by_address_and_trusted(people: People) -> None:
    sam = people.who("T1", "USAM")
    assert (sam.email, sam.name) == ("sam.okafor@northpeak.example", "Sam Okafor")
    assert sam.time_zone == "America/New_York"
    assert sam.is_trusted


@pytest.mark.parametrize(
    ("user", "standing"),
    [("UGUEST", "guest"), ("UBOT", "bot"), ("UALIEN", "foreign"), ("UNOBODY", "foreign")],
)
def test_guests_bots_and_strangers_are_not_trusted(
    people: People, user: str, standing: str
) -> None:
    person = people.who("T1", user)
    assert person.standing == standing
    assert not person.is_trusted


def test_a_user_whose_event_names_another_workspace_is_foreign_unasked(
    people: People, slack_server: SlackServer
) -> None:
    before = asked(slack_server, "users.info")
    assert people.who("T1", "USAM", from_team="T9").standing == "foreign"
    assert asked(slack_server, "users.info") == before


def test_slack_is_asked_once_a_day(people: People, slack_server: SlackServer, clock: Clock) -> None:
    people.who("T1", "USAM")
    clock.now += timedelta(hours=23)
    people.who("T1", "USAM")
    assert asked(slack_server, "users.info") == 1
    clock.now += timedelta(hours=2)
    people.who("T1", "USAM")
    assert asked(slack_server, "users.info") == 2


def test_what_slack_said_before_is_used_while_it_is_down(
    people: People, slack_server: SlackServer, clock: Clock
) -> None:
    people.who("T1", "USAM")
    clock.now += timedelta(days=3)
    slack_server.fail("users.info", "internal_error", times=5)
    assert people.who("T1", "USAM").is_trusted
    slack_server.fail("users.info", "internal_error", times=5)
    with pytest.raises(SlackApiError):
        people.who("T1", "UDANA")


def test_two_processes_share_what_they_know(
    people: People, database: sa.Engine, slack_settings: SlackSettings, slack_server: SlackServer
) -> None:
    known = people.who("T1", "USAM")
    other = People(database, OneWorkspace(slack_settings))
    assert other.who("T1", "USAM") == known
    assert asked(slack_server, "users.info") == 1


def test_an_address_is_found_and_remembered(people: People, slack_server: SlackServer) -> None:
    found = people.by_email("T1", " Dana.Meyer@northpeak.example ")
    assert found is not None
    assert found.user == "UDANA"
    assert people.by_email("T1", "dana.meyer@northpeak.example") == found
    assert asked(slack_server, "users.lookupByEmail") == 1


def test_an_address_without_an_account_is_none_for_an_hour(
    people: People, slack_server: SlackServer, clock: Clock
) -> None:
    assert people.by_email("T1", "new@northpeak.example") is None
    slack_server.add_user("T1", "UNEW", "Nia New", "new@northpeak.example")
    assert people.by_email("T1", "new@northpeak.example") is None
    clock.now += timedelta(minutes=61)
    found = people.by_email("T1", "new@northpeak.example")
    assert found is not None
    assert found.user == "UNEW"


def test_channels_tell_whether_others_read_them(people: People) -> None:
    own, shared = people.channel("T1", "CREV"), people.channel("T1", "CSHARED")
    assert (own.name, own.is_shared, own.is_im) == ("revenue", False, False)
    assert shared.is_shared


def test_an_unknown_channel_counts_as_shared_and_is_asked_again(
    people: People, slack_server: SlackServer
) -> None:
    assert people.channel("T1", "CNOWHERE").is_shared
    slack_server.fail("conversations.info", "internal_error", times=5)
    assert people.channel("T1", "CREV").is_shared
    slack_server.fail("conversations.info", "internal_error", times=0)


@pytest.mark.parametrize(
    "user",
    [
        {},
        {"id": "U1"},
        {"id": "U1", "team_id": "T1", "profile": None, "tz": 7, "real_name": "\u202e"},
        {"id": "U1", "team_id": "T1", "profile": {"real_name": "x" * 5000}, "tz": "../etc/passwd"},
        {"id": "U1", "team_id": "T1", "profile": {"email": ""}, "tz": "Mars/Base"},
    ],
)
def test_odd_users_are_read_and_not_trusted(user: dict[str, Any]) -> None:
    person = read_person("T1", user)
    assert not person.is_trusted
    assert person.time_zone == "UTC"


def test_an_address_that_was_never_confirmed_does_not_count() -> None:
    user = {"id": "U1", "team_id": "T1", "profile": {"email": "dana@northpeak.example"}}
    assert read_person("T1", user).is_trusted
    assert not read_person("T1", {**user, "is_email_confirmed": False}).is_trusted


@pytest.mark.parametrize(
    ("found", "shared"),
    [
        ({"name": "a"}, False),
        ({"name": "a", "is_ext_shared": True}, True),
        ({"name": "a", "is_pending_ext_shared": True}, True),
        ({"name": "a", "pending_shared": ["T2"]}, True),
        ({"name": "a", "is_shared": True, "is_org_shared": True}, False),
        ({"name": "a", "is_shared": True}, True),
        ({}, True),
        (None, True),
    ],
)
def test_what_others_may_read_counts_as_shared(found: dict[str, Any] | None, shared: bool) -> None:
    assert read_channel("C1", found).is_shared is shared
