"""`weir slack` as processes: races between two, kills, restarts, and Slack being down."""

import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from slack_cards_harness import DANA, RIO
from slack_scenarios_harness import FUNNEL, LEAKS, PATIENCE, SOON, Desk, drafted, ended, finished

from agent.assembly import Weir
from agent.config import Settings
from agent.slack.tables import ANSWER, INBOX
from evals.slack_server.server import SlackServer

pytestmark = pytest.mark.xdist_group("slack-processes")

Start = Callable[..., subprocess.Popen[str]]
# A lease lasts longer; that its process died is seen before.
AFTER_A_KILL = 20.0


@pytest.fixture
def weir(northpeak: Path) -> Iterator[Weir]:
    """Open the same ledger and CRM beside the processes."""
    opened = Weir(Settings(_env_file=None, home=northpeak))
    yield opened
    opened.warehouse.database.dispose()
    opened.crm.close()


def a_play(server: SlackServer, weir: Weir, prefix: str) -> Desk:
    names = [f"{prefix} {number}" for number in range(3)]
    return Desk(server, weir.plays, drafted(weir, names, prefix=prefix))


def settled(server: SlackServer, weir: Weir, seconds: float = PATIENCE) -> None:
    query = sa.select(sa.func.count()).where(INBOX.c.state.in_(["waiting", "running"]))

    def is_empty() -> bool:
        with weir.warehouse.database.connect() as tx:
            return tx.execute(query).scalar_one() == 0

    server.wait(lambda: not server.underway, seconds, "the arrival of everything")
    server.wait(is_empty, seconds, "an empty inbox")


def handled(weir: Weir, kind: str) -> int:
    query = sa.select(sa.func.count()).where(INBOX.c.kind == kind)
    with weir.warehouse.database.connect() as tx:
        return int(tx.execute(query).scalar_one())


def made(weir: Weir, words: str) -> int:
    """Count the tasks in the CRM whose subject holds some words."""
    with closing(sqlite3.connect(weir.home / "crm.db")) as crm:
        query = "select count(*) from write where kind = 'task' and payload like ?"
        return int(crm.execute(query, (f"%{words}%",)).fetchone()[0])


def said_once(server: SlackServer, ts: str) -> None:
    """See to it that a thread holds one answer, each chart once, and no status."""
    assert len(ended(server, "CREV", ts)) == 1
    rest = [m for m in server.answers("CREV", ts) if m not in ended(server, "CREV", ts)]
    names = [file["name"] for message in rest for file in message.get("files") or []]
    assert len(names) == len(rest) == len(set(names))
    assert server.status("CREV", ts) == ""


def cut(server: SlackServer, *threads: str) -> list[tuple[str, str]]:
    """Give what stands in some threads."""
    found = [message for ts in threads for message in server.messages("CREV", ts)]
    return [(str(message["ts"]), server.text_of(message)) for message in found]


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_two_processes_make_one_decision_of_a_race_and_write_once(
    slack_server: SlackServer, slack_process: Start, weir: Weir
) -> None:
    processes = [slack_process(), slack_process()]
    assert slack_server.connections == 2
    desk = a_play(slack_server, weir, "race")
    card = desk.card("1 approval is needed")
    slack_server.click("URIO", card, "Reject")
    form = desk.modal("URIO", "Reject play")
    # Both connections get clicks in turn: two from Dana, two from Rio, and Rio's rejection.
    for user in ("UDANA", "URIO", "UDANA", "URIO"):
        slack_server.click(user, card, "Approve")
    slack_server.submit("URIO", form, {"reason": "wrong quarter"}, wait=False)
    slack_server.wait(
        lambda: all(len(desk.whispers(user)) == 2 for user in ("UDANA", "URIO")),
        SOON,
        "an answer to every click",
    )
    slack_server.wait(
        lambda: (
            (slack_server.view("URIO") or {"title": {"text": "Play"}})["title"]["text"] == "Play"
        ),
        SOON,
        "the answer to the form",
    )
    settled(slack_server, weir)
    decided = desk.audited("approved") + desk.audited("rejected")
    assert len(decided) == 1
    if desk.audited("approved"):
        desk.card("Done and read back")
        said = desk.whispers("UDANA") + desk.whispers("URIO")
        assert sum("Approved; " in text for text in said) == 1
        kinds = [entry["what"] for entry in desk.plays.audit_entries(desk.id)]
        slack_server.wait(lambda: len(desk.lines()) >= 2, SOON, "the receipt in the thread")
        assert kinds.count("approval") == 1
        assert made(weir, "race") == 3
    else:
        desk.card("Rejected by Rio Tanaka")
    assert desk.plays.verify_audit().intact
    assert slack_server.unanswered == []

    # An event that both could take up is answered by one of them.
    asked = slack_server.mention("UDANA", "CREV", LEAKS)
    slack_server.redeliver(asked, 3)
    ts = asked["event"]["ts"]
    finished(slack_server, "CREV", ts)
    settled(slack_server, weir)
    said_once(slack_server, ts)
    assert len(slack_server.calls("chat.startStream")) == 1
    # By now a line that both had told would stand there twice.
    assert len(desk.lines()) == len(set(desk.lines()))

    for process in processes:
        end(process)
    assert slack_server.violations == []


