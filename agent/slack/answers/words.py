"""Words: what a tool does and was asked for, as people say it."""

from collections.abc import Mapping
from typing import Any

from agent.slack.blocks import FALLBACK_TEXT
from agent.slack.text import clip, plain

_DOING = {
    "funnel": "Reading the funnel",
    "find_leaks": "Looking for leaks",
    "score_leads": "Scoring open leads",
    "lookup_record": "Looking up a record",
    "search_library": "Searching the library",
    "next_best_content": "Choosing content",
    "draft_play": "Drafting a play",
}
_DONE = {
    "funnel": "Read the funnel",
    "find_leaks": "Looked for leaks",
    "score_leads": "Scored open leads",
    "lookup_record": "Looked up a record",
    "search_library": "Searched the library",
    "next_best_content": "Chose content",
    "draft_play": "Drafted a play",
}
LOADING = ("Reading the question …", "Looking at the figures …", "Checking every number …")
FAILED = "I could not answer that; it was not your question's fault. Please ask again."
NOTHING_YET = "Nothing was written yet."
_LONGEST_DETAIL = 250
_NOTICED = 0.1  # seconds


def doing(tool: str) -> str:
    """Say what a tool does while it runs."""
    return _DOING.get(tool) or f"Using {plain(tool.replace('_', ' '))}"


def done(tool: str) -> str:
    """Say what a tool has done."""
    return _DONE.get(tool) or f"Used {plain(tool.replace('_', ' '))}"


def arguments(args: Mapping[str, Any]) -> str:
    """Say what a tool was asked for; empty where it was asked for everything."""
    given = [
        f"{name.replace('_', ' ')}: {_value(value)}"
        for name, value in args.items()
        if value not in (None, "", [], {})
    ]
    return clip(plain("; ".join(given)), _LONGEST_DETAIL)


def seconds(value: object) -> str:
    """Write a duration; empty where it was not measured, or is too short to notice."""
    noticed = isinstance(value, (int, float)) and value >= _NOTICED
    return f"{value:.1f} s" if noticed else ""


def fallback(text: str) -> str:
    """Clip a text for a message's notification."""
    return clip(text, FALLBACK_TEXT)


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
