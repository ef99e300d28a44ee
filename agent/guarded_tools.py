"""Guarded tools: what a tool may be asked for, and what it may show, by who asks.

This stands between the model and every tool, so that neither a model nor a text that it read can
widen what somebody sees. ``configurable["user"]`` of the run says who asks; a run without one is
the operator's own, at the terminal. A tool that is not known here is refused to whoever does not
see everything.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from langchain.agents.middleware import AgentMiddleware, AgentState
from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.messages import ToolMessage
from langgraph.types import Command

from agent.access import (
    OPERATOR,
    AccessError,
    Book,
    Viewer,
    owns_nothing,
    refusal,
    viewer_of,
)
from agent.middleware import AsyncToolHandler, ToolHandler
from tools.content.asked import read_asked
from tools.content.whom import find_whom
from tools.crm.directory import Entry, directory_of

if TYPE_CHECKING:
    from agent.assembly import Weir

# How a model, or somebody who types, names whoever asks.
ME = frozenset({"me", "myself", "mine", "i"})
_MINE = "mine"  # the argument that says "my leads"
_MOST_NAMED = 6
# Said whether there is no such record or it is somebody else's.
_NOT_YOURS = 'None of your leads, people and accounts fits "{}"; you see your own only.'

Args = dict[str, Any]
# Narrows what a tool is called with to what the asker may see, or refuses.
Narrow = Callable[[Book, Args], Args]
# Takes out of a result what the asker may not see.
Strip = Callable[[Book, dict[str, Any]], dict[str, Any]]


class AccessMiddleware(AgentMiddleware[AgentState[Any], None, Any]):
    """Hold every tool call to what the person who asks may see."""

    def __init__(self, weir: "Weir") -> None:
        super().__init__()
        self._weir = weir

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: ToolHandler
    ) -> ToolMessage | Command[Any]:
        """Narrow a call, run it, and strip its result."""
        viewer = self._viewer(request)
        allowed = self._allowed(request, viewer)
        return self._shown(allowed, viewer, handler(allowed))

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: AsyncToolHandler
    ) -> ToolMessage | Command[Any]:
        """Do so where the graph runs asynchronously."""
        viewer = self._viewer(request)
        allowed = self._allowed(request, viewer)
        return self._shown(allowed, viewer, await handler(allowed))

    def _viewer(self, request: ToolCallRequest) -> Viewer:
        user = (request.runtime.config.get("configurable") or {}).get("user")
        return OPERATOR if user is None else viewer_of(self._weir, str(user))

    def _allowed(self, request: ToolCallRequest, viewer: Viewer) -> ToolCallRequest:
        if sentence := refusal(viewer):
            raise AccessError(sentence)
        call = request.tool_call
        args = _resolved(call["name"], dict(call["args"]), viewer)
        if viewer.sees == "own":
            if call["name"] not in _NARROW:
                raise AccessError(
                    f"Your role does not allow {call['name']}: it may show records of others."
                )
            with self._weir.snapshot() as snapshot:
                args = _NARROW[call["name"]](Book(snapshot, viewer), args)
        return request.override(tool_call={**call, "args": args})

    def _shown(
        self, request: ToolCallRequest, viewer: Viewer, result: ToolMessage | Command[Any]
    ) -> ToolMessage | Command[Any]:
        name = request.tool_call["name"]
        if not isinstance(result, ToolMessage) or result.status == "error":
            return result
        own = name == "score_leads" and request.tool_call["args"].get("owner") == viewer.owner_id
        if own and viewer.owner_id and isinstance(result.artifact, dict):
            result = _replaced(result, lambda value: {**value, "only_of": viewer.name})
        strip = _STRIP.get(name)
        if viewer.sees == "all" or strip is None:
            return result
        if not isinstance(result.artifact, dict):
            # What can't be read can't be narrowed.
            raise AccessError(f"What {name} found can't be shown under your role.")
        with self._weir.snapshot() as snapshot:
            book = Book(snapshot, viewer)
            return _replaced(result, lambda value: strip(book, value))


def _resolved(tool: str, args: Args, viewer: Viewer) -> Args:
    """Put the asker's own record in the place of "my leads" and "me"."""
    mine = bool(args.pop(_MINE, False))
    key = {"score_leads": "owner", "lookup_record": "name"}.get(tool)
    if key is None or not (mine or str(args.get(key) or "").strip().lower() in ME):
        return args
    if viewer.email is None and tool == "score_leads":
        # The operator asks for everybody: nobody said whose leads are meant.
        return {name: value for name, value in args.items() if name != key}
    if viewer.email is None:
        raise AccessError("I don't know who you are; set WEIR_USER to your e-mail address.")
    if sentence := owns_nothing(viewer):
        raise AccessError(sentence)
    return {**args, key: viewer.owner_id}