def test_what_is_delivered_again_after_a_restart_happens_once(
    slack_server: SlackServer, slack_process: Start, weir: Weir
) -> None:
    process = slack_process()
    desk = a_play(slack_server, weir, "again")
    other = a_play(slack_server, weir, "other")
    asked = slack_server.mention("UDANA", "CREV", FUNNEL)
    ts = asked["event"]["ts"]
    clicked = slack_server.click("UDANA", desk.card("1 approval is needed"), "Approve")
    desk.card("Done and read back")
    slack_server.click("URIO", other.card("1 approval is needed"), "Reject")
    form = other.modal("URIO", "Reject play")
    sent = slack_server.submit("URIO", form, {"reason": "wrong quarter"})
    other.card("Rejected by Rio Tanaka")
    finished(slack_server, "CREV", ts)
    settled(slack_server, weir)
    end(process)

    threads = (ts, desk.card()["ts"], other.card()["ts"])
    said, whispers = cut(slack_server, *threads), desk.whispers("UDANA")
    kept = [handled(weir, kind) for kind in ("event", "action", "submission")]
    audited = len(weir.plays.audit_entries())
    slack_process()
    for payload in (asked, clicked):
        assert [slack_server.deliver(payload).result(10) for _ in range(2)] == [{}, {}]
    assert [slack_server.deliver(sent).result(10) for _ in range(2)] == [{}, {}]
    settled(slack_server, weir)
    time.sleep(1.0)
    assert [handled(weir, kind) for kind in ("event", "action", "submission")] == kept
    assert len(weir.plays.audit_entries()) == audited
    assert desk.whispers("UDANA") == whispers
    assert cut(slack_server, *threads) == said
    assert slack_server.violations == []


def test_a_kill_loses_neither_a_pending_card_nor_a_question(
    slack_server: SlackServer, slack_process: Start, weir: Weir
) -> None:
    process = slack_process()
    desk = a_play(slack_server, weir, "kill")
    card = desk.card("1 approval is needed")
    asked = slack_server.mention("UDANA", "CREV", FUNNEL)
    ts = asked["event"]["ts"]
    slack_server.wait(lambda: slack_server.calls("assistant.threads.setStatus"), SOON, "its start")
    process.kill()
    process.wait(10)
    assert ended(slack_server, "CREV", ts) == []
    # While nobody is there people go on clicking.
    slack_server.click("URIO", card, "Approve")
    slack_process()
    slack_server.click("UDANA", card, "Approve")
    desk.card("Done and read back", seconds=AFTER_A_KILL)
    desk.told("Done and read back")
    finished(slack_server, "CREV", ts, seconds=AFTER_A_KILL)
    settled(slack_server, weir)
    said_once(slack_server, ts)
    with weir.warehouse.database.connect() as tx:
        assert [row.state for row in tx.execute(ANSWER.select())] == ["done"]
    # The thread is remembered as if nothing had happened.
    slack_server.message("UDANA", "CREV", "And by region?", thread_ts=ts)
    second = finished(slack_server, "CREV", ts, 2)
    assert "EMEA" in slack_server.text_of(second)
    assert set(desk.audited("approval")) <= {DANA, RIO}
    assert len(desk.audited("approval")) == 1
    assert desk.plays.verify_audit().intact
    assert slack_server.violations == []


def test_slack_being_down_for_a_while_delays_and_neither_loses_nor_doubles(
    slack_server: SlackServer, slack_process: Start, weir: Weir
) -> None:
    slack_process()
    desk = a_play(slack_server, weir, "down")
    card = desk.card("1 approval is needed")
    before = slack_server.mention("UDANA", "CREV", FUNNEL)["event"]["ts"]
    slack_server.wait(lambda: slack_server.calls("assistant.threads.setStatus"), SOON, "its start")
    slack_server.click("UDANA", card, "Approve")
    slack_server.wait(lambda: desk.state != "pending", SOON, "the decision")
    slack_server.outage(6.0)
    # A play that is drafted and one that is decided elsewhere meanwhile.
    late = a_play(slack_server, weir, "late")
    assert weir.plays.reject(late.id, by=RIO, reason="no").accepted
    fresh = a_play(slack_server, weir, "fresh")
    slack_server.wait(lambda: slack_server.connections, 60, "the connection coming back")
    after = slack_server.mention("URIO", "CREV", LEAKS)["event"]["ts"]

    desk.card("Approved by Dana Meyer", "Done and read back", seconds=PATIENCE)
    desk.told("Done and read back")
    fresh_card = fresh.card("1 approval is needed", seconds=PATIENCE)
    slack_server.click("URIO", fresh_card, "Approve")
    fresh.card("Done and read back")
    finished(slack_server, "CREV", before)
    finished(slack_server, "CREV", after)
    settled(slack_server, weir)
    for ts in (before, after):
        said_once(slack_server, ts)
    for each in (desk, fresh):
        assert len(each.cards()) == 1
        lines: list[Any] = each.lines()
        assert len(lines) == len(set(lines)) == 2
    # Nobody had seen the card of a play that was over before it could be shown.
    assert len(late.cards()) <= 1
    assert slack_server.violations == []
