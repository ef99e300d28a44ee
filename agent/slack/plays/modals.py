"""Modals about a play: reject, snooze, hand over, why, and one that just says a sentence."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agent.plays.policy import Person
from agent.slack.blocks import (
    Block,
    context,
    divider,
    field,
    header,
    menu,
    modal,
    option,
    section,
    text_input,
)
from agent.slack.plays.stamp import undo_requests
from agent.slack.plays.words import (
    Called,
    Shown,
    effect_words,
    fitted,
    held_out,
    label,
    quoted,
    short,
    state_line,
    treated,
    when,
)
from agent.words import counted

REJECT = "play_reject_form"
SNOOZE = "play_snooze_form"
HAND_OVER = "play_hand_over_form"
WHY = "play_why_view"
SAID = "play_said"

REASON = "reason"
UNTIL = "until"
PERSON = "person"
VALUE = "value"

MORNING = 9
_MONDAY = 0
_LONGEST_REASON = 500
_SENTENCE = 2000
_MOST_HISTORY = 12
_MOST_LEFT_OUT = 10
_HISTORY_WORDS = {
    "drafted": "drafted it",
    "edited": "edited it",
    "approval": "approved it",
    "approved": "completed the approval",
    "rejected": "rejected it",
    "expired": "let it expire",
    "snoozed": "snoozed it",
    "handed_over": "handed it over",
    "requested_again": "requested it again",
}


def said(sentence: str, *, title: str = "Play") -> Block:
    """Say one sentence of ours or of the desk's."""
    return modal(title, [section(short(sentence, _SENTENCE))], callback_id=SAID)


def reject_view(shown: Shown, *, private: str) -> Block:
    """Ask why a play is rejected."""
    element = text_input(VALUE, multiline=True, most=_LONGEST_REASON)
    return modal(
        "Reject play",
        [
            section(f"*{short(shown['title'], 200)}*"),
            field("Why?", element, REASON, hint="Goes on the card and into the audit log."),
        ],
        callback_id=REJECT,
        submit="Reject",
        close="Cancel",
        private=private,
    )


def snooze_times(now: datetime, time_zone: str) -> dict[str, datetime]:
    """Give the times until which one may snooze, naive UTC like ``now``.

    Mornings are those of the person's own time zone.
    """
    here = now.replace(tzinfo=UTC).astimezone(ZoneInfo(time_zone))
    morning = here.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    tomorrow = morning + timedelta(days=1)
    monday = morning + timedelta(days=(_MONDAY - here.weekday()) % 7 or 7)
    local = {"tomorrow": tomorrow, "monday": monday}
    return {
        "hour": now + timedelta(hours=1),
        **{name: at.astimezone(UTC).replace(tzinfo=None) for name, at in local.items()},
    }


def snooze_view(shown: Shown, *, now: datetime, time_zone: str, private: str) -> Block:
    """Ask until when a person wants no reminder."""
    times = snooze_times(now, time_zone)
    zone = ZoneInfo(time_zone)
    words = {"hour": "1 hour", "tomorrow": "Tomorrow morning", "monday": "Monday morning"}
    options = [
        option(words[name], name, description=_local(at, zone)) for name, at in times.items()
    ]
    radio = {
        "type": "radio_buttons",
        "action_id": VALUE,
        "options": options,
        "initial_option": options[0],
    }
    gone = f"It expires {when(shown['expires_at'])}, snoozed or not."
    return modal(
        "Snooze play",
        [
            section(f"*{short(shown['title'], 200)}*"),
            field("Remind me again in", radio, UNTIL),
            context(gone),
        ],
        callback_id=SNOOZE,
        submit="Snooze",
        close="Cancel",
        private=private,
    )


def hand_over_view(shown: Shown, people: Sequence[Person], *, private: str) -> Block:
    """Ask who shall decide instead."""
    if not people:
        return said("Nobody else may approve this play.", title="Hand over")
    options = [
        option(label(person.name), person.email, description=person.email) for person in people
    ]
    reason = text_input(VALUE, multiline=True, most=_LONGEST_REASON)
    return modal(
        "Hand over",
        [
            section(f"*{short(shown['title'], 200)}*"),
            field("To", menu(VALUE, options), PERSON),
            field("Why?", reason, REASON, optional=True),
        ],
        callback_id=HAND_OVER,
        submit="Hand over",
        close="Cancel",
        private=private,
    )