def _own_scores(book: Book, args: Args) -> Args:
    if sentence := owns_nothing(book.viewer):
        raise AccessError(sentence)
    wanted = str(args.get("owner") or "").strip().casefold()
    viewer = book.viewer
    me = {str(name).casefold() for name in (viewer.owner_id, viewer.email, viewer.name)}
    if wanted not in me and not set(wanted.split()) <= set(viewer.name.casefold().split()):
        raise AccessError("You see your own leads only; ask a manager about those of others.")
    return {**args, "owner": viewer.owner_id}


def _own_record(book: Book, args: Args) -> Args:
    """Resolve a name among what is the asker's, so that no other record is even looked at."""
    name, kind = str(args.get("name") or ""), args.get("kind") or None
    found = book.directory.resolve(name, kind)
    if found.match is not None:
        return {**args, "name": found.match.id, "kind": found.match.kind}
    if found.candidates:
        several = "; ".join(
            f"{entry.name or entry.id} ({entry.kind}, {entry.id})"
            for entry in found.candidates[:_MOST_NAMED]
        )
        raise AccessError(f'Records of yours that "{name}" may mean: {several}. Which one?')
    raise AccessError(_NOT_YOURS.format(name))


def _own_reader(book: Book, args: Args) -> Args:
    """Find the reader, also "the champion at Acme", among the people that are the asker's."""
    typed = str(args.get("name") or "")
    asked = read_asked(typed, args.get("after") or None)
    exact = directory_of(book.snapshot).exactly(typed, "person")
    if exact and not any(map(book.shows, exact)):
        # Somebody else's contact, not one of theirs at the same account.
        raise AccessError(_NOT_YOURS.format(typed))
    whom = find_whom(book.snapshot, asked, typed=typed, directory=book.directory)
    if whom.person is not None:
        said = {"after": asked.after} if asked.after else {}
        return {**args, "name": whom.person, **said}
    if whom.candidates and whom.status == "ambiguous":
        several = "; ".join(
            f"{one['name'] or one['id']} ({one['kind']}, {one['id']})" for one in whom.candidates
        )
        raise AccessError(f'Several of your records fit "{typed}": {several}. Which one?')
    raise AccessError(_NOT_YOURS.format(typed))


def _own_play(book: Book, args: Args) -> Args:
    journeys = [str(item) for item in args.get("journey_ids") or ()]
    if not journeys:
        raise AccessError(
            "A play for a whole leak names leads of others, which your role does not see; ask for "
            "a play for your own leads at risk, or ask a manager for this one."
        )
    if foreign := book.foreign(journeys):
        raise AccessError(
            f"{len(foreign)} of these {len(journeys)} leads are not yours; a play of yours is for "
            "your own leads."
        )
    return args


def _aggregate(_book: Book, args: Args) -> Args:
    return args


def _strip_scores(book: Book, found: dict[str, Any]) -> dict[str, Any]:
    rows = [row for row in found.get("scores") or [] if row.get("entity") in book.journeys]
    return {**found, "scores": rows}


def _strip_leaks(book: Book, found: dict[str, Any]) -> dict[str, Any]:
    """Keep rates and drivers; of the records that show them, only the asker's."""
    findings = [
        {
            **finding,
            "drivers": [
                {**driver, "evidence": _own_evidence(book, driver.get("evidence") or [])}
                for driver in finding.get("drivers") or []
            ],
        }
        for finding in found.get("findings") or []
    ]
    return {**found, "findings": findings}


def _own_evidence(book: Book, evidence: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [
        row for row in evidence if row.get("kind") != "record" or row.get("ref") in book.journeys
    ]


def _strip_record(book: Book, found: dict[str, Any]) -> dict[str, Any]:
    """Leave out leads of others, at an account of the asker's or of a colleague."""
    entry = Entry(str(found.get("kind")), str(found.get("id")), str(found.get("id")), "")
    if found.get("status") != "found" or not book.shows(entry):
        raise AccessError("That record is not yours; you see your own only.")
    if "leads" not in found:
        return found
    rows = [row for row in found["leads"] if row.get("id") in book.journeys]
    return {**found, "leads": rows}


_NARROW: dict[str, Narrow] = {
    "funnel": _aggregate,
    "find_leaks": _aggregate,
    "search_library": _aggregate,
    "score_leads": _own_scores,
    "lookup_record": _own_record,
    "next_best_content": _own_reader,
    "draft_play": _own_play,
}
_STRIP: dict[str, Strip] = {
    "find_leaks": _strip_leaks,
    "score_leads": _strip_scores,
    "lookup_record": _strip_record,
}


def _replaced(
    message: ToolMessage, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> ToolMessage:
    """Change a result, both what a model reads of it and the whole beside it."""
    update: dict[str, Any] = {"artifact": change(message.artifact)}
    try:
        read = json.loads(str(message.text))
    except ValueError:
        read = None
    shown = change(read) if isinstance(read, dict) else update["artifact"]
    update["content"] = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    return message.model_copy(update=update)
