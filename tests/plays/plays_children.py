"""What the play tests run in processes of their own.

Each is forked from a server that has the libraries loaded, so that a real process costs
milliseconds instead of seconds.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from unittest import mock

from langgraph.checkpoint.serde import _msgpack
from plays_harness import KillingCrm, SlowCrm, open_desk

from agent.plays import graph as _graph  # noqa: F401 -- loaded once, in the fork server
from agent.worker import run_worker
from tools.crm.embedded import EmbeddedCrm

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["pytest", "plays_children"])

PATIENCE = 30

_HERE = Path(__file__).resolve()
_PATHS = os.pathsep.join((str(_HERE.parent), str(_HERE.parents[2])))


@contextmanager
def running(
    target: Callable[..., None], *args: Any, count: int = 1
) -> Iterator[list[ForkServerProcess]]:
    """Start processes and wait for them at the end."""
    # The server finds our modules by the environment; it does not get this process' sys.path.
    # LangGraph reads its strict mode when it is imported, which is then.
    with mock.patch.dict(os.environ, PYTHONPATH=_PATHS, LANGGRAPH_STRICT_MSGPACK="true"):
        forkserver.ensure_running()
    processes = [SERVER.Process(target=target, args=args) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield processes
    finally:
        for process in processes:
            process.join(PATIENCE)
            alive = process.is_alive()
            if alive:
                process.kill()
                process.join()
            assert not alive, "a process hangs"


def approve_at_once(home: Path, click: tuple[str, str, str], start: Any, answers: Any) -> None:
    """Click when everybody is ready, and say what the answer was; a click is play, digest, who."""
    play_id, digest, by = click
    desk = open_desk(home, crm=EmbeddedCrm(home / "crm.db"))
    start.wait(PATIENCE)
    decision = desk.approve(play_id, by=by, digest=digest)
    report = desk.run(play_id) if decision.outcome == "approved" else None
    answers.put((decision.outcome.value, decision.sentence, report is not None))


def work_and_die(home: Path, instant: str, at_write: int) -> None:
    """Run what is due with a CRM that kills this process at an instant of a write."""
    crm = KillingCrm(home / "crm.db", instant=instant, at_write=at_write)
    run_worker(open_desk(home, crm=crm).runner(), once=True)


def work(home: Path) -> None:
    """Run what is due."""
    desk = open_desk(home, crm=EmbeddedCrm(home / "crm.db"))
    run_worker(desk.runner(), once=True)


def work_strictly(home: Path, answers: Any) -> None:
    """Run what is due, and say whether checkpoints were read in LangGraph's strict mode."""
    desk = open_desk(home, crm=EmbeddedCrm(home / "crm.db"))
    report = run_worker(desk.runner(), once=True)
    answers.put((_msgpack.STRICT_MSGPACK_ENABLED, report.states))


def work_slowly(home: Path, seconds: float) -> None:
    """Keep working with a CRM that takes its time, until a signal says stop."""
    desk = open_desk(home, crm=SlowCrm(home / "crm.db", seconds))
    run_worker(desk.runner(), poll_seconds=0.05)


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