def why_view(shown: Shown, *, called: Called) -> Block:
    """Show what a play rests on, as far as anybody may want to check it."""
    effect, experiment = shown["expected_effect"], shown["experiment"]
    blocks = [
        context(f"{state_line(shown)} · {short(shown['id'])}"),
        section(f"*{short(shown['title'], 200)}*\n{short(shown['why']['text'], 1000)}"),
        header("Evidence"),
        section(fitted(_evidence(shown) or ["No figure was noted."])),
    ]
    blocks += [
        header("Expected effect"),
        section(f"{effect_words(effect)}\n{short(effect['basis'], 1000)}"),
        header("Holdout"),
        section(_holdout(shown, experiment)),
    ]
    if shown["citations"]:
        quotes = [f"> “{quoted(c['quote'], 500)}”  _{short(c['id'])}_" for c in shown["citations"]]
        blocks += [header("Playbook"), section(fitted(quotes))]
    if shown["left_out"]:
        blocks += [header("Left out"), section(fitted(_left_out(shown)))]
    blocks += [
        header("History"),
        section(fitted(_history(shown, called))),
        divider(),
        context(_versions(shown)),
    ]
    return modal("Why this play", blocks, callback_id=WHY)


def _evidence(shown: Shown) -> list[str]:
    """Give figures as they are, and the records of each kind in one line after them."""
    names = {target["id"]: target["name"] for target in shown["targets"]}
    lines: dict[str, list[str]] = {}
    for item in shown["evidence"]:
        if item["kind"] == "finding":
            continue
        text, ref = f"•  {short(item['text'], 400)}", f"`{short(item['ref'])}`"
        named = f"{short(names[item['ref']])} {ref}" if item["ref"] in names else ref
        lines.setdefault(text, []).append(named)
    return [f"{text}  {', '.join(dict.fromkeys(refs))}" for text, refs in lines.items()]


def _holdout(shown: Shown, experiment: dict[str, Any]) -> str:
    held = len(held_out(shown))
    given = counted(len(treated(shown)), "lead")
    if not held:
        return f"{given} get the changes; none was held out, so the worth can't be measured."
    return (
        f"{given} get the changes and {held} get none. Each was drawn by lot with a chance of "
        f"{experiment['holdout_share']:.0%} to be held out; the difference between both groups is "
        f"what the play was worth. Experiment {short(experiment['id'])}."
    )


def _left_out(shown: Shown) -> list[str]:
    items = shown["left_out"]
    lines = [f"•  {short(i['name'])}: {short(i['reason'], 200)}" for i in items[:_MOST_LEFT_OUT]]
    left = len(items) - _MOST_LEFT_OUT
    return [*lines, f"… and {left:,} more"] if left > 0 else lines


def _history(shown: Shown, called: Called) -> list[str]:
    lines = []
    undone = undo_requests(shown)
    for entry in shown["audit"]:
        what = "had it undone" if entry in undone else _HISTORY_WORDS.get(entry["what"])
        if what is not None:
            lines.append(f"•  {short(called(entry['who']))} {what}, {when(entry['at'])}")
    return lines[-_MOST_HISTORY:] or ["Nothing yet."]


def _versions(shown: Shown) -> str:
    finding = shown["why"]["finding_id"]
    parts = [
        f"digest {shown['digest'][:12]}",
        f"warehouse version {shown['warehouse_version']}",
        f"policy {short(shown['policy_version'])}",
        f"tier {short(shown['tier'])}",
    ]
    if finding:
        parts.append(f"`weir lineage {short(finding)}` traces the figures back to files and lines")
    return " · ".join(parts)


def _local(at: datetime, zone: ZoneInfo) -> str:
    here = at.replace(tzinfo=UTC).astimezone(zone)
    return here.strftime("%A, %d %B, %H:%M")
