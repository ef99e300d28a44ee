"""The grader of tool calls: the right tools, and with the arguments that were asked for."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

Call = Mapping[str, Any]

# Arguments that decide what an answer is about; how a search is worded, for one, does not.
GRADED: dict[str, tuple[str, ...]] = {
    "funnel": ("by", "value", "since", "until"),
    "find_leaks": ("transition", "segment"),
    "score_leads": ("owner", "limit", "segment"),
    "lookup_record": ("name",),
    "next_best_content": ("name",),
}
# What may be called on the way to another tool.
ON_THE_WAY: dict[str, frozenset[str]] = {
    "draft_play": frozenset({"find_leaks", "score_leads", "search_library"}),
    "next_best_content": frozenset({"lookup_record"}),
}


def right_tools(expected: Sequence[Call], made: Sequence[Call]) -> bool:
    """Tell whether all expected tools were called, and no others but those on the way to them."""
    wanted = {call["tool"] for call in expected}
    used = {call["tool"] for call in made}
    allowed = wanted.union(*(ON_THE_WAY.get(tool, frozenset()) for tool in wanted))
    return wanted <= used <= allowed


def right_arguments(expected: Sequence[Call], made: Sequence[Call]) -> bool:
    """Tell whether each expected call was made with just the graded arguments expected."""
    return all(
        any(call["tool"] == wanted["tool"] and _agree(wanted, call) for call in made)
        for wanted in expected
    )


def _agree(wanted: Call, call: Call) -> bool:
    return all(
        _same(wanted["args"].get(name), call["args"].get(name))
        for name in GRADED.get(wanted["tool"], ())
    )


def _same(wanted: Any, given: Any) -> bool:
    """Compare values as a reader would; a list holds values of which any will do."""
    accepted: Collection[Any] = wanted if isinstance(wanted, list) else [wanted]
    return _plain(given) in {_plain(value) for value in accepted}


def _plain(value: Any) -> str | None:
    return None if value is None else str(value).strip().casefold()
