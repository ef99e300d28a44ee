"""`make slack-load`: put a team on the Slack app and write the figures to docs/benchmarks.md."""

import argparse
import sys
import time
from pathlib import Path

from evals import document
from evals.company import deployment
from evals.slack_load.report import body, percentile
from evals.slack_load.run import Load, Result, Say, run
from knowledge.sources.sample.leaks import DEMO_SEED

_FULL = Load()


def main() -> int:
    """Run it; 1 where something was lost, doubled or broken."""
    parser = argparse.ArgumentParser(prog="python -m evals.slack_load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=_FULL.seconds)
    parser.add_argument("--rate", type=float, default=_FULL.rate, help="things done in a second")
    parser.add_argument("--users", type=int, default=_FULL.users)
    parser.add_argument("--outage", type=float, default=_FULL.outage, help="seconds without Slack")
    chosen = parser.parse_args()
    load = Load(
        seconds=chosen.seconds,
        rate=chosen.rate,
        users=chosen.users,
        outage=min(chosen.outage, chosen.seconds / 5),
    )
    started = time.monotonic()

    def say(line: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - started:4.0f} s] {line}\n")

    result = run(_home(say), load, say)
    text = body(result)
    if load == _FULL:
        path = document.write("slack", "Slack under load", "make slack-load", text)
        say(f"wrote {path.name}")
    else:
        # Only the whole run is what the page says.
        sys.stdout.write(f"{text}\n")
    return _judge(result, say)


def _home(say: Say) -> Path:
    say("making the sample company")
    weir = deployment()
    weir.ingest_sample(seed=DEMO_SEED)
    weir.sync_library()
    weir.warehouse.database.dispose()
    return weir.home


def _judge(result: Result, say: Say) -> int:
    for name, tally in result.tallies.items():
        say(f"{name}: {tally.done}, {tally.lost} lost, {tally.doubled} doubled, {tally.late} told")
    for note, many in result.trouble.items():
        say(f"{many} x {note}")
    for line in result.violations[:10]:
        say(f"limit broken: {line}")
    say(
        f"ack p99 {percentile(result.acks, 0.99):.3f} s, first words p95 "
        f"{percentile(result.quiet, 0.95):.3f} s ({percentile(result.loaded, 0.95):.3f} s loaded)"
    )
    wrong = sum(tally.lost + tally.doubled for tally in result.tallies.values())
    return int(bool(wrong or result.unacknowledged or result.violations or result.traces))


if __name__ == "__main__":
    sys.exit(main())
