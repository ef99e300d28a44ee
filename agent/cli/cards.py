"""Plays, receipts and the audit log as a person reads them in a terminal."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agent.cli.output import NONE, console, percent
from agent.words import counted

if TYPE_CHECKING:
    from agent.plays.audit import AuditReport

_COLOURS = {
    "pending": "yellow",
    "approved": "cyan",
    "running": "cyan",
    "verified": "green",
    "undone": "magenta",
    "failed": "red",
    "rejected": "red",
    "unknown": "red",
}
_MOST_LEADS = 6
_MOST_QUOTES = 3


def print_plays(plays: list[dict[str, Any]]) -> None:
    """Print a line for each play."""
    if not plays:
        console.print("No plays yet; draft one: weir plays draft")
        return
    table = Table(box=None)
    for column in ("play", "state", "tier", "leads", "title", "expires"):
        table.add_column(column)
    for play in plays:
        table.add_row(
            play["id"],
            _state(play["state"]),
            play["tier"],
            str(play["targets"]),
            escape(play["title"]),
            play["expires_at"][:16].replace("T", " "),
        )
    console.print(table)


def print_play(play: dict[str, Any]) -> None:
    """Print a play whole: why, for whom, the changes, the effect and who decides."""
    effect = play["expected_effect"]
    parts: list[RenderableType] = [
        Text.from_markup(f"[bold]Why[/]  {escape(play['why']['text'])}"),
        *(
            Text.from_markup(f"     [dim]- {escape(evidence['text'])}[/]")
            for evidence in play["evidence"][1:]
            if evidence["kind"] == "figure"
        ),
        Text(""),
        _changes(play["actions"]),
        Text(""),
        Text.from_markup(
            f"[bold]Expected[/]  {effect['estimate']:.1f} {escape(effect['unit'])} "
            f"({effect['low']:.1f} to {effect['high']:.1f}). [dim]{escape(effect['basis'])}[/]"
        ),
    ]
    if play["holdout"]:
        parts.append(Text.from_markup(_holdout(play)))
    for citation in play["citations"][:_MOST_QUOTES]:
        quote = Text.from_markup(
            f'[bold]Playbook[/]  [italic]"{escape(citation["quote"])}"[/] '
            f"[dim]{escape(citation['id'])}[/]"
        )
        parts.append(quote)
    if play["who_may_approve"]:
        parts += [
            Text(""),
            Text.from_markup(f"[bold]Approval[/]  {escape(play['who_may_approve'])}"),
        ]
    parts += [
        Text.from_markup(
            f"[bold]Approved[/]  by {escape(approval['approver'])} at {escape(str(approval['at']))}"
        )
        for approval in play["approvals"]
    ]
    title = f"[bold]{escape(play['title'])}[/]  {_state(play['state'])}"
    subtitle = f"{play['id']}  tier {play['tier']}  digest {play['digest'][:12]}"
    console.print(
        Panel(Group(*parts), title=title, subtitle=subtitle, title_align="left", padding=(1, 2))
    )


def print_receipt(play: dict[str, Any], *, most: int | None = None) -> None:
    """Print what was written, with the key of each write; the first ``most`` of them."""
    table = Table(box=None, title="Receipt", title_justify="left", title_style="bold")
    for column in ("", "written", "record", "key"):
        table.add_column(column, no_wrap=column in {"", "key"})
    for action in play["actions"][:most]:
        receipt = action["receipt"]
        record = f"{receipt['record']['kind']} {receipt['record']['id']}" if receipt else "-"
        mark = "[green]✓[/]" if action["state"] == "verified" else f"[red]{action['state']}[/]"
        table.add_row(mark, escape(action["summary"]), escape(record), action["key"][:14])
    console.print(table)
    states = Counter(action["state"] for action in play["actions"])
    summed = ", ".join(f"{number} {state}" for state, number in states.most_common())
    console.print(
        f"{counted(len(play['actions']), 'write')}: {summed}. The play is {_state(play['state'])}."
    )


def print_audit(report: "AuditReport", entries: list[dict[str, Any]]) -> None:
    """Print audit entries and whether their chain holds."""
    table = Table(box=None, title="Audit log", title_justify="left", title_style="bold")
    for column in ("#", "when", "who", "what", "hash"):
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    for entry in entries:
        what = str(entry["what"]).replace("_", " ")
        table.add_row(
            str(entry["seq"]),
            str(entry["at"])[:19].replace("T", " "),
            escape(str(entry["who"])),
            escape(f"{what} {entry['play_id'] or ''}"),
            entry["hash"][:10],
        )
    console.print(table)
    if report.intact:
        console.print("The hash chain is intact.", style="green")
    else:
        console.print(f"The hash chain is broken: {report.problem}", style="bold red", markup=False)


def _holdout(play: dict[str, Any]) -> str:
    chance = percent(play["experiment"]["holdout_share"], 0)
    get = "gets" if play["holdout"] == 1 else "get"
    return (
        f"[bold]Holdout[/]   {counted(play['holdout'], 'lead')} (drawn with a chance of {chance}) "
        f"{get} no action, so that the worth can be measured."
    )


def _changes(actions: list[dict[str, Any]]) -> Table:
    """Lay out what changes for each lead, the first few of them."""
    by_lead: dict[str, list[dict[str, Any]]] = {}
    for action in actions:
        by_lead.setdefault(action["target"]["id"], []).append(action)
    table = Table(box=None, padding=(0, 1), show_edge=False)
    table.add_column("lead", no_wrap=True)
    table.add_column("before → after")
    for changes in list(by_lead.values())[:_MOST_LEADS]:
        lines = "\n".join(escape(_change(action)) for action in changes)
        table.add_row(escape(changes[0]["target"]["name"]), lines)
    if len(by_lead) > _MOST_LEADS:
        table.add_row(f"{len(by_lead) - _MOST_LEADS} more", "[dim]weir plays show PLAY --json[/]")
    return table


def _change(action: dict[str, Any]) -> str:
    """Say a change without the lead's name, which stands beside it."""
    text = str(action["summary"])
    for named in (f" about {action['target']['name']}", f" {action['target']['name']}"):
        text = text.replace(named, "", 1)
    return text


def _state(state: str) -> str:
    return f"[{_COLOURS.get(state, 'white')}]{state or NONE}[/]"
