"""The report of a run, as Markdown."""

import math
from collections.abc import Sequence

from evals.document import table
from evals.slack_load.mix import SHARES
from evals.slack_load.process import Sample
from evals.slack_load.run import Result

_MINUTE = 60.0
_MEBIBYTE = 2**20
_MOST_METHODS = 20


def body(result: Result) -> str:
    """Write everything that a run gave."""
    return "\n\n".join(
        [
            _what(result),
            _answered(result),
            _times(result),
            _memory(result),
            _kept(result),
            _called(result),
        ]
    )


def percentile(values: Sequence[float], share: float) -> float:
    """Give the smallest value that a share of all does not exceed; NaN where there is none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def slope(samples: Sequence[Sample]) -> float:
    """Give the growth of memory in MiB a minute, by least squares."""
    if len(samples) < 2:  # noqa: PLR2004 - a line needs two points
        return math.nan
    times = [(sample.at - samples[0].at) / _MINUTE for sample in samples]
    sizes = [sample.mebibytes for sample in samples]
    middle, mean = sum(times) / len(times), sum(sizes) / len(sizes)
    spread = sum((time - middle) ** 2 for time in times)
    pairs = zip(times, sizes, strict=True)
    return sum((time - middle) * (size - mean) for time, size in pairs) / spread


def under_load(result: Result) -> list[Sample]:
    """Give the samples from the begin of the load until it was over."""
    return [s for s in result.samples if result.began <= s.at <= result.ended]


def _what(result: Result) -> str:
    load, counts = result.load, result.done.counts
    shares = ", ".join(f"{share:.1%} {kind}" for kind, share in SHARES.items())
    left = result.done.left_out.total()
    down = (
        f"For {load.outage:.0f} s in the middle Slack was down: people went on writing and Slack "
        f"delivered later ({', '.join(f'{delay:g}' for delay in load.retries)} s after each "
        "failed attempt, as Slack does), nobody could click. "
        if load.outage
        else ""
    )
    return (
        f"The real `weir slack` as a process of its own over Socket Mode, the sample company at "
        f"full size, the offline model, and a Slack on loopback on the same machine. {load.users} "
        f"people did {load.rate:g} things a second for {load.seconds:.0f} s: {shares}. {down}"
        f"{counts.total():,} things were done, {left} could not be (nothing to click on yet, or "
        f"Slack was down). A mention reaches the app as two events, a message of ours as another. "
        f"Everything is drawn with seed {load.seed}."
    )


def _answered(result: Result) -> str:
    rows: list[tuple[str, ...]] = [
        (name, f"{tally.done:,}", *map(str, (tally.lost, tally.doubled, tally.late, tally.broken)))
        for name, tally in result.tallies.items()
    ]
    header = ("what people did", "times", "lost", "doubled", "told", "broken off")
    repeated = result.done.counts["redelivery"]
    traces = ", ".join(result.traces) or "no file"
    return (
        f"### Answered once\n\n{table(header, rows)}\n\n"
        f"Beside these Slack delivered {repeated} things again, and {result.unacknowledged} events "
        f"were never acknowledged. {result.done.counts['chatter']:,} messages were for colleagues: "
        f"{result.rows_for_nobody} of them stand in the inbox, and their words in {traces}. "
        f"Documented limits broken: {len(result.violations)}. Told: got a sentence instead of "
        "a modal, which Slack takes for three seconds after a click. Broken off: Slack lost the "
        "connection at that moment and told the person itself that it did not work."
    )


def _times(result: Result) -> str:
    def row(name: str, values: Sequence[float]) -> tuple[str, ...]:
        shares = (0.5, 0.95, 0.99)
        figures = [f"{percentile(values, share):.3f}" for share in shares]
        return (name, f"{len(values):,}", *figures, f"{max(values, default=math.nan):.3f}")

    rows = [
        row("acknowledgement, under load", result.acks),
        row("first words, no load", result.quiet),
        row("first words, under load", result.loaded),
        row("home tab drawn, under load", result.homes),
    ]
    header = ("seconds", "count", "p50", "p95", "p99", "longest")
    drained = max(0.0, result.drained - result.ended)
    return (
        f"### How fast\n\n{table(header, rows)}\n\n"
        "First words: from the moment that the message is written to the first call that carries "
        "words of the answer; those written while Slack was down are left out. After the last "
        f"second it took {drained:.0f} s until nothing waited (3 s of calm included); at most "
        f"{max(result.backlogs, default=0)} things waited, looked at every 15 s."
    )


def _memory(result: Result) -> str:
    samples = under_load(result)
    rows: list[tuple[str, ...]] = []
    for minute in range(int(result.load.seconds // _MINUTE) + 1):
        at = result.began + minute * _MINUTE
        near = min(samples, key=lambda sample: abs(sample.at - at), default=None)
        if near is not None:
            rows.append(
                (
                    str(minute),
                    f"{near.mebibytes:.0f}",
                    str(near.files),
                    str(near.threads),
                    f"{near.seconds - samples[0].seconds:.0f}",
                )
            )
    second_half = samples[len(samples) // 2 :]
    header = ("minute", "MiB resident", "open files", "threads", "seconds of processor")
    return (
        f"### What the process takes\n\n{table(header, rows)}\n\n"
        f"Over the second half memory grew by {slope(second_half):.1f} MiB a minute."
    )


def _kept(result: Result) -> str:
    rows: list[tuple[str, ...]] = [
        (
            name,
            f"{result.before[name] / _MEBIBYTE:.1f}",
            f"{size / _MEBIBYTE:.1f}",
        )
        for name, size in result.after.items()
    ]
    items = sum(result.inbox.values())
    failed = sum(n for (_k, _n, state), n in result.inbox.items() if state == "failed")
    return (
        f"### What is stored\n\n{table(('file', 'MiB before', 'MiB after'), rows)}\n\n"
        f"The inbox holds {items:,} items; {failed} failed."
    )


def _called(result: Result) -> str:
    common = result.calls.most_common(_MOST_METHODS)
    rows: list[tuple[str, ...]] = [(f"`{method}`", f"{many:,}") for method, many in common]
    return (
        f"### Calls of Slack's Web API\n\n{table(('method', 'calls'), rows)}\n\n"
        f"Answered with 429: {result.limited}."
    )
