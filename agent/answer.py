"""Answer: what a turn came to, in the form that every surface shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from agent.turns import Result, Turn

_KINDS = {
    "find_leaks": "finding",
    "score_leads": "score",
    "lookup_record": "record",
    "search_library": "document",
    "next_best_content": "document",
    "draft_play": "play",
}


@dataclass(frozen=True)
class Answer:
    """Hold an answer and what it rests on.

    Attributes:
        answer: The text, closed by what it could not support.
        citations: Library sections that it quotes word for word: ``id`` and ``quote``.
        tool_calls: What was called, with ``name``, ``args`` and ``seconds``, in order.
        plays: Ids of the plays that were drafted.
        evidence: What to look up: ``kind``, ``ref``, and ``version`` of the warehouse.
        unsupported: What the text states without support: ``kind`` and ``text``.
        model: The model that wrote the text, by its own name.
        notes: What a reader should know of how it came about.
    """

    answer: str
    citations: list[dict[str, str]] = field(default_factory=list)
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    plays: list[str] = field(default_factory=list)
    evidence: list[dict[str, Any]] = field(default_factory=list)
    unsupported: list[dict[str, str]] = field(default_factory=list)
    model: str = ""
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Give the fields as plain JSON."""
        return asdict(self)


def compose(
    turn: Turn, unsupported: Sequence[Mapping[str, str]], notes: Sequence[str] = ()
) -> Answer:
    """Compose the answer of a turn from its text and its tool results."""
    return Answer(
        answer=turn.answer,
        citations=list(_citations(turn)),
        tool_calls=[_call(result) for result in turn.results],
        plays=[
            str(result.data["id"])
            for result in turn.results
            if result.tool == "draft_play" and result.ok and result.data.get("id")
        ],
        evidence=list(_evidence(turn)),
        unsupported=[dict(item) for item in unsupported],
        model=turn.models[-1] if turn.models else "",
        notes=list(notes),
    )


def _call(result: Result) -> dict[str, Any]:
    return {"name": result.tool, "args": result.args, "seconds": result.seconds}


def _citations(turn: Turn) -> Iterator[dict[str, str]]:
    """Give the sections that the answer quotes or names, each with its verbatim span."""
    words = " ".join(turn.answer.split())
    seen: set[str] = set()
    for result in turn.results:
        # A play brings the citations that it rests on; a search, the sections that it found.
        for hit in [*(result.data.get("hits") or []), *(result.data.get("citations") or [])]:
            identity, quote = str(hit.get("id")), str(hit.get("quote") or "")
            quoted = bool(quote) and " ".join(quote.split()) in words
            if identity not in seen and (quoted or f"[{identity}]" in turn.answer):
                seen.add(identity)
                yield {"id": identity, "quote": quote}


def _evidence(turn: Turn) -> Iterator[dict[str, Any]]:
    """Give what the answer names and where its figures come from."""
    seen: set[tuple[str, str]] = set()
    for result in turn.results:
        if not result.ok:
            continue
        version = result.data.get("warehouse_version")
        kind = _KINDS.get(result.tool)
        refs = (
            [identity for identity in _ids(result.data) if identity in turn.answer] if kind else []
        )
        pairs = [(kind or "", ref) for ref in refs]
        if result.tool == "funnel" and version is not None:
            pairs = [("figure", f"warehouse@{version}")]
        for pair in pairs:
            if pair not in seen:
                seen.add(pair)
                yield {"kind": pair[0], "ref": pair[1], "version": version}


def _ids(data: Any) -> Iterator[str]:
    """Walk a result for the ids of what it lists, not of what lies inside those."""
    if not isinstance(data, Mapping):
        return
    if isinstance(data.get("id"), str):
        yield data["id"]
    for key in ("findings", "scores", "hits", "items"):
        for item in data.get(key) or []:
            if isinstance(item, Mapping) and isinstance(item.get("id"), str):
                yield item["id"]
