"""Each play's own LangGraph thread: submit, wait for approval, execute, verify, record.

The ledger decides, the thread follows: a node does nothing that the ledger does not ask for, so
running one again after a crash is harmless.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypedDict

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, interrupt

from agent.plays.execute import Executor
from agent.plays.ledger import PlayLedger, StoredPlay
from agent.plays.play import PlayState

BUSY_TIMEOUT_SECONDS = 15


class ThreadState(TypedDict, total=False):
    """Hold what a thread remembers, as plain JSON."""

    play_id: str
    decision: dict[str, str]
    actions: dict[str, str]
    outcome: str


PlayGraph = CompiledStateGraph[ThreadState, None, ThreadState, ThreadState]


def build_graph(executor: Executor | None, saver: SqliteSaver | None) -> PlayGraph:
    """Compile the graph of a play.

    Args:
        executor: Runs the writes; without one the graph can only wait and be closed.
        saver: Where checkpoints go.
    """

    def submit(state: ThreadState) -> ThreadState:
        return {"play_id": state["play_id"]}

    def await_approval(state: ThreadState) -> ThreadState:
        return {"decision": interrupt({"play_id": state["play_id"]})}

    def execute(state: ThreadState) -> ThreadState:  # noqa: ARG001 -- the ledger knows all
        runner = _need(executor)
        runner.begin()
        return {"actions": runner.run("do")}

    def verify(state: ThreadState) -> ThreadState:  # noqa: ARG001 -- as above
        return {"actions": _need(executor).verify("do")}

    def record(state: ThreadState) -> ThreadState:
        if state["decision"]["state"] != PlayState.APPROVED:
            return {"outcome": state["decision"]["state"]}
        return {"outcome": _need(executor).record("do")}

    def route(state: ThreadState) -> str:
        return "execute" if state["decision"]["state"] == PlayState.APPROVED else "record"

    graph: StateGraph[ThreadState, None, ThreadState, ThreadState] = StateGraph(ThreadState)
    graph.add_node("submit", submit)
    graph.add_node("await_approval", await_approval)
    graph.add_node("execute", execute)
    graph.add_node("verify", verify)
    graph.add_node("record", record)
    graph.add_edge(START, "submit")
    graph.add_edge("submit", "await_approval")
    graph.add_conditional_edges("await_approval", route, ["execute", "record"])
    graph.add_edge("execute", "verify")
    graph.add_edge("verify", "record")
    graph.add_edge("record", END)
    return graph.compile(checkpointer=saver)


def start_thread(checkpoints: Path, ledger: PlayLedger, play_id: str) -> None:
    """Begin a play's thread, which then waits for approval."""
    with _opened(checkpoints, None) as graph:
        _ensure_started(graph, play_id)
    with ledger.begin() as tx:
        ledger.set_thread(tx, play_id, "waiting")


def advance_thread(checkpoints: Path, stored: StoredPlay, executor: Executor) -> None:
    """Carry an approved play's thread on from wherever a crash or a hold left it.

    Raises:
        PlayHeldError: The thread stays where it is until the next pass.
        LeaseLostError: Another worker has taken over.
    """
    with _opened(checkpoints, executor) as graph:
        _resume(graph, stored, PlayState.APPROVED)
    with executor.ledger.begin() as tx:
        executor.ledger.set_thread(tx, stored.play.id, "closed")


def close_thread(checkpoints: Path, ledger: PlayLedger, stored: StoredPlay) -> None:
    """End the thread of a play that was rejected or expired."""
    with _opened(checkpoints, None) as graph:
        _ensure_started(graph, stored.play.id)
        # Where an approval ran out before the run could begin, the thread is past its interrupt.
        if graph.get_state(_config(stored.play.id)).next == ("await_approval",):
            _resume(graph, stored, stored.state)
    with ledger.begin() as tx:
        ledger.set_thread(tx, stored.play.id, "closed")


def _resume(graph: PlayGraph, stored: StoredPlay, decision: PlayState) -> None:
    play_id = stored.play.id
    _ensure_started(graph, play_id)
    config = _config(play_id)
    if graph.get_state(config).next == ("await_approval",):
        answer = {"state": decision.value, "digest": stored.digest}
        graph.invoke(Command(resume=answer), config, durability="sync")
    else:
        graph.invoke(None, config, durability="sync")


def _ensure_started(graph: PlayGraph, play_id: str) -> None:
    snapshot = graph.get_state(_config(play_id))
    if not snapshot.values:
        graph.invoke({"play_id": play_id}, _config(play_id), durability="sync")
    elif snapshot.next == ("submit",):
        graph.invoke(None, _config(play_id), durability="sync")


def _config(play_id: str) -> Any:
    return {"configurable": {"thread_id": play_id}}


def _need(executor: Executor | None) -> Executor:
    if executor is None:
        raise RuntimeError("this graph was built to wait, not to execute")
    return executor


@contextmanager
def _opened(checkpoints: Path, executor: Executor | None) -> Iterator[PlayGraph]:
    checkpoints.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(checkpoints, check_same_thread=False, timeout=BUSY_TIMEOUT_SECONDS)
    with closing(connection):
        yield build_graph(executor, SqliteSaver(connection))
