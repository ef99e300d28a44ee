"""Plays, receipts and the audit log as a person reads them in a terminal."""

from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agent.cli.output import NONE, console, percent

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
_MOST_ACTIONS = 12
_LONGEST = 60


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
        ),
        Text(""),
        _changes(play["actions"]),
        Text(""),
        Text.from_markup(
            f"[bold]Expected[/]  {effect['estimate']:.1f} {escape(effect['unit'])} "
            f"({effect['low']:.1f} to {effect['high']:.1f}). [dim]{escape(effect['basis'])}[/]"
        ),
        Text.from_markup(
            f"[bold]Holdout[/]   {play['holdout']} leads "
            f"({percent(play['experiment']['holdout_share'], 0)} by a fixed draw) get no action, "
            "so that the worth can be measured."
        ),
    ]
    for citation in play["citations"]:
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
            f"[bold]Approved[/]  by {escape(approval['by'])} at {escape(str(approval['at']))}"
        )
        for approval in play["approvals"]
    ]
    title = f"[bold]{escape(play['title'])}[/]  {_state(play['state'])}"
    subtitle = f"{play['id']}  tier {play['tier']}  digest {play['digest'][:12]}"
    console.print(
        Panel(Group(*parts), title=title, subtitle=subtitle, title_align="left", padding=(1, 2))
    )


def print_receipt(play: dict[str, Any]) -> None:
    """Print what was written, with the key of each write."""
    table = Table(box=None, title="Receipt", title_justify="left", title_style="bold")
    for column in ("done", "record", "written", "key"):
        table.add_column(column)
    for action in play["actions"]:
        receipt = action["receipt"]
        record = f"{receipt['record']['kind']} {receipt['record']['id']}" if receipt else "-"
        mark = "[green]✓[/]" if action["state"] == "verified" else f"[red]{action['state']}[/]"
        table.add_row(mark, escape(record), escape(action["summary"]), action["key"][:14])
    console.print(table)


def print_audit(report: "AuditReport", entries: list[dict[str, Any]]) -> None:
    """Print audit entries and whether their chain holds."""
    table = Table(box=None, title="Audit log", title_justify="left", title_style="bold")
    for column in ("#", "when", "who", "what", "play", "hash"):
        table.add_column(column)
    for entry in entries:
        table.add_row(
            str(entry["seq"]),
            str(entry["at"])[:19].replace("T", " "),
            escape(str(entry["who"])),
            escape(str(entry["what"])),
            entry["play_id"] or "",
            entry["hash"][:10],
        )
    console.print(table)
    if report.intact:
        console.print("The hash chain is intact.", style="green")
    else:
        console.print(f"The hash chain is broken: {report.problem}", style="bold red", markup=False)


def _changes(actions: list[dict[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 1))
    table.add_column("action")
    table.add_column("lead")
    table.add_column("before → after")
    for action in actions[:_MOST_ACTIONS]:
        table.add_row(
            action["kind"].replace("_", " "),
            escape(action["target"]["name"]),
            Text.from_markup(f"{escape(_shorten(action['summary']))}"),
        )
    if len(actions) > _MOST_ACTIONS:
        table.add_row("...", f"{len(actions) - _MOST_ACTIONS} more", "weir plays show --json")
    return table


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST * 2 else text[: _LONGEST * 2 - 1] + "…"


def _state(state: str) -> str:
    return f"[{_COLOURS.get(state, 'white')}]{state or NONE}[/]"
