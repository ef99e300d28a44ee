"""Words about plays, for people who have ten seconds.

Everything that comes from data is made safe here, so that cards and modals are put together from
pieces that can be shown as they are.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC
from typing import Any

from agent.plays.stamps import parse, spoken
from agent.slack.blocks import SECTION_TEXT
from agent.slack.text import clip, data, plain
from agent.words import counted, day

Shown = dict[str, Any]
# Names a person by e-mail as their colleagues do.
Called = Callable[[str], str]

# A mark and the state in words; the mark is a colour because colours are seen before words.
STATES = {
    "pending": (":large_yellow_circle:", "Waiting for a decision"),
    "approved": (":large_blue_circle:", "Approved, about to run"),
    "running": (":large_blue_circle:", "Running"),
    "unknown": (":large_orange_circle:", "Waiting to hear from the CRM"),
    "verified": (":large_green_circle:", "Done and read back"),
    "failed": (":red_circle:", "Done in part"),
    "rejected": (":white_circle:", "Rejected"),
    "expired": (":white_circle:", "Expired undecided"),
    "undoing": (":large_blue_circle:", "Being undone"),
    "undone": (":large_purple_circle:", "Undone"),
    "partly_undone": (":large_orange_circle:", "Undone in part"),
}
NOTHING = "-"
_UNSEEN = (":white_circle:", "")
_NAME = 60
_VALUE = 80
_SUBJECT = 100
_SENTENCE = 300
_LINE = 700
# Where a sentence ends.
_END = re.compile(r"(?<=[.;])\s+(?=[A-Z\d(])|(?<=;)\s+")
_STRONG = re.compile(r"\*\*|__")
_WRITES = {
    "reroute_lead": ("new owner", "new owners"),
    "create_task": ("task", "tasks"),
    "update_field": ("field", "fields"),
    "send_content": ("e-mail", "e-mails"),
}


def short(value: object, most: int = _NAME) -> str:
    """Give data for ``mrkdwn``, shortened; a dash where there is nothing to see."""
    return data(clip(plain(value), most)) or NOTHING


def label(value: object, most: int = SECTION_TEXT) -> str:
    """Give data for ``plain_text``, shortened; a dash where there is nothing to see."""
    return clip(plain(value), most) or NOTHING


def when(stamp: str) -> str:
    """Give a time that Slack shows in the reader's own time zone."""
    seconds = int(parse(stamp).replace(tzinfo=UTC).timestamp())
    return f"<!date^{seconds}^{{date_short_pretty}} at {{time}}|{spoken(stamp)}>"


def sentences(value: object, most: int) -> str:
    """Give as many whole sentences of data as fit, for ``mrkdwn``; at least the first."""
    first, *others = _END.split(plain(value))
    for other in others:
        if len(first) + len(other) >= most:
            break
        first = f"{first} {other}"
    return short(first.rstrip(";"), most)


def quoted(value: object, most: int) -> str:
    """Give a quote of a document for ``mrkdwn``, without Markdown's marks."""
    return short(_STRONG.sub("", plain(value)), most)


def effect_words(effect: dict[str, Any]) -> str:
    """Say what is expected: the number, its interval where it has one, and of what."""
    unit, number = short(effect["unit"]), f"{effect['estimate']:,.1f}".removesuffix(".0")
    if effect["low"] == effect["high"]:
        return f"*{number} {unit}*"
    return f"*About {number} {unit}*, likely {effect['low']:,.1f} to {effect['high']:,.1f}"


def listed(names: Sequence[str], *, word: str = "or", most: int = 4) -> str:
    """Say names one after the other, the first few of them."""
    kept = [short(name) for name in names[:most]]
    if len(names) > most:
        kept.append(counted(len(names) - most, "other"))
    if len(kept) < 2:  # noqa: PLR2004 -- one name needs no word between
        return "".join(kept)
    return f"{', '.join(kept[:-1])} {word} {kept[-1]}"


def fitted(lines: Iterable[str], limit: int = SECTION_TEXT) -> str:
    """Put lines below one another, as many as fit whole; the last one counts the rest."""
    given = [clip(line, _LINE) for line in lines]
    whole = "\n".join(given)
    if len(whole) <= limit:
        return whole
    kept: list[str] = []
    room = limit - len("… and 1,000 more")
    for line in given:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join([*kept, f"… and {len(given) - len(kept):,} more"])


