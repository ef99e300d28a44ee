"""Replies: what the offline model answers, written from templates and tool results alone."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import prompts
from agent.models import records, tables, wording
from agent.models.understanding import Want
from agent.turns import Result

_EXAMPLES = frozenset({"unknown", "irrelevant", "help"})
_PLAIN = {
    "unknown": "unknown",
    "irrelevant": "unknown",
    "help": "help",
    "hello": "hello",
    "thanks": "thanks",
    "send": "refuse_send",
    "approve": "refuse_approve",
    "change": "refuse_change",
    "secret": "refuse_secret",
    "no_thread": "no_thread",
}
_MOST_FINDINGS = 3
_MOST_SCORES = 10
_MOST_REASONS = 2
_MOST_RECORDS = 2
_MOST_HITS = 3
_LONGEST_QUOTE = 900


def reply(wants: Sequence[Want], results: Sequence[Result]) -> str:
    """Write the answer of a turn: each tool result in its order, then what needs no tool."""
    blocks = [_result(result, wants) for result in results]
    for want in wants:
        blocks += _without_tool(want, results)
    return "\n\n".join(dict.fromkeys(block for block in blocks if block))


def no_tool(name: str) -> str:
    """Say that a tool which the question needs is not there."""
    return prompts.load("replies/talk").fill("no_tool", tool=name)


def _without_tool(want: Want, results: Sequence[Result]) -> list[str]:
    """Answer what no tool answers: greetings, refusals, and questions that lack something."""
    talk = prompts.load("replies/talk").sections
    if want.intent in _PLAIN:
        words = talk[_PLAIN[want.intent]]
        return [f"{words}\n{talk['can']}"] if want.intent in _EXAMPLES else [words]
    used = {result.tool for result in results}
    if want.intent in ("lookup", "content") and not want.arguments.name:
        return [talk["no_name"]]
    if want.intent == "draft" and not used & {"draft_play", "find_leaks"}:
        return [prompts.load("replies/play").sections["nothing"]]
    return []


def _result(result: Result, wants: Sequence[Want]) -> str:
    if not result.ok:
        talk = prompts.load("replies/talk")
        return talk.fill("tool_failed", sentence=result.content.removeprefix("Error: "))
    write = _WRITERS.get(result.tool)
    return write(result, wants) if write else result.content


def _leaks(result: Result, wants: Sequence[Want]) -> str:
    page, data = prompts.load("replies/leaks"), result.data
    findings = data.get("findings") or []
    if not findings:
        what = _scope(result.args)
        scope = page.fill("scope", what=what) if what else ""
        lines = [page.fill("none", scope=scope), *([page.sections["elsewhere"]] if what else [])]
    else:
        worst, *others = findings[:_MOST_FINDINGS]
        lines = [_finding("worst", worst), *_drivers(worst)]
        # Somebody who asks why, or for a play, means the worst leak and needs no list of others.
        if others and any(want.intent == "leaks" and not want.refers for want in wants):
            lines += [page.sections["others"], *(_finding("other", item) for item in others)]
    return "\n".join([*lines, _standing(page, data)])


def _finding(section: str, item: Mapping[str, Any]) -> str:
    page = prompts.load("replies/leaks")
    lost = item.get("value_lost")
    return page.fill(
        section,
        transition=wording.transition(item),
        segment=wording.segment(item.get("segment")),
        since=wording.day(item.get("since")),
        rate=wording.percent(item.get("rate")),
        baseline=wording.percent(item.get("baseline_rate")),
        lost=wording.number(item.get("lost")),
        value=page.fill("value", value=wording.number(lost)) if lost is not None else "",
        id=item.get("id"),
    )


def _drivers(item: Mapping[str, Any]) -> list[str]:
    page = prompts.load("replies/leaks")
    first, *others = item.get("drivers") or [None]
    if not first:
        return [page.sections["no_driver"]]
    driver, effect = str(first.get("driver")).replace("_", " "), first.get("effect")
    lines = [page.fill("driver_plain", driver=driver)]
    if isinstance(effect, (int, float)) and effect >= 0:
        # The share of the loss that it explains; no more than all of it can be.
        lines = [page.fill("driver", driver=driver, effect=f"{min(effect, 1):.0%}")]
    rows = first.get("evidence") or []
    figures = [row.get("text") for row in rows if row.get("kind") in (None, "figure")]
    texts = dict.fromkeys([first.get("text"), *figures])
    lines += [f"- {wording.plain(text)}" for text in list(filter(None, texts))[:_MOST_REASONS]]
    # The text of a record is terse; its id leads to the rows.
    refs = [f"[{row['ref']}]" for row in rows if row.get("kind") == "record" and row.get("ref")]
    if refs:
        lines.append(page.fill("examples", refs=" and ".join(refs[:_MOST_RECORDS])))
    if others:
        names = ", ".join(str(other.get("driver")).replace("_", " ") for other in others)
        lines.append(page.fill("further_driver", drivers=names))
    return lines


def _scores(result: Result, _wants: Sequence[Want]) -> str:
    page, data = prompts.load("replies/scores"), result.data
    model, rows = data.get("model") or {}, data.get("scores") or []
    parts = [_scope(result.args), wording.plain(data.get("only_of") or "")]
    what = ", ".join(part for part in dict.fromkeys(parts) if part)
    scope = page.fill("scope", what=what) if what else ""
    lines = []
    if model.get("abstained"):
        lines.append(page.fill("abstained", reason=wording.plain(model.get("reason"))))
    elif not rows:
        lines.append(page.fill("none", scope=scope))
    else:
        lines.append(page.fill("head", scope=scope))
    for row in rows[: result.args.get("limit") or _MOST_SCORES]:
        reasons = [wording.plain(item.get("text")) for item in row.get("reasons") or []]
        lines.append(
            page.fill(
                "line",
                name=wording.plain(row.get("name") or row.get("entity")),
                risk=wording.percent(row.get("risk")),
                reasons="; ".join(reasons[:_MOST_REASONS]).rstrip(".") + ".",
                id=row.get("id"),
            )
        )
    as_of = wording.day(data.get("as_of"))
    return "\n".join([*lines, page.fill("standing", model=model.get("version"), as_of=as_of)])


def _library(result: Result, wants: Sequence[Want]) -> str:
    page = prompts.load("replies/library")
    hits = result.data.get("hits") or []
    if result.data.get("abstained") or not hits:
        return page.sections["abstained"]
    advice = any(want.intent == "advice" for want in wants)
    lines = [page.sections["advice" if advice else "hits"]]
    # Advice on a leak comes from the playbook of its driver, which is the nearest one.
    for hit in hits[: 1 if advice else _MOST_HITS]:
        parts = (wording.plain(hit[key]) for key in ("title", "section") if hit.get(key))
        words = _opening(hit) if advice else str(hit.get("quote") or hit.get("text") or "")
        # Every line of a quotation is marked, so that none can pass for words of ours.
        quote = "\n> ".join(" ".join(line.split()) for line in words.splitlines() if line.strip())
        lines.append(page.fill("hit", title=" > ".join(parts), quote=quote, id=hit.get("id")))
    return "\n".join(lines)


def _opening(hit: Mapping[str, Any]) -> str:
    """Give a section's first whole lines, up to a length; its best span where none is short."""
    kept: list[str] = []
    for line in str(hit.get("text") or "").splitlines():
        if sum(map(len, kept)) + len(line) > _LONGEST_QUOTE:
            break
        kept.append(line)
    return "\n".join(kept) or str(hit.get("quote") or "")


