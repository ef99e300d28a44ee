"""The app as a process of its own, and what it takes of the machine."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from evals.slack_load.company import PLAYS
from evals.slack_server.parts import APP_TOKEN, BOT_TOKEN
from evals.slack_server.server import SlackServer

WEIR = Path(sys.executable).with_name("weir")
_START_SECONDS = 120.0
_END_SECONDS = 30.0
_EVERY_SECONDS = 2.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """Hold what the process took at a moment.

    Attributes:
        at: Seconds of the monotonic clock.
        mebibytes: Resident memory.
        files: Open file handles.
        threads: Threads.
        seconds: Processor time since its start.
    """

    at: float
    mebibytes: float
    files: int
    threads: int
    seconds: float


class App:
    """Run `weir slack` against a server, as a context manager.

    Attributes:
        samples: What it took, every two seconds.
    """

    def __init__(self, server: SlackServer, home: Path) -> None:
        self._server = server
        self._log = home / "slack.log"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("WEIR", "SLACK"))}
        self._environment = kept | {
            "WEIR_HOME": str(home),
            "SLACK_API_URL": server.url,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_CHANNEL": PLAYS,
            "NO_COLOR": "1",
        }
        self._home = home
        self.samples: list[Sample] = []
        self._stopping = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [str(WEIR), "slack"],
                env=self._environment,
                cwd=self._home,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._server.wait(
            lambda: self._server.connections or self._process.poll() is not None,
            _START_SECONDS,
            "the connection of weir slack",
        )
        if self._process.poll() is not None:
            raise RuntimeError(f"weir slack ended: {self.log()}")
        self._sampler.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._sampler.join(_EVERY_SECONDS * 2)
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def log(self) -> str:
        """Read what it wrote."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _sample(self) -> None:
        while not self._stopping.wait(_EVERY_SECONDS):
            try:
                self.samples.append(sample(self._process.pid))
            except OSError:
                return


def sample(process: int) -> Sample:
    """Read from Linux what a process takes."""
    folder = Path("/proc") / str(process)
    status = dict(
        line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line
    )
    # After the name in parentheses, which may hold blanks: fields 14 and 15 of proc(5).
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return Sample(
        at=time.monotonic(),
        mebibytes=int(status["VmRSS"].split()[0]) / 1024,
        files=len(os.listdir(folder / "fd")),  # noqa: PTH208 - names are not needed
        threads=int(status["Threads"]),
        seconds=(int(fields[11]) + int(fields[12])) / _TICKS,
    )
