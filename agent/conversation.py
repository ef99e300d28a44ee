"""The conversation: a question in, tools called in between, a checked answer out."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    ModelRetryMiddleware,
    ToolCallLimitMiddleware,
    ToolRetryMiddleware,
)
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.tools import BaseTool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph.state import CompiledStateGraph

import prompts
from agent import turns
from agent.answer import Answer, compose
from agent.middleware import (
    CallLimitMiddleware,
    FallbackMiddleware,
    GuardMiddleware,
    MemoryMiddleware,
    RedactMiddleware,
    ToolMiddleware,
)
from agent.models.offline import NAME as OFFLINE
from agent.models.offline import OfflineChatModel
from agent.redact import Redactor, Restorer

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.types import Durability

# A question that needs more than this is going in circles.
MODEL_CALLS = 8
TOOL_CALLS = 12
TURNS_KEPT = 20
_RETRIES = 2
_BUSY_SECONDS = 10.0
# Drafting twice would propose twice; every other tool only reads.
_ONCE = frozenset({"draft_play"})


@dataclass(frozen=True)
class ToolStarted:
    """A tool was called."""

    name: str
    args: dict[str, Any]
    id: str


@dataclass(frozen=True)
class ToolFinished:
    """A tool gave its result, or failed, after so many seconds."""

    name: str
    id: str
    seconds: float
    ok: bool


@dataclass(frozen=True)
class Text:
    """The next piece of the answer; a new message id starts the text anew."""

    text: str
    message_id: str


@dataclass(frozen=True)
class Final:
    """The whole answer, checked; it replaces the pieces where they differ."""

    answer: Answer


Event: TypeAlias = ToolStarted | ToolFinished | Text | Final


@dataclass(frozen=True)
class Conversation:
    """Hold a compiled graph and what its stream needs.

    Attributes:
        graph: The graph, as LangGraph Studio loads it.
        hosted: True where the model is not the offline one.
        redactor: What hides personal data from a hosted model.
    """

    graph: CompiledStateGraph[Any, Any, Any, Any]
    hosted: bool
    redactor: Redactor


def build_conversation(
    model: BaseChatModel,
    tools: Sequence[BaseTool],
    *,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    fallback: OfflineChatModel | None = None,
    extra: Sequence[AgentMiddleware[Any, Any, Any]] = (),
    retry_seconds: float = 0.5,
) -> Conversation:
    """Build the conversation around a model and its tools.

    Args:
        model: Any chat model that calls tools.
        tools: What it may call; all of them read, except ``draft_play``, which proposes.
        checkpointer: Remembers threads; without one each question stands alone (and LangGraph
            Studio brings its own).
        fallback: Answers when a hosted model fails; without one the error is raised.
        extra: Further middleware, inside the guard and outside the model.
        retry_seconds: Wait before a failed call of a hosted model is tried again; doubled then.
    """
    hosted = not isinstance(model, OfflineChatModel)
    redactor = Redactor()
    middleware: list[AgentMiddleware[Any, Any, Any]] = [
        MemoryMiddleware(TURNS_KEPT),
        CallLimitMiddleware(MODEL_CALLS),
        ToolCallLimitMiddleware(run_limit=TOOL_CALLS),
        GuardMiddleware(),
        ToolMiddleware(),
        *extra,
    ]
    readers = [tool for tool in tools if tool.name not in _ONCE]
    if readers:
        transient = (ConnectionError, TimeoutError)
        middleware.append(
            ToolRetryMiddleware(
                max_retries=1, tools=list(readers), retry_on=transient, on_failure="error"
            )
        )
    if hosted:
        if fallback is not None:
            middleware.append(FallbackMiddleware(fallback))
        middleware.append(
            ModelRetryMiddleware(
                max_retries=_RETRIES, on_failure="error", initial_delay=retry_seconds
            )
        )
        middleware.append(RedactMiddleware(redactor))
    graph = create_agent(
        model,
        list(tools),
        system_prompt=prompts.load("system").text,
        middleware=middleware,
        checkpointer=checkpointer,
        name="weir",
    )
    return Conversation(graph, hosted, redactor)


def ask(
    conversation: Conversation,
    question: str,
    *,
    thread_id: str = "once",
    user: str | None = None,
) -> Answer:
    """Ask a question and wait for the whole answer.

    Args:
        conversation: From ``build_conversation``.
        question: What a human wrote.
        thread_id: The thread it belongs to, where the conversation remembers.
        user: Who asks (e-mail); tools find it as ``configurable["user"]`` of their config.
    """
    for event in stream(conversation, question, thread_id=thread_id, user=user):
        if isinstance(event, Final):
            return event.answer
    raise AssertionError("a stream ends with its answer")


def stream(
    conversation: Conversation,
    question: str,
    *,
    thread_id: str = "once",
    user: str | None = None,
) -> Iterator[Event]:
    """Ask a question and follow what happens; the last event is the answer."""
    config: RunnableConfig = {"configurable": {"thread_id": thread_id, "user": user}}
    # One checkpoint a turn: a turn only reads (a play that it drafts lies in the ledger), so one
    # that is cut short is asked again rather than resumed.
    durability: Durability | None = "exit" if conversation.graph.checkpointer else None
    state: dict[str, Any] = {}
    speaker = _Speaker(conversation.redactor)
    # With several stream modes the parts are pairs, which the stubs can't tell from other forms.
    parts: Iterator[Any] = conversation.graph.stream(
        {"messages": [HumanMessage(question)]},
        config,
        stream_mode=["messages", "custom", "values"],
        durability=durability,
    )
    for mode, part in parts:
        if mode == "values":
            state = part
        elif mode == "custom":
            yield _tool_event(part)
        elif isinstance(part[0], AIMessageChunk):
            yield from speaker.say(part[0])
    yield from speaker.end()
    turn = turns.read(state["messages"])[-1]
    fell_back = conversation.hosted and OFFLINE in turn.models
    notes = [prompts.load("limits").sections["fallback"]] if fell_back else []
    answer = compose(turn, state.get("unsupported") or [], notes)
    if answer.answer.startswith(speaker.said) and len(answer.answer) > len(speaker.said):
        # What the guard added, and what a model that does not stream said.
        yield Text(answer.answer[len(speaker.said) :], speaker.message_id)
    yield Final(answer)


@contextmanager
def open_memory(path: Path) -> Iterator[SqliteSaver]:
    """Open the file that remembers threads; several processes may have it open."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, check_same_thread=False, timeout=_BUSY_SECONDS)
    try:
        saver = SqliteSaver(connection)
        saver.setup()
        yield saver
    finally:
        connection.close()


class _Speaker:
    """Follow the text of the message that is being written, with personal data put back."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._restorer = Restorer(redactor)
        self.message_id = ""
        self.said = ""

    def say(self, chunk: AIMessageChunk) -> Iterator[Text]:
        """Pass on the text of a chunk."""
        text = turns.text_of(chunk)
        if not text:
            return
        if (chunk.id or "") != self.message_id:
            yield from self.end()
            self.message_id, self.said = chunk.id or "", ""
            self._restorer = Restorer(self._redactor)
        yield from self._pass(self._restorer.feed(text))

    def end(self) -> Iterator[Text]:
        """Pass on what was held back."""
        yield from self._pass(self._restorer.close())

    def _pass(self, text: str) -> Iterator[Text]:
        if text:
            self.said += text
            yield Text(text, self.message_id)


def _tool_event(part: dict[str, Any]) -> ToolStarted | ToolFinished:
    if part["event"] == "tool_started":
        return ToolStarted(part["name"], part["args"], part["id"])
    return ToolFinished(part["name"], part["id"], part["seconds"], part["ok"])
