"""Stopping an answer: seen while a tool runs, whoever's process it is, and remembered by nobody."""

import dataclasses
import json
import threading
from typing import Any

import pytest
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from agent.access import viewer_of
from agent.conversation import build_conversation
from agent.slack.answers import record, stream
from agent.slack.answers.record import Place
from agent.slack.service import Service
from agent.slack.surface import Surface
from evals.slack_server.server import SlackServer


@dataclasses.dataclass
class Slow:
    """A surface whose tool takes as long as the test likes."""

    surface: Surface
    running: threading.Event
    go_on: threading.Event
    errors: list[BaseException]

    def ask(self, question: str, ts: str) -> threading.Thread:
        person = self.surface.people.who("T1", "UDANA")
        asked = stream.Asked(
            f"event|T1|{ts}",
            Place("T1", "CREV", ts),
            person,
            viewer_of(self.surface.weir, person.email),
            question,
        )

        def run() -> None:
            try:
                stream.answer(self.surface, asked)
            except BaseException as error:  # noqa: BLE001 - the test reads it
                self.errors.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread


@pytest.fixture
def slow(slack_app: Service) -> Slow:
    running, go_on = threading.Event(), threading.Event()

    @tool(response_format="content_and_artifact")
    def find_leaks(transition: str | None = None, segment: str | None = None) -> Any:  # noqa: ARG001
        """Find leaks."""
        running.set()
        go_on.wait(30)
        found: dict[str, Any] = {"findings": [], "warehouse_version": 1, "as_of": "2026-10-31"}
        return json.dumps(found), found

    weir = slack_app.surface.weir
    conversation = build_conversation(weir.chat_model(), [find_leaks], checkpointer=InMemorySaver())
    surface = dataclasses.replace(slack_app.surface, conversation=conversation)
    return Slow(surface, running, go_on, [])


def root(server: SlackServer) -> str:
    return str(server.message("URIO", "CREV", "Good morning")["event"]["ts"])


def test_stop_ends_the_answer_while_its_tool_runs(slack_server: SlackServer, slow: Slow) -> None:
    ts = root(slack_server)
    thread = slow.ask("Where do we lose leads, and why?", ts)
    assert slow.running.wait(30)
    (message,) = slack_server.wait(lambda: slack_server.answers("CREV", ts), 60, "the stream")
    slack_server.click("UDANA", message, "Stop")
    slack_server.wait(
        lambda: (
            "Stopped by Dana Meyer" in slack_server.text_of(slack_server.answers("CREV", ts)[0])
        ),
        60,
        "the stop",
    )
    slow.go_on.set()
    thread.join(20)
    assert slow.errors == []
    assert slack_server.status("CREV", ts) == ""
    (shown,) = slack_server.answers("CREV", ts)
    assert not any(
        element.get("action_id") == "answer_stop"
        for b in shown["blocks"]
        for element in b.get("elements") or []
    )
    row = record.read(slow.surface.database, record.identity(f"event|T1|{ts}"))
    assert row is not None
    assert (row.state, row.finished_at is not None) == ("stopped", True)
    config: Any = {"configurable": {"thread_id": row.place.thread_id}}
    assert not slow.surface.conversation.graph.get_state(config).values.get("messages")


def test_a_run_after_a_crash_goes_on_with_the_message_it_finds(
    slack_server: SlackServer, slow: Slow
) -> None:
    ts = root(slack_server)
    slow.go_on.set()
    slow.ask("Where do we lose leads, and why?", ts).join(30)
    (first,) = slack_server.answers("CREV", ts)
    identity = record.identity(f"event|T1|{ts}")
    with slow.surface.database.begin() as tx:
        # As if the process had ended before it could note the message or the answer.
        tx.execute(
            record.ANSWER.update()
            .where(record.ANSWER.c.id == identity)
            .values(state="streaming", finished_at=None, answer=None)
        )
    slow.ask("Where do we lose leads, and why?", ts).join(30)
    assert slow.errors == []
    assert [message["ts"] for message in slack_server.answers("CREV", ts)] == [first["ts"]]
    row = record.read(slow.surface.database, identity)
    assert row is not None
    assert row.state == "done"


def test_somebody_without_a_role_can_not_stop_anothers_answer(
    slack_server: SlackServer, slow: Slow
) -> None:
    ts = root(slack_server)
    thread = slow.ask("Where do we lose leads, and why?", ts)
    assert slow.running.wait(30)
    (message,) = slack_server.wait(lambda: slack_server.answers("CREV", ts), 60, "the stream")
    slack_server.click("UGUEST", message, "Stop")
    slack_server.wait(lambda: slack_server.ephemerals("UGUEST", "CREV"), 60, "the sentence")
    slow.go_on.set()
    thread.join(20)
    assert slow.errors == []
    row = record.read(slow.surface.database, record.identity(f"event|T1|{ts}"))
    assert row is not None
    assert row.state == "done"
