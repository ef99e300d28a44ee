"""The worker: runs approved plays until it is told to stop."""

import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.plays.runner import PlayRunner, WorkReport

if TYPE_CHECKING:
    from types import FrameType

POLL_SECONDS = 2.0


def run_worker(
    runner: PlayRunner,
    *,
    once: bool = False,
    poll_seconds: float = POLL_SECONDS,
    on_pass: Callable[[WorkReport], None] | None = None,
) -> WorkReport:
    """Run plays as they are approved; SIGTERM or SIGINT finishes the current action and stops.

    Args:
        runner: What finds and runs plays.
        once: Make one pass and return.
        poll_seconds: Pause between passes.
        on_pass: Called with the report of every pass, for a surface to show.

    Returns:
        The report of the last pass.
    """
    stop = threading.Event()

    def on_signal(_signal: int, _frame: "FrameType | None") -> None:
        stop.set()

    previous = {s: signal.signal(s, on_signal) for s in (signal.SIGTERM, signal.SIGINT)}
    listening = replace(runner, should_stop=stop.is_set)
    try:
        while True:
            report = listening.work()
            if on_pass is not None:
                on_pass(report)
            if once or stop.is_set():
                return report
            stop.wait(poll_seconds)
            if stop.is_set():
                return report
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
