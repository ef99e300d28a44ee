"""Pool: threads that do work in the order it came, and can be left behind at the end."""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

Work = Callable[[], None]


class Pool:
    """Run work on a few daemon threads.

    Those of ``concurrent.futures`` would be waited for when the interpreter ends, however long
    an answer still takes; here the leases let another process take over.
    """

    def __init__(self, name: str, threads: int) -> None:
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"slack-{name}-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def submit(self, work: Work) -> None:
        """Have something done; it must not raise."""
        self._queue.put(work)

    def stop(self, until: float) -> None:
        """Drop what has not begun, and wait for what has, until a time of the monotonic clock."""
        while not self._queue.empty():
            self._queue.get()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            work()