def _content(result: Result, _wants: Sequence[Want]) -> str:
    page, data = prompts.load("replies/library"), result.data
    notes = [wording.plain(note) for note in data.get("notes") or []]
    if data.get("status") in ("ambiguous", "not_found"):
        return "\n".join([*notes, records.record(data)])
    whom = data.get("for")
    name = (whom.get("name") or whom.get("id")) if isinstance(whom, Mapping) else whom
    name = wording.plain(name or result.args.get("name"))
    items = data.get("items") or []
    if not items:
        return "\n".join([*notes, page.fill("no_items", name=name)])
    lines = [*notes, page.fill("items", name=name)]
    for item in items[:_MOST_HITS]:
        why = item.get("why")
        reasons = " ".join(map(str, why)) if isinstance(why, list) else str(why or "")
        lines.append(
            page.fill(
                "item",
                title=wording.plain(item.get("title")),
                id=item.get("id"),
                why=wording.plain(reasons),
            )
        )
    return "\n".join(lines)


def _play(result: Result, _wants: Sequence[Want]) -> str:
    page, data = prompts.load("replies/play"), result.data
    if not data.get("id"):
        return wording.plain(result.content)
    count = len(data.get("actions") or [])
    section = {0: "", 1: "action"}.get(count, "actions")
    actions = page.fill(section, count=count) if section else ""
    lines = [page.fill("drafted", id=data["id"], actions=actions)]
    if data.get("tier"):
        lines.append(page.fill("tier", tier=data["tier"]))
    cited = [f"[{item['id']}]" for item in data.get("citations") or [] if item.get("id")]
    if cited:
        lines.append(page.fill("cites", citations=", ".join(cited)))
    return "\n".join(lines)


def _scope(args: Mapping[str, Any]) -> str:
    """Name what a call was narrowed to."""
    parts = []
    if args.get("transition"):
        first, _, second = str(args["transition"]).partition("->")
        parts.append(f"{wording.stage(first)} to {wording.stage(second)}")
    if args.get("segment"):
        parts.append(wording.segment(args["segment"]))
    if args.get("owner"):
        parts.append(str(args["owner"]))
    return ", ".join(parts)


def _standing(page: prompts.Prompt, data: Mapping[str, Any]) -> str:
    as_of = wording.day(data.get("as_of"))
    return page.fill("standing", version=data.get("warehouse_version"), as_of=as_of)


_WRITERS: dict[str, Callable[[Result, Sequence[Want]], str]] = {
    "funnel": tables.funnel,
    "find_leaks": _leaks,
    "score_leads": _scores,
    "lookup_record": lambda result, _wants: records.record(result.data),
    "search_library": _library,
    "next_best_content": _content,
    "draft_play": _play,
}
