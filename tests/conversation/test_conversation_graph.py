import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.tools import BaseTool

from agent.conversation import (
    TURNS_KEPT,
    Conversation,
    Final,
    Text,
    ToolFinished,
    ToolStarted,
    ask,
    build_conversation,
    open_memory,
    stream,
)
from agent.models.offline import OfflineChatModel

ROOT = Path(__file__).parents[2]
CHILD = """
import json, sys
from pathlib import Path
from company import build_tools
from agent.conversation import ask, build_conversation, open_memory
from agent.models.offline import OfflineChatModel
from agent.models.vocabulary import Vocabulary
words = Vocabulary(segments={"region": ("APAC", "EMEA")})
model = OfflineChatModel.create(vocabulary=lambda: words, cache=Path(sys.argv[4]))
with open_memory(Path(sys.argv[1])) as memory:
    conversation = build_conversation(model, build_tools(), checkpointer=memory)
    print(json.dumps(ask(conversation, sys.argv[2], thread_id=sys.argv[3]).as_dict()))
"""


def child(cache: Path, path: Path, question: str, thread: str) -> dict[str, object]:
    environment = {
        **os.environ,
        "LANGGRAPH_STRICT_MSGPACK": "true",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)]),
    }
    command = [sys.executable, "-W", "error::DeprecationWarning:agent", "-c", CHILD]
    done = subprocess.run(
        [*command, str(path), question, thread, str(cache)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "unregistered" not in done.stderr
    return dict(json.loads(done.stdout))


def test_a_thread_goes_on_in_another_process_and_threads_stay_apart(
    tmp_path: Path, router_cache: Path, conversation: Conversation
) -> None:
    ask(conversation, "hello")  # leaves the router's vectors where the children find them
    path = tmp_path / "memory" / "threads.db"
    first = child(router_cache, path, "Where do we lose MQLs in EMEA?", "dana")
    assert "leak_3f2a91" in str(first["answer"])
    second = child(router_cache, path, "draft a play for that", "dana")
    assert second["tool_calls"][0]["args"] == {"finding_id": "leak_3f2a91"}  # type: ignore[index]
    assert second["plays"] == ["play_9c41d2"]
    other = child(router_cache, path, "draft it", "somebody else")
    assert other["plays"] == []


def test_events_come_in_order_and_end_with_the_answer(conversation: Conversation) -> None:
    question = "Why do we lose MQLs in EMEA and what should we do?"
    events = list(stream(conversation, question, user="dana@northpeak.example"))
    tools = [event for event in events if isinstance(event, ToolStarted | ToolFinished)]
    assert [(type(event).__name__, event.name) for event in tools] == [
        ("ToolStarted", "find_leaks"),
        ("ToolFinished", "find_leaks"),
        ("ToolStarted", "search_library"),
        ("ToolFinished", "search_library"),
    ]
    assert all(
        event.ok and event.seconds >= 0 for event in tools if isinstance(event, ToolFinished)
    )
    texts = [event for event in events if isinstance(event, Text)]
    assert len(texts) > 20
    assert events.index(texts[0]) > events.index(tools[-1])
    final = events[-1]
    assert isinstance(final, Final)
    assert "".join(event.text for event in texts) == final.answer.answer
    assert [item["name"] for item in final.answer.tool_calls] == ["find_leaks", "search_library"]


def test_the_answer_has_the_keys_that_others_read(conversation: Conversation) -> None:
    answer = ask(conversation, "Why do we lose MQLs in EMEA and what should we do?").as_dict()
    assert {"answer", "citations", "tool_calls", "plays", "evidence", "unsupported"} <= set(answer)
    quote = "Assign every new MQL to a named owner within one hour."
    assert answer["citations"] == [{"id": "slow-handoff#first-hour", "quote": quote}]
    assert {"kind": "finding", "ref": "leak_3f2a91", "version": 4} in answer["evidence"]
    assert json.loads(json.dumps(answer)) == answer


def test_an_error_of_ours_reaches_the_reader_as_its_sentence(conversation: Conversation) -> None:
    answer = ask(conversation, 'look up "Broken Record"')
    assert "That record can't be read; ask for another one." in answer.answer
    assert answer.unsupported == []


def test_any_other_error_is_named_without_its_details(
    offline: OfflineChatModel, tools: Sequence[BaseTool], caplog: pytest.LogCaptureFixture
) -> None:
    (funnel,) = [tool for tool in tools if tool.name == "funnel"]

    def broken(by: str | None = None, value: str | None = None) -> None:
        raise ZeroDivisionError(f"secret {by} {value}")

    funnel.func = broken  # type: ignore[attr-defined]
    answer = ask(build_conversation(offline, [funnel]), "show me the funnel")
    assert "The tool funnel failed" in answer.answer
    assert "secret" not in answer.answer
    assert "ZeroDivisionError" in caplog.text


def test_a_missing_tool_is_said(offline: OfflineChatModel, tools: Sequence[BaseTool]) -> None:
    some = [tool for tool in tools if tool.name != "score_leads"]
    answer = ask(build_conversation(offline, some), "which leads are most at risk?")
    assert '"score_leads" is not available' in answer.answer


def test_the_graph_runs_asynchronously_as_studio_runs_it(conversation: Conversation) -> None:
    question = {"messages": [HumanMessage("Where do we lose MQLs in EMEA?")]}
    state = asyncio.run(conversation.graph.ainvoke(question))
    assert "leak_3f2a91" in state["messages"][-1].content
    assert state["unsupported"] == []


def test_a_long_thread_stays_small(
    offline: OfflineChatModel, tools: Sequence[BaseTool], tmp_path: Path
) -> None:
    with open_memory(tmp_path / "threads.db") as memory:
        conversation = build_conversation(offline, tools, checkpointer=memory)
        for _ in range(TURNS_KEPT + 4):
            ask(conversation, "show me the funnel by region", thread_id="long")
        config = {"configurable": {"thread_id": "long"}}
        messages = conversation.graph.get_state(config).values["messages"]
    questions = [message for message in messages if message.type == "human"]
    whole = [m for m in messages if m.type == "tool" and m.artifact is not None]
    assert len(questions) <= TURNS_KEPT
    assert len(whole) <= 2
