"""`weir leaks`: where, since when and how much the funnel loses."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from agent import words
from agent.cli.output import (
    AsJson,
    AtVersion,
    console,
    count,
    percent,
    print_json,
    segment_of,
    title_of,
    working,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("leaks")(show_leaks)


def show_leaks(
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many findings to print.")] = 5,
    at_version: AtVersion = None,
    as_json: AsJson = False,
) -> None:
    """Find drops in conversion against the company's own history, worst first.

    Example: weir leaks --limit 3
    """
    from agent.assembly import Weir

    weir = Weir.open()
    with weir.snapshot(at_version) as snapshot, working("Looking for leaks ..."):
        report = weir.leaks(snapshot)
    if as_json:
        print_json(report)
        return
    print_leaks(report, limit=limit)


def print_leaks(report: dict[str, Any], *, limit: int) -> None:
    """Print findings in words, and what could not be compared."""
    findings = report["findings"]
    if not findings:
        console.print(
            f"No leak as of {report['as_of'][:10]}: nothing fell that is both significant and "
            "large enough to matter.",
            style="green",
        )
    for number, finding in enumerate(findings[:limit], start=1):
        print_finding(finding, number=number)
    if len(findings) > limit:
        console.print(f"{len(findings) - limit} more: weir leaks --limit {len(findings)}")
    for entry in report["not_comparable"][:limit]:
        console.print(
            f"Not compared, {escape(entry['period'])}: {escape(entry['reason'])}", style="dim"
        )


def print_finding(finding: dict[str, Any], *, number: int = 1) -> None:
    """Print one finding with its drivers and their evidence."""
    console.print(
        f"[bold red]{number}. {title_of(finding)}[/] in [bold]"
        f"{escape(segment_of(finding['segment']))}[/] fell from "
        f"[bold]{percent(finding['baseline_rate'])}[/] to [bold]{percent(finding['rate'])}[/] "
        f"since {words.day(finding['since'])}  [dim]{finding['id']}[/]"
    )
    console.print(
        f"   {count(finding['lost'])} conversions lost{_worth(finding)}; "
        f"q = {finding['q_value']:.2g}"
    )
    for driver in finding["drivers"]:
        console.print(f"   [yellow]{driver['driver'].replace('_', ' ')}[/]")
        figures = [row["text"] for row in driver["evidence"] if row["kind"] == "figure"]
        records = [row["ref"] for row in driver["evidence"] if row["kind"] == "record"]
        for text in figures:
            console.print(f"     {escape(text)}")
        if records:
            console.print(f"     [dim]for example {escape(', '.join(records))}[/]")
    if not finding["drivers"]:
        console.print("   [dim]No driver in the data explains it.[/]")


def _worth(finding: dict[str, Any]) -> str:
    value = finding["value_lost"]
    return "" if value is None else f", worth {count(value)}"
