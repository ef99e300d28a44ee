"""Benchmarks of the agent: a search of the library, and a turn of the conversation."""

import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from langchain.agents import create_agent
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from agent.conversation import ask, build_conversation, open_memory
from evals.company import sample_company
from evals.questions import Questions
from evals.retrieval import sections_of
from evals.routing import remembered
from evals.timing import Paired, in_turns

SEARCHES, TURNS, WARM = 40, 20, 3
QUESTION = "Where do we lose the most leads?"


class ToolThenText(BaseChatModel):
    """Call one tool, then say a fixed text: what any agent must do at least."""

    tool: str

    @property
    def _llm_type(self) -> str:
        return "tool-then-text"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> "ToolThenText":
        """Take any tools."""
        del tools
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        if isinstance(messages[-1], ToolMessage):
            message = AIMessage("Done.")
        else:
            call = {"name": self.tool, "args": {}, "id": uuid.uuid4().hex}
            message = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=message)])


def compare(say: Callable[[str], None]) -> Iterator[Paired]:
    """Compare on the sample company and the packaged library."""
    say("search")
    weir = sample_company()
    weir.sync_library()
    yield _search()
    say("turns of the conversation")
    yield _turn()


def _search() -> Paired:
    # Chroma alone, on the same vectors and in memory, as a first try would have it.
    import chromadb  # noqa: PLC0415 - heavy, and needed for this comparison alone
    from chromadb.config import Settings  # noqa: PLC0415 - as above

    weir = sample_company()
    questions = [row["question"] for row in Questions("retrieval").rows[:SEARCHES]]
    vectors = {question: weir.embedder.embed([question])[0] for question in questions}
    chunks = [chunk for document in weir.library.documents() for chunk in sections_of(document)]
    with tempfile.TemporaryDirectory(prefix="weir-bench-", ignore_cleanup_errors=True) as folder:
        client = chromadb.PersistentClient(folder, Settings(anonymized_telemetry=False))
        bare = client.create_collection("bare", embedding_function=None)
        texts = [chunk.indexed for chunk in chunks]
        found: Any = weir.embedder.embed(texts)
        bare.add(ids=[chunk.id for chunk in chunks], embeddings=found, documents=texts)

        def ours() -> None:
            for question in questions:
                weir.library.search(question)

        def theirs() -> None:
            for question in questions:
                query: Any = np.asarray([vectors[question]])
                bare.query(query_embeddings=query, n_results=5)

        in_turns(ours, theirs, repeats=1)
        times = in_turns(ours, theirs, repeats=5)
    return Paired(
        f"{SEARCHES} searches of the library (dense, BM25, fusion, access, expiry, quotes)",
        "the same queries to a bare Chroma collection of the same sections",
        *times,
        note="Embedding the question is outside of both: it is the same for either.",
    )


def _turn() -> Paired:
    weir = sample_company()
    tools = [remembered(tool) for tool in weir.tools()]
    with (
        tempfile.TemporaryDirectory(prefix="weir-bench-") as folder,
        open_memory(Path(folder) / "ours.db") as memory,
        open_memory(Path(folder) / "bare.db") as other,
    ):
        conversation = build_conversation(weir.chat_model(), tools, checkpointer=memory)
        bare = create_agent(ToolThenText(tool="find_leaks"), tools, checkpointer=other)

        def ours() -> None:
            ask(conversation, QUESTION, thread_id=uuid.uuid4().hex)

        def theirs() -> None:
            thread = {"configurable": {"thread_id": uuid.uuid4().hex}}
            bare.invoke({"messages": [HumanMessage(QUESTION)]}, thread)  # type: ignore[call-overload]

        in_turns(ours, theirs, repeats=WARM)
        times = in_turns(ours, theirs, repeats=TURNS)
    return Paired(
        "a turn with the offline model: understand, call a tool, write, check every number",
        "a bare LangGraph agent that calls the same tool and says a fixed word",
        *times,
        note="The tool's result is kept in memory for both, so its own time counts in neither; "
        "both remember the thread in SQLite.",
    )
