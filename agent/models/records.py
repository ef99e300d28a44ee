"""Records: what a look-up found, as lines."""

from collections.abc import Mapping
from typing import Any

import prompts
from agent.models import wording

_MOST_TOUCHES = 5
_MOST_CANDIDATES = 6


def record(data: Mapping[str, Any]) -> str:
    """Write a record, the candidates where several fit, or that there is none."""
    page = prompts.load("replies/lookup")
    query = wording.plain(data.get("query"))
    if data.get("status") == "ambiguous":
        return "\n".join([page.fill("ambiguous", query=query), *_candidates(data)])
    if data.get("status") != "found":
        near = _candidates(data)
        lines = [page.fill("not_found", query=query)]
        return "\n".join([*lines, page.sections["near"], *near] if near else lines)
    lines = [
        page.fill(
            "found", name=wording.plain(data["name"]), kind=data.get("kind"), id=data.get("id")
        )
    ]
    for label, value in (data.get("details") or {}).items():
        if value is not None:
            shown = wording.plain(value) if isinstance(value, str) else _number(value)
            lines.append(page.fill("field", label=label.replace("_", " "), value=shown))
    touches = data.get("touches") or []
    if touches:
        lines.append(page.sections["touches"])
        lines += [_touch(touch) for touch in touches[:_MOST_TOUCHES]]
    titles = [wording.plain(item["title"]) for item in data.get("content") or []]
    if titles:
        lines.append(page.fill("content", titles="; ".join(titles)))
    return "\n".join(lines)


def _candidates(data: Mapping[str, Any]) -> list[str]:
    page = prompts.load("replies/lookup")
    return [
        page.fill(
            "candidate",
            name=wording.plain(item.get("name")),
            kind=item.get("kind"),
            id=item.get("id"),
            hint=f", {wording.plain(item['hint'])}" if item.get("hint") else "",
        )
        for item in (data.get("candidates") or [])[:_MOST_CANDIDATES]
    ]


def _touch(touch: Mapping[str, Any]) -> str:
    title = touch.get("content") or touch.get("campaign")
    return prompts.load("replies/lookup").fill(
        "touch",
        at=wording.day(touch.get("at")),
        channel=wording.plain(touch.get("channel") or "unknown channel"),
        action=wording.plain(touch.get("action") or "touch"),
        title=f", {wording.plain(title)}" if title else "",
    )


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")
