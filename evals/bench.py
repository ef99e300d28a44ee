"""`make bench`: time Weir beside named peers and write the figures to docs/benchmarks.md."""

import sys
from itertools import chain
from statistics import median

from evals import bench_agent, bench_data, document
from evals.timing import Paired

HEADER = (
    "what",
    "beside",
    "ratio",
    "pairs from ... to",
    "seconds",
    "peer's seconds",
    "peak memory",
)


def main() -> None:
    """Run every comparison."""
    compared = list(chain(bench_data.compare(_say), bench_agent.compare(_say)))
    rows = [row(item) for item in compared]
    notes = "\n".join(f"- {item.ours}: {item.note}" for item in compared)
    body = (
        "Ours and the peer ran in turns in one run; the ratio is of medians, so 2 means that Weir "
        "took twice as long. Machines differ, ratios less.\n\n"
        f"{document.table(HEADER, rows, words=2)}\n\n{notes}"
    )
    path = document.write("bench", "How fast", "make bench", body)
    _say(f"wrote {path.name}")


def row(item: Paired) -> tuple[str, ...]:
    """Write one comparison as cells."""
    low, high = item.spread
    peak = "-"
    if item.peak is not None and item.peer_peak is not None:
        peak = f"{item.peak:.0f} MiB (peer {item.peer_peak:.0f})"
    return (
        item.ours,
        item.peer,
        f"{item.ratio:.2f}",
        f"{low:.2f} ... {high:.2f}",
        f"{median(item.seconds):.3f}",
        f"{median(item.peer_seconds):.3f}",
        peak,
    )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    main()
