"""The count: what was answered once, never or twice, by what people see in Slack."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from agent.slack.answers.record import identity
from evals.slack_load.company import TEAM
from evals.slack_load.team import Asked, Done, Team
from evals.slack_server.state import RESPONSE_URL_USES, Call, Json

_READING = "Reading the newest data"


@dataclass(frozen=True)
class Tally:
    """Hold how often something was answered.

    Attributes:
        done: How many there were.
        lost: How many were never answered.
        doubled: How many answers there were too many.
        late: How many got a sentence instead of their modal, because Slack no longer took that.
        broken: How many Slack itself called failed, as its connection broke before the app could
            say that they arrived.
    """

    done: int
    lost: int
    doubled: int
    late: int = 0
    broken: int = 0


def count(team: Team, rows: dict[str, tuple[str | None, str]]) -> dict[str, Tally]:
    """Count the answers to everything that people did.

    Args:
        team: What was done.
        rows: Answers of the ledger, by id.
    """
    done, calls = team.done, team.server.calls()
    told = _told(calls)
    commands = _commands(team, done, told)
    return {
        "questions": _questions(team, rows),
        "clicks": _clicks(done, calls, told, team.server.unanswered),
        "commands": commands,
        "home tabs": _homes(done, calls),
    }


def first_words(
    asked: list[Asked], rows: dict[str, tuple[str | None, str]], calls: list[Call]
) -> list[float]:
    """Give the seconds from each question to the first words of its answer."""
    begun: dict[tuple[str, str], list[float]] = defaultdict(list)
    for call in calls:
        if call.ok and _has_words(call):
            place = (str(call.args.get("channel")), str(call.args.get("ts") or ""))
            if not call.args.get("ts"):
                place = (place[0], f"in {call.args.get('thread_ts')}")
            begun[place].append(call.at)
    waited = []
    for question in asked:
        ts, _state = rows.get(answer_id(question), (None, ""))
        if ts is None:
            continue
        # A message that began with words was written in the moment of its own ts.
        with_it = [
            at
            for at in begun[question.channel, f"in {question.thread_ts}"]
            if float(ts) <= at < float(ts) + 1
        ]
        first = min([*begun[question.channel, ts], *with_it], default=None)
        if first is not None:
            waited.append(first - float(question.ts))
    return waited


def until_drawn(done: Done, calls: list[Call]) -> list[float]:
    """Give the seconds from each opening of a home to the next time that it was drawn."""
    drawn = _drawn(calls)
    waited = []
    for user, opened in done.homes:
        later = [at - opened for at in drawn.get(user, []) if at >= opened]
        if later:
            waited.append(min(later))
    return waited


def answer_id(asked: Asked) -> str:
    """Give the id of the answer to a question."""
    return identity(f"event|{TEAM}|{asked.event_id}")


def _has_words(call: Call) -> bool:
    if call.method in {"chat.startStream", "chat.appendStream"}:
        return any(chunk.get("type") == "markdown_text" for chunk in call.args.get("chunks") or [])
    shown = call.args.get("blocks") or []
    return call.method in {"chat.update", "chat.postMessage"} and any(
        block.get("type") == "markdown" for block in shown
    )


def _questions(team: Team, rows: dict[str, tuple[str | None, str]]) -> Tally:
    asked = Counter((each.channel, each.thread_ts) for each in team.done.asked)
    lost = doubled = 0
    for (channel, thread_ts), many in asked.items():
        seen = sum(1 for _ in team.answers(channel, thread_ts))
        lost, doubled = lost + max(0, many - seen), doubled + max(0, seen - many)
    unfinished = sum(
        rows.get(answer_id(each), (None, "missing"))[1] != "done" for each in team.done.asked
    )
    return Tally(len(team.done.asked), max(lost, unfinished), doubled)


def _told(calls: list[Call]) -> Counter[tuple[str, str]]:
    """Count the sentences that only one person saw, by channel and person."""
    told: Counter[tuple[str, str]] = Counter()
    for call in calls:
        if call.ok and call.method == "chat.postEphemeral":
            told[str(call.args["channel"]), str(call.args["user"])] += 1
        elif call.ok and call.method == "chat.postMessage":
            # A click at home is answered in the direct message.
            told["", str(call.args.get("channel"))] += 1
    return told


def _clicks(
    done: Done, calls: list[Call], told: Counter[tuple[str, str]], unanswered: list[Json]
) -> Tally:
    opened = Counter(
        str(call.args.get("trigger_id"))
        for call in calls
        if call.ok and call.method == "views.open"
    )
    failed = {str(payload.get("trigger_id")) for payload in unanswered}
    lost = doubled = late = broken = 0
    for payload in done.clicks:
        views = opened[payload["trigger_id"]]
        doubled += max(0, views - 1)
        if views:
            continue
        place = (_channel(payload), payload["user"]["id"])
        if told[place]:
            told[place] -= 1
            late += not _is_told(payload)
        elif payload["trigger_id"] in failed:
            broken += 1
        else:
            lost += 1
    left = sum(many for (channel, _user), many in told.items() if channel)
    return Tally(len(done.clicks), lost, doubled + left, late, broken)


def _commands(team: Team, done: Done, told: Counter[tuple[str, str]]) -> Tally:
    failed = {str(payload.get("trigger_id")) for payload in team.server.unanswered}
    lost = doubled = broken = 0
    for payload in done.commands:
        address = team.server.state.response_urls[payload["response_url"].rpartition("/")[2]]
        answered = RESPONSE_URL_USES - address.left
        place = (payload["channel_id"], payload["user_id"])
        if not answered and told[place]:
            told[place] -= 1
            answered = 1
        doubled += max(0, answered - 1)
        if not answered and payload["trigger_id"] in failed:
            broken += 1
        elif not answered:
            lost += 1
    return Tally(len(done.commands), lost, doubled, broken=broken)


def _homes(done: Done, calls: list[Call]) -> Tally:
    opened = Counter(user for user, _at in done.homes)
    drawn = Counter({user: len(times) for user, times in _drawn(calls).items()})
    lost = sum(max(0, many - drawn[user]) for user, many in opened.items())
    doubled = sum(max(0, many - opened[user]) for user, many in drawn.items())
    return Tally(len(done.homes), lost, doubled)


def _drawn(calls: list[Call]) -> dict[str, list[float]]:
    """Give when the home of each person was drawn."""
    drawn: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        if (
            call.ok
            and call.method == "views.publish"
            and _READING not in str(call.args.get("view"))
        ):
            drawn[str(call.args["user_id"])].append(call.at)
    return drawn


def _is_told(payload: Json) -> bool:
    """Tell whether a sentence is the right answer to a click: to a good rating."""
    action: dict[str, Any] = payload["actions"][0]
    return bool(action["type"] == "feedback_buttons")


def _channel(payload: Json) -> str:
    return str((payload.get("channel") or {}).get("id", ""))