def state_line(shown: Shown) -> str:
    """Say where a play stands."""
    mark, words = STATES.get(shown["state"], _UNSEEN)
    return f"{mark} *{words or short(shown['state'])}*"


def state_words(state: str) -> str:
    """Say a state without its mark."""
    return STATES.get(state, _UNSEEN)[1] or plain(state)


def treated(shown: Shown) -> list[dict[str, Any]]:
    """List the targets that get the actions."""
    return [target for target in shown["targets"] if target["arm"] == "treatment"]


def held_out(shown: Shown) -> list[dict[str, Any]]:
    """List the targets that get none."""
    return [target for target in shown["targets"] if target["arm"] == "holdout"]


def by_target(shown: Shown) -> dict[str, list[dict[str, Any]]]:
    """Group the actions by their target's id, in the order in which they run."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for action in shown["actions"]:
        grouped.setdefault(action["target"]["id"], []).append(action)
    return grouped


def writes(shown: Shown) -> str:
    """Say what is written in all: ``36 new owners and 36 tasks``."""
    numbers: dict[str, int] = {}
    for action in shown["actions"]:
        numbers[action["kind"]] = numbers.get(action["kind"], 0) + 1
    parts = [
        counted(number, *_WRITES.get(kind, (f"{kind.replace('_', ' ')} action",)))
        for kind, number in numbers.items()
    ]
    return listed(parts, word="and", most=6)


def change(action: dict[str, Any]) -> str:
    """Say before -> after without the target's name, which stands beside it."""
    kind, name, summary = action["kind"], action["target"]["name"], str(action["summary"])
    start = f"Reroute {name} from "
    end = f" to {action['params'].get('to_name')}"
    if kind == "reroute_lead" and summary.startswith(start) and summary.endswith(end):
        before = summary[len(start) : -len(end)]
        return f"owner {short(before)} → *{short(action['params']['to_name'])}*"
    doer = doer_of(action)
    if doer is not None:
        return f"task for {short(doer)}: {task_words(action)}"
    if kind == "update_field" and action["before"].keys() == action["after"].keys():
        return " · ".join(
            f"{short(field)} {_value(action['before'][field])} → *{_value(value)}*"
            for field, value in action["after"].items()
        )
    if kind == "send_content":
        title, subject = action["params"].get("title"), action["after"].get("subject")
        return f"e-mail *{short(title, _SUBJECT)}*, subject: {short(subject, _SUBJECT)}"
    without = summary
    for named in (f" about {name}", f" for {name}", f" {name}"):
        without = without.replace(named, "", 1)
    return short(without, _SENTENCE)


def doer_of(action: dict[str, Any]) -> str | None:
    """Name who gets the task that an action makes; None where that is not said."""
    start, about = "Task for ", f" about {action['target']['name']}: "
    summary = str(action["summary"])
    if action["kind"] != "create_task" or not summary.startswith(start) or about not in summary:
        return None
    return summary[len(start) :].split(about, 1)[0]


def task_words(action: dict[str, Any]) -> str:
    """Say what a task is, and until when."""
    subject, due = action["after"].get("subject"), action["after"].get("due_on")
    return f"{short(subject, _SUBJECT)}, due {short(day(due))}"


def shared_task(shown: Shown) -> str | None:
    """Say the task that all leads of a play get alike; None where they get none or differ."""
    tasks = {task_words(a) for a in shown["actions"] if doer_of(a) is not None}
    several = sum(doer_of(a) is not None for a in shown["actions"]) > 1
    return next(iter(tasks)) if len(tasks) == 1 and several else None


def changes(actions: Sequence[dict[str, Any]], *, task: str | None = None) -> str:
    """Say in a line what changes for a lead.

    Args:
        actions: Its actions.
        task: A task that was said for all leads already; here only who gets it.
    """
    new_owners = [a["params"].get("to_name") for a in actions if a["kind"] == "reroute_lead"]
    parts = []
    for action in actions:
        doer = doer_of(action)
        if doer is None or task is None or task_words(action) != task:
            parts.append(change(action))
        elif doer not in new_owners:
            parts.append(f"task for *{short(doer)}*")
    return " · ".join(parts)


def _value(value: object) -> str:
    return "nothing" if value is None or value == "" else short(value, _VALUE)
