"""A run: the app is started, asked in peace, put under load for some minutes, and counted."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from evals.slack_load import company, ledger
from evals.slack_load.count import Tally, count, first_words, until_drawn
from evals.slack_load.mix import MARK, questions, timetable
from evals.slack_load.process import App, Sample
from evals.slack_load.team import Asked, Done, Team
from evals.slack_server.server import SlackServer

Say = Callable[[str], None]
_PATIENCE_SECONDS = 30.0
_DRAIN_SECONDS = 240.0
_CALM_SECONDS = 3.0
_WARM_UP = 5
_SAY_EVERY_SECONDS = 15.0


@dataclass(frozen=True)
class Load:
    """Say how much is done.

    Attributes:
        seconds: How long people act.
        rate: Things they do in a second, in all.
        users: How many people there are.
        outage: Seconds that Slack is down, from the middle on.
        quiet: Questions asked one after the other before, nothing else going on.
        retries: Seconds before each further delivery of an event; Slack's own.
        seed: Of the random numbers.
    """

    seconds: float = 300.0
    rate: float = 20.0
    users: int = 50
    outage: float = 60.0
    quiet: int = 40
    retries: tuple[float, ...] = (1.0, 60.0, 300.0)
    seed: int = 6


@dataclass
class Result:
    """Hold what a run gave; seconds and bytes throughout."""

    load: Load
    done: Done
    tallies: dict[str, Tally] = field(default_factory=dict)
    unacknowledged: int = 0
    violations: list[str] = field(default_factory=list)
    inbox: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    trouble: dict[str, int] = field(default_factory=dict)
    traces: list[str] = field(default_factory=list)
    acks: list[float] = field(default_factory=list)
    quiet: list[float] = field(default_factory=list)
    loaded: list[float] = field(default_factory=list)
    homes: list[float] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    began: float = 0.0
    ended: float = 0.0
    drained: float = 0.0
    backlogs: list[int] = field(default_factory=list)
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    limited: int = 0
    log: str = ""

    @property
    def rows_for_nobody(self) -> int:
        """Count the messages in the inbox beyond those that were for Weir."""
        kept = sum(n for (_k, name, _s), n in self.inbox.items() if name == "message")
        wanted = self.done.counts["direct"] + self.done.counts["follow-up"]
        return kept - wanted


def run(home: Path, load: Load, say: Say) -> Result:
    """Put the real app under load.

    Args:
        home: A deployment with the sample company loaded; it is written to.
        load: How much is done.
        say: Shows a line of progress.
    """
    say(f"preparing {load.users} people and plays that wait")
    people = company.prepare(home, load.users)
    with SlackServer(retry_delays=load.retries) as server:
        company.bring(server, people)
        team = Team(server, people)
        with App(server, home) as app:
            asked = _ask_in_peace(team, load.quiet, say)
            result = Result(load, team.done)
            result.before = ledger.sizes(home)
            result.quiet = first_words(asked, ledger.answers(home), server.calls())
            quiet_acks, quiet_calls = len(server.acks), len(server.calls())
            result.began = time.monotonic()
            _act(team, load, home, result, say)
            result.ended = time.monotonic()
            _drain(home, load, result, say)
            result.drained = time.monotonic()
            result.log = app.log()
            rows = ledger.answers(home)
            result.samples = list(app.samples)
        result.acks = server.acks[quiet_acks:]
        # A click is delivered once; where the connection breaks just then, Slack says so.
        result.unacknowledged = sum("event_id" in payload for payload in server.unanswered)
        result.violations = server.violations
        calls = server.calls()
        in_load = [each for each in team.done.asked[len(asked) :] if not each.in_outage]
        result.loaded = first_words(in_load, rows, calls)
        result.homes = until_drawn(team.done, calls)
        result.tallies = count(team, rows)
        result.calls = Counter(call.method for call in calls[quiet_calls:])
        result.limited = sum(call.error == "ratelimited" for call in calls)
        result.inbox, result.trouble = ledger.inbox(home), ledger.trouble(home)
        result.after, result.traces = ledger.sizes(home), ledger.holding(home, MARK)
    return result


def _ask_in_peace(team: Team, many: int, say: Say) -> list[Asked]:
    """Ask one question after the other; those of the warm-up are not given."""
    known = questions()
    asked = []
    step = max(1, len(known) // (many + _WARM_UP))
    chosen = (known[::step] * 2)[: many + _WARM_UP]
    people = list(team.people)
    for number, text in enumerate(chosen):
        person = people[number % len(people)]
        one = team.ask(person, company.CHANNELS[number % len(company.CHANNELS)], text)
        team.done.counts["mention"] += 1
        team.server.wait(partial(team.finished, one), _PATIENCE_SECONDS, f"the answer to {text}")
        asked.append(one)
        # The chart and the last words of the status are done.
        time.sleep(0.3)
    say(f"asked {len(asked)} questions in peace")
    return asked[_WARM_UP:]


def _act(team: Team, load: Load, home: Path, result: Result, say: Say) -> None:
    acts = timetable(team.people, seconds=load.seconds, rate=load.rate, seed=load.seed)
    begin, told, down = result.began, 0.0, load.outage == 0
    for act in acts:
        now = time.monotonic() - begin
        if act.at > now:
            time.sleep(act.at - now)
        if not down and act.at >= (load.seconds - load.outage) / 2:
            down = True
            say(f"{act.at:.0f} s: Slack is down for {load.outage:.0f} s")
            team.server.outage(load.outage)
        team.do(act)
        if act.at - told >= _SAY_EVERY_SECONDS:
            told = act.at
            result.backlogs.append(ledger.backlog(home))
            behind = max(0.0, time.monotonic() - begin - act.at)
            say(
                f"{act.at:.0f} s: {team.done.counts.total()} things done, "
                f"{result.backlogs[-1]} wait, {behind:.1f} s behind the timetable"
            )


def _drain(home: Path, load: Load, result: Result, say: Say) -> None:
    """Wait until nothing waits any more, and until Slack has delivered what it could not."""
    outage_end = result.began + (load.seconds + load.outage) / 2
    longest = sum(load.retries[:2]) + 10 if load.outage else 0.0
    calm = None
    while time.monotonic() < result.ended + _DRAIN_SECONDS:
        waiting = ledger.backlog(home)
        now = time.monotonic()
        if waiting or now < outage_end + longest:
            calm = None
        elif calm is None:
            calm = now
        elif now - calm >= _CALM_SECONDS:
            say(f"drained {now - result.ended - _CALM_SECONDS:.1f} s after the end")
            return
        time.sleep(0.2)
    say(f"still {ledger.backlog(home)} wait after {_DRAIN_SECONDS:.0f} s")
