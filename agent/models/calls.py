"""Calls: the tool calls that answer what a message wants, one after the other."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.models.understanding import ARROW, Want, last_result
from agent.turns import Result, Turn
from tools.content.asked import after_in, whom_in

# What each driver is about, in words that playbooks use.
_TOPICS = {
    "misaligned_scoring": "lead scoring promotes people who do not buy",
    "data_gap": "missing or broken data and tracking",
    "governance_gap": "leads without an owner, consent or decision",
    "slow_handoff": "slow hand-over from marketing to sales",
    "repetitive_handoffs": "leads passed from owner to owner",
    "content_fatigue": "the same content, sent too often",
    "channel_fatigue": "one channel has gone deaf, too many messages",
    "stalled_engagement": "engagement stalled after a good start",
}
# Words for leads that may still be saved, and for a leak that has happened already.
_AT_RISK = re.compile(
    r"\b(?:at[ -]risk|risk(?:y|iest)|endangered|in danger|slip(?:s|ping)?|(?:rescu|sav)(?:e|ing)|"
    r"(?:go|goes|going|gone|went) (?:cold|quiet|dark|silent)|cold leads|win-?backs?|"
    r"w(?:in|on)[ -]?(?:\w+ ){0,3}back|about to (?:leak|churn|go|leave|be lost)|"
    r"likely to (?:leak|churn|be lost))\b",
    re.IGNORECASE,
)
_LEAK = re.compile(r"\bleaks?\b(?<!to leak)|\bleak_", re.IGNORECASE)
_UNEXPLAINED = "triage of a conversion drop with no known cause"


@dataclass(frozen=True)
class Call:
    """A tool and what to call it with."""

    tool: str
    args: dict[str, Any]


# A step sees the want, the thread before this turn and the results of this turn so far.
Step = Callable[[Want, Sequence[Turn], Sequence[Result]], Call | None]


def next_call(
    wants: Sequence[Want], earlier: Sequence[Turn], done: Sequence[Result]
) -> Call | None:
    """Give the call that comes after those which are done, or None when all is known."""
    known: list[Result] = []
    for want in wants:
        for step in _STEPS.get(want.intent, ()):
            call = step(want, earlier, tuple(known))
            if call is None:
                continue
            if len(known) == len(done):
                return call
            known.append(done[len(known)])
    return None


def fitted(call: Call, parameters: Mapping[str, Any]) -> Call:
    """Drop what a tool does not take, such as a period where it has no such parameter."""
    return Call(call.tool, {key: value for key, value in call.args.items() if key in parameters})


def worst_finding(done: Sequence[Result], earlier: Sequence[Turn]) -> dict[str, Any] | None:
    """Give the finding that "that" means: the worst of this turn, or of the latest before it."""
    leaks = next((item for item in reversed(done) if item.tool == "find_leaks" and item.ok), None)
    result = leaks or last_result(earlier, "find_leaks")
    findings = result.data.get("findings") if result else None
    return dict(findings[0]) if findings else None


def _funnel(want: Want, _earlier: Sequence[Turn], _done: Sequence[Result]) -> Call:
    named = want.arguments
    args: dict[str, Any] = {}
    if named.segment:
        args["by"] = named.segment.column
        if named.segment.value:
            args["value"] = named.segment.value
    elif named.owner:
        args |= {"by": "owner", "value": named.owner}
    if named.period:
        args["since"] = named.period.since.isoformat()
        args["until"] = named.period.last.isoformat()
    return Call("funnel", args)


def _leaks(want: Want, _earlier: Sequence[Turn], _done: Sequence[Result]) -> Call:
    args: dict[str, Any] = {}
    if want.arguments.transition:
        args["transition"] = ARROW.join(want.arguments.transition)
    return Call("find_leaks", args | _segment(want))


def _leaks_if_unknown(want: Want, earlier: Sequence[Turn], done: Sequence[Result]) -> Call | None:
    """Look for leaks first where advice is asked for and none is known yet."""
    known = any(item.tool == "find_leaks" for item in done) or last_result(earlier, "find_leaks")
    return None if known else _leaks(want, earlier, done)


def _scores(want: Want, _earlier: Sequence[Turn], _done: Sequence[Result]) -> Call:
    args: dict[str, Any] = _segment(want)
    if owner := want.arguments.owner or want.arguments.name:
        args["owner"] = owner
    elif want.arguments.mine:
        args["mine"] = True
    if want.arguments.limit:
        args["limit"] = want.arguments.limit
    return Call("score_leads", args)


def _lookup(want: Want, _earlier: Sequence[Turn], _done: Sequence[Result]) -> Call | None:
    if not want.arguments.name:
        return None
    args = {"name": want.arguments.name}
    if want.arguments.kind:
        args["kind"] = want.arguments.kind
    return Call("lookup_record", args)


def _library(want: Want, _earlier: Sequence[Turn], _done: Sequence[Result]) -> Call:
    words = want.text.lower()
    args = {"query": want.text}
    if "playbook" in words:
        args["kind"] = "playbook"
    elif any(word in words for word in ("whitepaper", "case study", "collateral", "article")):
        args["kind"] = "content"
    return Call("search_library", args)


def _advice(_want: Want, earlier: Sequence[Turn], done: Sequence[Result]) -> Call | None:
    """Search the playbooks for the driver of the leak that is meant."""
    finding = worst_finding(done, earlier)
    if finding is None:
        return None
    drivers = finding.get("drivers") or [{}]
    driver = str(drivers[0].get("driver") or "")
    topic = _TOPICS.get(driver, driver.replace("_", " ")) or _UNEXPLAINED
    query = f"What to do, day 0, sales manager: {topic}"
    return Call("search_library", {"query": query, "kind": "playbook"})


def _content(want: Want, _earlier: Sequence[Turn], _done: Sequence[Result]) -> Call | None:
    name = want.arguments.name
    if not name:
        return None
    args = {"name": whom_in(want.text, name)}
    if after := after_in(want.text):
        args["after"] = after
    return Call("next_best_content", args)


def _before_draft(want: Want, earlier: Sequence[Turn], done: Sequence[Result]) -> Call | None:
    """Find what a play is to be drafted for, unless it was named or is known: leads, or a leak."""
    if want.arguments.finding_id or _drafts_for_scores(want, earlier, done):
        return None
    if _means_leads(want, earlier):
        scored = any(item.tool == "score_leads" for item in done)
        return None if scored else _scores(want, earlier, done)
    if want.arguments.segment or want.arguments.transition:
        return _leaks(want, earlier, done)
    known = any(item.tool == "find_leaks" for item in done) or worst_finding(done, earlier)
    return None if known or (want.refers and not earlier) else _leaks(want, earlier, done)


def _draft(want: Want, earlier: Sequence[Turn], done: Sequence[Result]) -> Call | None:
    if want.arguments.finding_id:
        return Call("draft_play", {"finding_id": want.arguments.finding_id})
    scores = _drafts_for_scores(want, earlier, done)
    if scores:
        return Call("draft_play", {"journey_ids": scores})
    # No lead is at risk, or none can be scored: a play for a leak is not what was asked for.
    finding = None if _means_leads(want, earlier) else worst_finding(done, earlier)
    return Call("draft_play", {"finding_id": finding["id"]}) if finding else None


def _drafts_for_scores(
    want: Want, earlier: Sequence[Turn], done: Sequence[Result]
) -> list[str] | None:
    """Give the journeys of the last scores where the play is meant for those leads."""
    last = next(
        (item for item in reversed(done) if item.tool in ("score_leads", "find_leaks")), None
    )
    last = last or last_result(earlier, "score_leads", "find_leaks")
    words = want.text.lower()
    for_leads = _AT_RISK.search(words) or want.refers or "lead" in words
    for_leads = for_leads and not _LEAK.search(words)
    if last is None or last.tool != "score_leads" or not for_leads:
        return None
    return [str(item["entity"]) for item in last.data.get("scores", []) if item.get("entity")]


def _means_leads(want: Want, earlier: Sequence[Turn]) -> bool:
    """Say whether a play is asked for open leads at risk, not for a leak or what was shown."""
    if _LEAK.search(want.text) or (want.refers and last_result(earlier)):
        return False
    return bool(_AT_RISK.search(want.text) or want.arguments.owner)


def _segment(want: Want) -> dict[str, Any]:
    segment = want.arguments.segment
    return {"segment": f"{segment.column}={segment.value}"} if segment and segment.value else {}


_STEPS: dict[str, tuple[Step, ...]] = {
    "funnel": (_funnel,),
    "leaks": (_leaks,),
    "advice": (_leaks_if_unknown, _advice),
    "scores": (_scores,),
    "lookup": (_lookup,),
    "library": (_library,),
    "content": (_content,),
    "draft": (_before_draft, _draft),
}
