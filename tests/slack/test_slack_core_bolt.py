"""The real Bolt app: every click once, answered, acknowledged at once, and never lost."""

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_core_harness import Listeners, card, running

from agent.config import SlackSettings
from agent.slack.service import Service
from evals.slack_server.server import SlackServer


@pytest.fixture
def listeners() -> Listeners:
    return Listeners()


@pytest.fixture
def service(
    tmp_path: Path, slack_settings: SlackSettings, listeners: Listeners
) -> Iterator[Service]:
    with running(tmp_path, slack_settings, listeners.routes) as started:
        yield started


def empty(server: SlackServer, service: Service) -> None:
    server.wait(lambda: service.inbox.backlog() == 0, 60, "an empty inbox")


def whispers(server: SlackServer, user: str = "UDANA") -> list[str]:
    return [server.text_of(shown) for shown in server.ephemerals(user, "CREV")]


def test_a_click_that_is_delivered_three_times_counts_once(
    slack_server: SlackServer, service: Service, listeners: Listeners
) -> None:
    payload = slack_server.click("UDANA", card(service, slack_server), "work")
    again = [slack_server.deliver(payload) for _ in range(2)]
    assert [each.result(5) for each in again] == [{}, {}]
    slack_server.wait(lambda: listeners.done["work"], what="the click")
    empty(slack_server, service)
    assert listeners.done["work"] == 1
    assert slack_server.unanswered == []
    assert max(slack_server.acks) < 3.0


def test_a_click_after_a_restart_of_one_before_it_counts_once(
    tmp_path: Path,
    slack_server: SlackServer,
    slack_settings: SlackSettings,
    listeners: Listeners,
) -> None:
    with running(tmp_path, slack_settings, listeners.routes) as service:
        payload = slack_server.click("UDANA", card(service, slack_server), "work")
        slack_server.wait(lambda: listeners.done["work"], what="the click")
    with running(tmp_path, slack_settings, listeners.routes) as service:
        assert slack_server.deliver(payload).result(5) is not None
        empty(slack_server, service)
    assert listeners.done["work"] == 1


def test_a_button_that_nothing_handles_any_more_says_so(
    slack_server: SlackServer, service: Service
) -> None:
    slack_server.click("UDANA", card(service, slack_server), "gone")
    slack_server.wait(lambda: whispers(slack_server), what="a word")
    assert "earlier version" in whispers(slack_server)[0]
    assert whispers(slack_server, "URIO") == []


def test_a_users_mistake_is_told_to_them_alone_and_without_effect_of_its_text(
    slack_server: SlackServer, service: Service
) -> None:
    slack_server.click("UDANA", card(service, slack_server), "refuse")
    slack_server.wait(lambda: whispers(slack_server), what="a word")
    assert "expired" in whispers(slack_server)[0]
    assert "<!channel>" not in str(slack_server.ephemerals("UDANA", "CREV"))
    assert slack_server.violations == []


def test_a_bug_is_told_with_a_reference_and_logged_without_a_payload(
    slack_server: SlackServer, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        slack_server.click("UDANA", card(service, slack_server), "break")
        slack_server.wait(lambda: whispers(slack_server), what="a word")
    [word] = whispers(slack_server)
    reference = word.split("Reference ")[1].rstrip(")")
    [line] = [record.getMessage() for record in caplog.records if reference in record.message]
    assert "KeyError" in line
    assert "b_break" not in line
    assert not any("xoxb" in record.getMessage() for record in caplog.records)


def test_slack_down_for_a_moment_loses_nothing_and_keeps_the_order(
    slack_server: SlackServer, service: Service, listeners: Listeners
) -> None:
    root = slack_server.message("UDANA", "CREV", "one")
    ts = root["event"]["ts"]
    slack_server.wait(lambda: listeners.texts == ["one"], what="the first message")
    slack_server.fail("chat.postMessage", "internal_error")
    slack_server.message("UDANA", "CREV", "two", thread_ts=ts)
    slack_server.message("UDANA", "CREV", "three", thread_ts=ts)
    slack_server.wait(lambda: len(listeners.texts) == 3, 60, "all messages")
    assert listeners.texts == ["one", "two", "three"]
    empty(slack_server, service)


def test_an_outage_while_work_waits_delays_it(
    slack_server: SlackServer, service: Service, listeners: Listeners
) -> None:
    shown = card(service, slack_server)
    slack_server.click("UDANA", shown, "pause")
    slack_server.wait(lambda: listeners.done["pause"], what="the click")
    slack_server.outage(4.0)
    listeners.release.set()
    slack_server.message("UDANA", "CREV", "after")
    slack_server.wait(lambda: listeners.texts == ["after"], 60, "the message")
    empty(slack_server, service)
    said = [slack_server.text_of(shown) for shown in slack_server.messages("CREV")]
    assert said.count("paused") == 1


def test_a_click_never_waits_behind_slow_work(
    slack_server: SlackServer, service: Service, listeners: Listeners
) -> None:
    shown = card(service, slack_server)
    for _ in range(3):
        slack_server.click("UDANA", shown, "wait")
    slack_server.click("URIO", shown, "work")
    slack_server.wait(lambda: listeners.done["work"], what="the quick click")
    assert listeners.done["wait"] == 0
    listeners.release.set()
    empty(slack_server, service)
    assert listeners.done["wait"] == 3


def test_bots_are_not_answered(
    slack_server: SlackServer, service: Service, listeners: Listeners
) -> None:
    slack_server.bot_message("UBOT", "CREV", "hello, bot")
    slack_server.message("UDANA", "CREV", "hello")
    slack_server.wait(lambda: listeners.texts, what="the message")
    empty(slack_server, service)
    assert listeners.texts == ["hello"]


def test_a_modal_that_is_delivered_twice_is_answered_alike_and_run_once(
    slack_server: SlackServer, service: Service, listeners: Listeners
) -> None:
    slack_server.click("UDANA", card(service, slack_server), "open")
    view = slack_server.wait(lambda: slack_server.view("UDANA"), what="the modal")
    payload = slack_server.submit("UDANA", view, {"reason": "good"})
    assert slack_server.deliver(payload).result(5) == {}
    assert listeners.done["submitted"] == 1
    assert slack_server.view("UDANA") is None


def test_a_mistake_in_a_modal_is_shown_beside_its_field_and_can_be_corrected(
    slack_server: SlackServer, service: Service, listeners: Listeners
) -> None:
    slack_server.click("UDANA", card(service, slack_server), "open")
    view = slack_server.wait(lambda: slack_server.view("UDANA"), what="the modal")
    slack_server.submit("UDANA", view, {"reason": "bad"})
    shown = slack_server.wait(
        lambda: (slack_server.view("UDANA") or {}).get("errors"), what="the mistake"
    )
    assert shown == {"reason": "A reason has more letters."}
    slack_server.submit("UDANA", view, {"reason": "better"})
    slack_server.wait(lambda: slack_server.view("UDANA") is None, what="the end of the modal")
    assert listeners.done["submitted"] == 2


def test_what_came_in_holds_no_token(
    tmp_path: Path, slack_server: SlackServer, service: Service, listeners: Listeners
) -> None:
    slack_server.click("UDANA", card(service, slack_server), "work")
    slack_server.wait(lambda: listeners.done["work"], what="the click")
    with sqlite3.connect(tmp_path / "ledger.db") as ledger:
        [(body,)] = ledger.execute("select body from slack_inbox").fetchall()
    ledger.close()
    assert '"token"' not in body
    assert "xoxb" not in body
