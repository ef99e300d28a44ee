"""Receipts: what became of a play's writes, in numbers first and by target where it matters."""

from collections import Counter
from typing import Any

from agent.slack.blocks import Block, context, section
from agent.slack.plays.words import (
    Called,
    Shown,
    change,
    fitted,
    short,
    state_line,
    when,
)
from agent.words import counted

_RESULTS = {
    "waiting": ("", ""),
    "started": (":hourglass_flowing_sand:", "being written"),
    "unknown": (":grey_question:", "the CRM has not answered yet"),
    "done": (":heavy_check_mark:", "written"),
    "verified": (":white_check_mark:", "written and read back"),
    "unverified": (":warning:", "written, but it reads differently"),
    "stale": (":no_entry_sign:", "not written: it changed since the play was drafted"),
    "failed": (":x:", "not written"),
}
_UNDONE = {
    "waiting": (":leftwards_arrow_with_hook:", "to be taken back"),
    "started": (":leftwards_arrow_with_hook:", "being taken back"),
    "unknown": (":grey_question:", "the CRM has not answered whether it was taken back"),
    "done": (":leftwards_arrow_with_hook:", "taken back"),
    "verified": (":leftwards_arrow_with_hook:", "taken back"),
    "unverified": (":warning:", "taken back, but it reads differently"),
    "stale": (":no_entry_sign:", "left as it is"),
    "failed": (":x:", "not taken back"),
}
GOOD = frozenset({"waiting", "started", "done", "verified"})
_MOST_PROBLEMS = 10
_NOTE = 200
UNDOABLE = frozenset({"verified", "failed", "partly_undone"})
FINISHED = frozenset({"verified", "failed"})


def can_be_undone(shown: Shown) -> bool:
    """Tell whether something that the play wrote can still be taken back."""
    return shown["state"] in UNDOABLE and any(
        action["receipt"] and not _is_taken_back(action) for action in shown["actions"]
    )


def undo_count(shown: Shown) -> int:
    """Count the writes that an undo would take back."""
    return sum(bool(a["receipt"]) and not _is_taken_back(a) for a in shown["actions"])


def result(action: dict[str, Any]) -> str:
    """Say what became of one write; nothing where it has not begun."""
    undone = action["undone"]
    table, at = (_UNDONE, undone) if undone else (_RESULTS, action)
    mark, words = table.get(at["state"], ("", short(at["state"])))
    if not words:
        return ""
    note = f" ({short(at['note'], _NOTE)})" if at["note"] else ""
    return f"{mark} {words}{note}"


def mark(actions: list[dict[str, Any]]) -> str:
    """Give the one mark for a target: the worst of its writes."""
    marks = [result(action).split(" ", 1)[0] for action in actions]
    bad = [sign for sign, action in zip(marks, actions, strict=True) if is_problem(action)]
    return next(iter(bad), next((sign for sign in marks if sign), ""))


def is_problem(action: dict[str, Any]) -> bool:
    """Tell whether a write, or its undo, did not go as it should."""
    at = action["undone"] or action
    return at["state"] not in GOOD


def progress(shown: Shown) -> str:
    """Say how far a run has come."""
    states = Counter(action["state"] for action in shown["actions"])
    made = sum(number for state, number in states.items() if state not in {"waiting", "started"})
    total = counted(len(shown["actions"]), "write")
    if shown["state"] == "undoing":
        to_undo = [a["undone"] for a in shown["actions"] if a["undone"]]
        taken = sum(undone["state"] in {"done", "verified"} for undone in to_undo)
        return f"{taken} of {counted(len(to_undo), 'write')} taken back"
    return f"{made} of {total} made"


def summary(shown: Shown) -> str:
    """Say in one line what was written, and what was not."""
    if shown["state"] in {"undoing", "undone", "partly_undone"}:
        return _undo_summary(shown)
    states = Counter(action["state"] for action in shown["actions"])
    good = states.pop("verified", 0)
    total = counted(len(shown["actions"]), "write")
    if good == len(shown["actions"]):
        return f"All {total} made and read back from the CRM."
    rest = ", ".join(
        f"{number} {_RESULTS.get(state, ('', state))[1] or 'not begun'}"
        for state, number in states.most_common()
    )
    return f"{good} of {total} made and read back; {rest}."


def problems(shown: Shown) -> list[str]:
    """Say by target what did not go as it should."""
    return [
        f"*{short(action['target']['name'])}*: {change(action)}\n      {result(action)}"
        for action in shown["actions"]
        if is_problem(action)
    ]


def receipt_blocks(shown: Shown, *, called: Called) -> list[Block]:
    """Build the receipt that is told in the card's thread when a run, or an undo, has ended."""
    wrong = problems(shown)
    blocks = [section(f"{state_line(shown)}\n{summary(shown)}")]
    if wrong:
        left = len(wrong) - _MOST_PROBLEMS
        more = [f"… and {left} more; the card lists all targets."] if left > 0 else []
        blocks.append(section(fitted([*wrong[:_MOST_PROBLEMS], *more])))
    parts = [f"`weir plays show {short(shown['id'])}` lists every record"]
    if shown["decided_by"]:
        parts.insert(0, f"approved by {short(called(shown['decided_by']))}")
    if shown["finished_at"]:
        parts.append(when(shown["finished_at"]))
    blocks.append(context(" · ".join(parts)))
    return blocks


def _undo_summary(shown: Shown) -> str:
    undone = [action["undone"] for action in shown["actions"] if action["undone"]]
    taken = sum(at["state"] in {"done", "verified"} for at in undone)
    total = counted(len(undone), "write")
    if taken == len(undone):
        return f"All {total} taken back."
    return f"{taken} of {total} taken back; the rest was left as it is."


def _is_taken_back(action: dict[str, Any]) -> bool:
    undone = action["undone"]
    return bool(undone) and undone["state"] in {"done", "verified"}
