"""Evidence: what an answer rests on, kept with it and shown in a modal."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agent.slack import blocks
from agent.slack.answers import words
from agent.slack.blocks import Block
from agent.slack.text import clip, data
from agent.words import day

if TYPE_CHECKING:
    from agent.turns import Result

CALLBACK = "answer_evidence_view"
# How the figures of a tool come about, in the words of docs/metrics.md.
_DEFINITIONS = {
    "funnel": (
        "rate = mature_converted / mature, where mature leads are at least window_days old; "
        "the interval is Wilson's at 95%; median days count those that converted."
    ),
    "find_leaks": (
        "A drop against the company's own history at a fixed age of the leads, kept where the "
        "false discovery rate (q_value) allows it; lost = (baseline_rate - rate) x leads; a "
        "driver's effect is the share of the loss that it explains."
    ),
    "score_leads": (
        "risk = chance that a lead does not make its next transition in time, from a model "
        "trained on leads whose outcome is known; reasons are its largest terms."
    ),
    "lookup_record": "Fields as the newest load of the source holds them.",
    "search_library": "Sections by meaning and by words together; quotes are verbatim.",
    "next_best_content": "Content that fits stage, role and history, without what was seen.",
    "draft_play": "Actions follow from the leak's driver and the playbook cited with it.",
}
_REFS = 12
_SPANS = 6
_QUOTE = 600
_CALLS = 12


def sources(results: "Iterable[Result]") -> list[dict[str, Any]]:
    """Keep of tool results what evidence needs: versions, spans, and what was asked for."""
    return [_source(result) for result in list(results)[:_CALLS]]


def titles(kept: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Give the titles of cited sections by their ids."""
    return {
        str(span["id"]): str(span["title"])
        for source in kept
        for span in source.get("spans") or []
        if span.get("title")
    }


def view(
    question: str, answer: Mapping[str, Any], kept: Sequence[Mapping[str, Any]], *, embedding: str
) -> Block:
    """Build the modal.

    Args:
        question: What was asked.
        answer: The answer as JSON.
        kept: From ``sources``.
        embedding: Name of the embedding model.
    """
    shown: list[Block] = [blocks.section(f"*Question*\n{data(clip(question, 1000))}")]
    for source in kept:
        shown += _call(source)
    quoted = {str(item.get("id")): item for item in answer.get("citations") or []}
    for identity, item in list(quoted.items())[:_SPANS]:
        title = titles(kept).get(identity) or identity
        shown.append(
            blocks.section(
                f"📄 *{data(title)}* `{data(identity)}`\n"
                f"“{data(clip(str(item.get('quote') or ''), _QUOTE))}”"
            )
        )
    shown += _refs(answer.get("evidence") or [])
    if answer.get("unsupported"):
        named = "\n".join(
            f"• “{data(clip(str(item.get('text')), 200))}”" for item in answer["unsupported"][:10]
        )
        shown.append(blocks.section(f"⚠ *Not confirmed by any figure or document*\n{named}"))
    model = data(answer.get("model") or "none")
    shown.append(blocks.context(f"Written by `{model}`; texts compared by `{data(embedding)}`."))
    return blocks.modal("Evidence", shown, callback_id=CALLBACK)


def _source(result: "Result") -> dict[str, Any]:
    found = result.data
    model = found.get("model")
    hits = [*(found.get("hits") or []), *(found.get("citations") or [])]
    return {
        "name": result.tool,
        "args": json.loads(json.dumps(result.args, default=str)),
        "seconds": result.seconds,
        "ok": result.ok,
        "as_of": found.get("as_of"),
        "warehouse_version": found.get("warehouse_version"),
        "model": model.get("version") if isinstance(model, Mapping) else None,
        "spans": [
            {
                "id": str(hit.get("id")),
                "title": " > ".join(str(hit[key]) for key in ("title", "section") if hit.get(key)),
            }
            for hit in hits
            if isinstance(hit, Mapping)
        ],
    }


def _call(source: Mapping[str, Any]) -> list[Block]:
    name = str(source.get("name"))
    head = " ".join(filter(None, (words.done(name), words.seconds(source.get("seconds")))))
    asked = words.arguments(source.get("args") or {}) or "everything"
    standing = [
        f"{label} {data(value)}"
        for label, value in (
            ("warehouse version", source.get("warehouse_version")),
            ("as of", day(source["as_of"]) if source.get("as_of") else None),
            ("score model", source.get("model")),
        )
        if value is not None
    ]
    text = f"{'✓' if source.get('ok', True) else '✗'} *{data(head)}*\nAsked for: {data(asked)}"
    if name in _DEFINITIONS:
        text += f"\n_{_DEFINITIONS[name]}_"
    return [
        blocks.divider(),
        blocks.section(text),
        *([blocks.context(", ".join(standing))] if standing else []),
    ]


def _refs(found: Sequence[Mapping[str, Any]]) -> list[Block]:
    if not found:
        return []
    lines = []
    for item in found[:_REFS]:
        ref = data(item.get("ref"))
        version = item.get("version")
        at = f", warehouse version {data(version)}" if version is not None else ""
        hint = "" if item.get("kind") in ("figure", "document") else f": `weir lineage {ref}`"
        lines.append(f"• {data(item.get('kind'))} `{ref}`{at}{hint}")
    left = len(found) - _REFS
    more = [f"… and {left} more"] if left > 0 else []
    text = "\n".join(["*Where to look it up*", *lines, *more])
    return [blocks.divider(), blocks.section(text)]
