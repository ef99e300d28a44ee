"""Understanding: what a message wants, alone or as a follow-up to its thread."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.models.arguments import MASK, Arguments, Segment, extract, mask, name_after_trigger
from agent.models.routing import UNKNOWN, Router
from agent.models.vocabulary import Vocabulary
from agent.turns import Result, Turn

# How a transition is written in an argument: mql->accepted.
ARROW = "->"
# Which intent a tool call came from, to take it up again in a follow-up.
INTENT_OF = {
    "funnel": "funnel",
    "find_leaks": "leaks",
    "score_leads": "scores",
    "lookup_record": "lookup",
    "search_library": "library",
    "next_best_content": "content",
    "draft_play": "draft",
}
_SPLIT = re.compile(
    r"[;?!]\s+|,?\s+and\s+(?:then\s+|also\s+)?(?=(?:what|how|who|whom|which|where|why|when|draft|"
    r"prepare|propose|create|write|show|list|find|search|tell|look|recommend|suggest|send|email|"
    r"approve|run|execute|delete|give|pick|make|sketch|devise|come up)\b)|,\s*then\s+",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"^(?:but |and |so )?(?:why|how come|what.s the reason)(?:\s+\w+){0,4}\s*\??$", re.IGNORECASE
)
_OBJECT = re.compile(
    r"\b(?:leads?|deals?|prospects?|customers?|conversions?|pipeline|funnel|revenue)\b",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    r"^(?:and|or|what about|how about|same (?:for|again)|now|only|just|for|in|by|compare[ds]?|"
    r"but|vs|versus)\b",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\bwhat\s+(?:(?:should|can|could|do|would|must|shall)\s+(?:we|i|they)\s+do|"
    r"(?:do|would|can)\s+you\s+(?:recommend|suggest|advise))\b(?:\s+(?:about|against|with|for)?\s*(?:it|that|this|them|"
    r"those|here|now|next))?\s*\??$"
    r"|\bhow\s+(?:should|can|could|do|would)\s+(?:we|i|you)\s+(?:fix|stop|solve|address|handle|"
    r"prevent|tackle)\s+(?:it|that|this|them|those|the leak|this leak|that leak)\b"
    r"|^(?:any |your )?(?:advice|recommendations?|suggestions?)\s*\??$",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:he|she|him|her|his|hers|they|them|their|it|its|that one|this one)\b", re.IGNORECASE
)
_REFERS = re.compile(
    r"\b(?:it|this|these|those|them)\b"
    r"|\b(?:for|against|about|into|of|on|draft|fix)\s+that\b|\bthat\s*[.?!]*$",
    re.IGNORECASE,
)
_FOLLOW_UP_WORDS = 9
_NAMED = frozenset({"lookup", "content"})


@dataclass(frozen=True)
class Want:
    """One thing that a message wants.

    Attributes:
        intent: An intent of the router, ``advice`` (what to do about a leak), or ``no_thread``
            (a follow-up with nothing to follow).
        text: The words that want it.
        arguments: What they name.
        refers: True where they point back at what was said before.
    """

    intent: str
    text: str
    arguments: Arguments
    refers: bool = False


def understand(
    question: str, earlier: Sequence[Turn], vocabulary: Vocabulary, router: Router
) -> list[Want]:
    """Say what a message wants, each thing once, in the order of asking."""
    wants: list[Want] = []
    for clause in _clauses(question):
        want = _clause(clause, earlier, vocabulary, router, wants)
        if want.intent not in [other.intent for other in wants]:
            wants.append(want)
    meant = [
        want for want in wants if want.intent not in (UNKNOWN, "irrelevant", "hello", "thanks")
    ]
    return meant or wants[:1]


def last_result(earlier: Sequence[Turn], *tools: str) -> Result | None:
    """Find the latest good result of a tool, or of any where none is named."""
    for turn in reversed(earlier):
        for result in reversed(turn.results):
            if result.ok and (not tools or result.tool in tools):
                return result
    return None


def _clauses(question: str) -> list[str]:
    parts = [part.strip(" ,.?!") for part in _SPLIT.split(question.strip())]
    return [part for part in parts if part] or [question]


def _clause(
    text: str,
    earlier: Sequence[Turn],
    vocabulary: Vocabulary,
    router: Router,
    before: Sequence[Want],
) -> Want:
    found = extract(text, vocabulary)
    if _ADVICE.search(text):
        return Want("advice", text, found, refers=True)
    last = last_result(earlier)
    if _WHY.match(text) and not (found.segment or found.stages or found.name or _whole(text)):
        return _why(text, earlier)
    named = any((found.segment, found.stages, found.name, found.finding_id, found.period))
    short = len(text.split()) <= _FOLLOW_UP_WORDS
    if not before and last and short and _CONTINUES.match(text) and named:
        return _continued(text, found, earlier, vocabulary)
    about = None if found.name else _named_before(text, before)
    # "and what should I send her" asks what it would with her name.
    asked = _PRONOUN.sub(MASK, text) if about else mask(text, vocabulary)
    route = router.route(asked, named=named or about is not None)
    intent = route.intent
    if intent == UNKNOWN and last and named and short and len(text.split()) <= 3:  # noqa: PLR2004
        # "EMEA?" alone asks the last question again, for EMEA.
        return _continued(text, found, earlier, vocabulary)
    if intent in _NAMED and not found.name:
        found = replace(found, name=about or name_after_trigger(text) or _meant(text, earlier))
    refers = bool(_REFERS.search(text)) and not found.name and not found.finding_id
    return Want(intent, text, found, refers=refers)


def _whole(text: str) -> bool:
    """Say whether a "why" needs no thread, as in "why do we lose leads"."""
    return bool(_OBJECT.search(text)) and not (_REFERS.search(text) or _PRONOUN.search(text))


def _why(text: str, earlier: Sequence[Turn]) -> Want:
    """Ask for the reasons of what was said last: of leaks, or of the scores."""
    last = last_result(earlier, "find_leaks", "funnel", "score_leads", "lookup_record")
    if last is None:
        return Want("no_thread", text, Arguments())
    arguments = _arguments_of(last)
    if last.tool == "score_leads":
        return Want("scores", text, arguments, refers=True)
    if last.tool == "lookup_record":
        return Want("lookup", text, arguments, refers=True)
    return Want("leaks", text, arguments, refers=True)


def _continued(text: str, found: Arguments, thread: Sequence[Turn], vocabulary: Vocabulary) -> Want:
    """Ask the last question again with what the follow-up changes."""
    last = next(
        result for turn in reversed(thread) for result in reversed(turn.results) if result.ok
    )
    intent = INTENT_OF.get(last.tool, UNKNOWN)
    earlier = _arguments_of(last)
    name = found.name if intent in (*_NAMED, "scores") else None
    if found.name and intent not in (*_NAMED, "scores"):
        # "and Acme?" after a question about the funnel asks who that is.
        return Want("lookup", text, found)
    stages = found.stages or _stages_before(last, thread, vocabulary)
    transition = found.transition
    if not found.stages and len(stages) > 1:
        transition = (stages[0], stages[1])
    merged = Arguments(
        segment=found.segment or earlier.segment,
        stages=stages,
        transition=transition,
        name=name or earlier.name,
        kind=found.kind,
        limit=found.limit or earlier.limit,
        period=found.period,
        mine=(found.mine or earlier.mine) and not found.name,
    )
    return Want(intent, text, merged, refers=True)


def _arguments_of(result: Result) -> Arguments:
    """Read the arguments of an earlier tool call back into what was named."""
    args = result.args
    segment = None
    if args.get("by"):
        segment = Segment(str(args["by"]), args.get("value"))
    elif args.get("segment"):
        column, _, value = str(args["segment"]).partition("=")
        segment = Segment(column, value or None)
    first, arrow, second = str(args.get("transition") or "").partition(ARROW)
    pair = (first, second) if arrow else None
    name = args.get("name") or args.get("owner")
    return Arguments(
        segment=segment,
        stages=pair or (),
        transition=pair,
        name=name,
        limit=args.get("limit"),
        mine=bool(args.get("mine")),
    )


def _stages_before(last: Result, thread: Sequence[Turn], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Find the stages that the run of questions to one tool is about; calls don't hold them."""
    for turn in reversed(thread):
        if not turn.results or turn.results[-1].tool != last.tool:
            break
        if stages := extract(turn.question, vocabulary).stages:
            return stages
    return ()


def _named_before(text: str, before: Sequence[Want]) -> str | None:
    """Resolve a pronoun to the record that an earlier clause of the same message names."""
    names = [want.arguments.name for want in before if want.intent in _NAMED]
    return names[-1] if names and _PRONOUN.search(text) else None


def _meant(text: str, earlier: Sequence[Turn]) -> str | None:
    """Resolve "her" or "it" to the record that was looked up last."""
    last = last_result(earlier, "lookup_record", "next_best_content")
    if last is None or not _PRONOUN.search(text):
        return None
    return last.data.get("id") or last.args.get("name")
