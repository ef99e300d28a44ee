from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from slack_alerts_harness import (
    FINDING,
    HOSTILE,
    TUESDAY,
    Clock,
    at_risk_owner,
    queue,
    states,
    surface_of,
    weir_of,
)

from agent.config import SlackSettings
from agent.slack.alerts import acted, preferences
from agent.slack.alerts.deliver import deliver
from agent.slack.alerts.digest import digest
from agent.slack.alerts.scan import last_seen, scan
from agent.slack.surface import Surface
from agent.slack.tables import ALERT
from evals.slack_server.server import SlackServer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def surface(northpeak: Path, slack_settings: SlackSettings, clock: Clock) -> Surface:
    return surface_of(weir_of(northpeak, FINDING), slack_settings, clock)


def direct(server: SlackServer, user: str) -> list[str]:
    return [server.text_of(message) for message in server.direct_messages(user)]


def test_a_new_version_is_scanned_once_and_its_leak_told_in_the_channel(
    surface: Surface, slack_server: SlackServer
) -> None:
    scan(surface)
    scan(surface)
    deliver(surface)
    deliver(surface)
    told = [slack_server.text_of(m) for m in slack_server.messages("CREV")]
    assert len([text for text in told if "New leak: MQL → accepted, region EMEA" in text]) == 1
    assert "38% instead of 61%" in told[0]
    assert last_seen(surface.database).version == 1
    assert slack_server.violations == []


def test_a_shared_channel_is_told_nothing_and_managers_are_told_directly(
    surface: Surface, slack_server: SlackServer
) -> None:
    with surface.database.begin() as tx:
        preferences.write(tx, "T1", preferences.WORKSPACE, {"channel": "CSHARED"})
    scan(surface)
    deliver(surface)
    assert slack_server.messages("CSHARED") == []
    assert any("New leak" in text for text in direct(slack_server, "UDANA"))


def test_an_owner_is_told_of_their_leads_and_nobody_elses(
    surface: Surface, slack_server: SlackServer
) -> None:
    owner, email = at_risk_owner(surface.weir)
    slack_server.add_user("T1", "UREP", "Rep", email)
    scan(surface)
    deliver(surface)
    told = "\n".join(direct(slack_server, "UREP"))
    assert "of yours at risk" in told
    assert owner not in told
    with surface.database.connect() as tx:
        payloads = tx.execute(
            sa.select(ALERT.c.payload).where(ALERT.c.recipient == "UREP")
        ).scalars()
        assert {
            payload["refs"].get("owner_id") for payload in payloads if payload["kind"] == "risk"
        } == {owner}


def test_alerts_of_one_kind_come_in_one_message_within_the_budget_of_the_day(
    surface: Surface, slack_server: SlackServer, clock: Clock
) -> None:
    for kind in ("leak", "risk", "surge", "quality"):
        queue(surface, "UDANA", kind, 8)
        deliver(surface)
    told = direct(slack_server, "UDANA")
    assert len(told) == 3
    assert "and 3 more" in told[0]
    assert states(surface) == ["digest"] * 8 + ["sent"] * 24
    clock.move(days=1)
    queue(surface, "UDANA", "drift", 1)
    deliver(surface)
    assert len(direct(slack_server, "UDANA")) == 4


def test_what_is_worse_goes_first_where_the_budget_is_short(
    surface: Surface, slack_server: SlackServer
) -> None:
    with surface.database.begin() as tx:
        preferences.write(tx, "T1", "UDANA", {"budget": 1})
    queue(surface, "UDANA", "drift", 1)
    queue(surface, "UDANA", "leak", 1, payload={"severity": "high", "subject": "The leak"})
    deliver(surface)
    (told,) = direct(slack_server, "UDANA")
    assert "The leak" in told


def test_night_is_the_persons_own(surface: Surface, slack_server: SlackServer) -> None:
    # Ten in Berlin, six in the evening in Tokyo, four in the morning in New York.
    for user in ("UDANA", "URIO", "USAM"):
        queue(surface, user, "leak", 1)
    deliver(surface)
    assert len(direct(slack_server, "UDANA")) == 1
    assert states(surface, "URIO") == ["digest"]
    assert states(surface, "USAM") == ["digest"]


def test_guests_and_strangers_are_told_nothing(surface: Surface, slack_server: SlackServer) -> None:
    for user in ("UGUEST", "UALIEN"):
        queue(surface, user, "leak", 1)
    deliver(surface)
    assert states(surface) == ["dropped", "dropped"]
    assert direct(slack_server, "UGUEST") == []


def test_a_message_that_arrived_before_a_crash_is_not_sent_again(
    surface: Surface, slack_server: SlackServer, clock: Clock
) -> None:
    queue(surface, "UDANA", "leak", 2)
    deliver(surface)
    # As a process leaves it that was killed between sending and writing that down.
    with surface.database.begin() as tx:
        tx.execute(sa.update(ALERT).values(state="sending", ts=None))
    deliver(surface)
    assert states(surface) == ["sending", "sending"]
    clock.move(minutes=2)
    deliver(surface)
    assert states(surface) == ["sent", "sent"]
    assert len(direct(slack_server, "UDANA")) == 1


