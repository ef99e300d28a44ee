"""Paired timings: ours and a named peer in turns, in one run, as a ratio."""

import multiprocessing
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

Work = Callable[[], object]


@dataclass(frozen=True)
class Paired:
    """Hold the timings of one comparison.

    Attributes:
        ours: What we did.
        peer: What the peer did.
        seconds: Seconds of each of our runs.
        peer_seconds: Seconds of the peer's run beside it.
        note: What a reader must know to judge the ratio.
        peak: Our highest memory, in MiB, where it was measured.
        peer_peak: The peer's.
    """

    ours: str
    peer: str
    seconds: tuple[float, ...]
    peer_seconds: tuple[float, ...]
    note: str = ""
    peak: float | None = None
    peer_peak: float | None = None

    @property
    def ratio(self) -> float:
        """Give our median time over the peer's."""
        return median(self.seconds) / median(self.peer_seconds)

    @property
    def spread(self) -> tuple[float, float]:
        """Give the smallest and the largest ratio of a pair."""
        ratios = [a / b for a, b in zip(self.seconds, self.peer_seconds, strict=True)]
        return min(ratios), max(ratios)


def in_turns(
    ours: Work, peer: Work, *, repeats: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Time two pieces of work in turns, who begins changing each time.

    Whatever else the machine does then slows both alike.
    """
    first: list[float] = []
    second: list[float] = []
    for number in range(repeats):
        order = [(ours, first), (peer, second)]
        for work, times in order if number % 2 == 0 else reversed(order):
            times.append(timed(work))
    return tuple(first), tuple(second)


def timed(work: Work) -> float:
    """Give the seconds that a piece of work takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def peak_of(work: Callable[..., object], *arguments: object) -> float:
    """Give the highest memory of a fresh process that does a piece of work, in MiB."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(_peak, work, *arguments).result()


def _peak(work: Callable[..., object], *arguments: object) -> float:
    work(*arguments)
    status = Path("/proc/self/status")
    if status.exists():
        # Linux hands the parent's own peak down to getrusage, across exec.
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
