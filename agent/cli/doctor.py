"""`weir doctor`: is everything in place, and what does bad data blur?"""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from agent.cli.output import AsJson, console, count, print_json

if TYPE_CHECKING:
    from agent.assembly import Weir

_MARKS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "broken": "[red]✗[/]"}
BROKEN = 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(examine)


def examine(
    slack: Annotated[
        bool, typer.Option("--slack", help="Check the Slack app instead: tokens, scopes, events.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the stores, the model, the policy and the audit log, and list quality issues.

    Example: weir doctor
    """
    from agent.assembly import Weir
    from agent.health import examine as look

    report = _slack(Weir.open()) if slack else look(Weir.open())
    if as_json:
        print_json(report)
    else:
        _print(report)
    if any(check["status"] == "broken" for check in report["checks"]):
        raise typer.Exit(BROKEN)


def _slack(weir: "Weir") -> dict[str, Any]:
    from agent.config import SlackSettings
    from agent.slack.checks import examine_slack

    return {"checks": examine_slack(weir, SlackSettings()), "quality_issues": []}


def _print(report: dict[str, Any]) -> None:
    for check in report["checks"]:
        console.print(
            f"{_MARKS[check['status']]} [bold]{escape(check['name'])}[/]  {escape(check['text'])}"
        )
    if not report["quality_issues"]:
        return
    table = Table(box=None, title="Quality issues", title_justify="left", title_style="bold")
    for column in ("rows", "severity", "table", "reason", "first at", "for example"):
        table.add_column(column, justify="right" if column == "rows" else "left")
    for issue in report["quality_issues"]:
        table.add_row(
            count(issue["rows"]),
            issue["severity"],
            escape(str(issue["table"])),
            escape(issue["reason"]),
            escape(f"{issue['file'] or ''} {issue['line'] or ''}"),
            escape(str(issue["example"] or "")),
        )
    console.print(table)