def test_a_message_that_never_arrived_is_sent(
    surface: Surface, slack_server: SlackServer, clock: Clock
) -> None:
    queue(surface, "UDANA", "leak", 1)
    slack_server.fail("chat.postMessage", "internal_error", times=5)
    deliver(surface)
    assert states(surface) == ["sending"]
    slack_server.faults.methods.clear()
    clock.move(minutes=2)
    deliver(surface)
    assert states(surface) == ["sent"]
    assert len(direct(slack_server, "UDANA")) == 1


def test_a_channel_without_the_bot_holds_up_nobody(
    surface: Surface, slack_server: SlackServer
) -> None:
    slack_server.add_channel("T1", "CAWAY", "away", ["UDANA"], bot_is_member=False)
    queue(surface, "CAWAY", "leak", 1)
    queue(surface, "UDANA", "drift", 1)
    deliver(surface)
    assert len(direct(slack_server, "UDANA")) == 1
    assert states(surface, "CAWAY") in (["digest"], ["dropped"])


def test_hostile_data_stays_text_within_the_limits(
    surface: Surface, slack_server: SlackServer
) -> None:
    bad = {
        "subject": HOSTILE,
        "text": HOSTILE * 20,
        "facts": [[HOSTILE, HOSTILE * 10]] * 30,
        "refs": {"finding_id": HOSTILE, "journey_ids": [HOSTILE] * 200},
    }
    for kind in ("leak", "surge"):
        queue(surface, "UDANA", kind, 12, payload=bad)
    queue(surface, "UDANA", "risk", 1, payload=bad)
    deliver(surface)
    assert states(surface) == ["sent"] * 25
    assert slack_server.violations == []
    assert slack_server.hostile_markup(hostile=["UALIEN"]) == []


def test_the_digest_tells_what_was_held_back_once_a_day(
    surface: Surface, slack_server: SlackServer, clock: Clock
) -> None:
    queue(surface, "UDANA", "drift", 7, state="digest", payload={"subject": "Held back"})
    digest(surface)
    assert direct(slack_server, "UDANA") == [
        text for text in direct(slack_server, "UDANA") if "Good morning, Dana" in text
    ]
    (told,) = direct(slack_server, "UDANA")
    assert told.count("Held back") >= 5
    assert "and 2 more" in told
    assert states(surface, "UDANA") == ["sent"] * 7
    digest(surface)
    clock.move(hours=1)
    digest(surface)
    assert len(direct(slack_server, "UDANA")) == 1
    assert slack_server.violations == []


def test_the_digest_waits_for_the_persons_own_morning(
    northpeak: Path, slack_settings: SlackSettings, slack_server: SlackServer
) -> None:
    clock = Clock(datetime(2026, 11, 24, 7, 0))  # noqa: DTZ001 - eight in Berlin
    surface = surface_of(weir_of(northpeak), slack_settings, clock)
    queue(surface, "UDANA", "drift", 1, state="digest")
    digest(surface)
    assert direct(slack_server, "UDANA") == []
    clock.move(minutes=31)
    digest(surface)
    assert len(direct(slack_server, "UDANA")) == 1


def test_nothing_to_say_is_not_said(
    northpeak: Path, slack_settings: SlackSettings, slack_server: SlackServer
) -> None:
    surface = surface_of(weir_of(northpeak), slack_settings, Clock(TUESDAY))
    digest(surface)
    assert direct(slack_server, "USAM") == []
    assert direct(slack_server, "UGUEST") == []


def test_a_digest_that_slack_refused_comes_later(
    surface: Surface, slack_server: SlackServer
) -> None:
    queue(surface, "UDANA", "drift", 1, state="digest")
    slack_server.fail("chat.postMessage", "fatal_error", times=20)
    digest(surface)
    assert states(surface, "UDANA") == ["digest"]


def test_the_rate_acted_upon_counts_what_was_sent(surface: Surface) -> None:
    queue(surface, "UDANA", "leak", 4)
    queue(surface, "USAM", "risk", 1)
    deliver(surface)
    with surface.database.begin() as tx:
        row: Any = tx.execute(sa.select(ALERT).where(ALERT.c.kind == "leak")).first()
        at = "2026-11-24T10:00:00.000000Z"
        known = {"team": "T1", "message": row.message, "at": at}
        acted.record(tx, acted=acted.USELESS, signal=row.signal, **known)
        acted.record(tx, acted="play:play_1", signal=row.signal, **known)
        acted.record(tx, acted=acted.SNOOZED, signal=row.signal, **known)
    rates = acted.acted_rate(surface.database)
    assert rates["leak"] == {
        "sent": 4,
        "acted": 1,
        "not_useful": 0,
        "snoozed": 0,
        "held": 0,
        "rate": 0.25,
    }
    assert rates["risk"]["held"] == 1
    assert rates["risk"]["rate"] is None
