"""`weir funnel`: how leads move from stage to stage."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from agent.cli.output import (
    NONE,
    AsJson,
    AtVersion,
    console,
    count,
    days,
    percent,
    print_json,
    title_of,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("funnel")(show_funnel)


def show_funnel(
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="SEGMENT", help="Cut by a segment column; may be repeated."),
    ] = None,
    window: Annotated[
        int | None,
        typer.Option(
            "--window", metavar="DAYS", min=1, help="Count conversions within so many days."
        ),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Leads that entered from here on.")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Leads that entered up to this day."),
    ] = None,
    cohorts: Annotated[bool, typer.Option("--cohorts", help="Show each monthly cohort.")] = False,
    at_version: AtVersion = None,
    as_json: AsJson = False,
) -> None:
    """Show cohort conversion, time in stage and what can't be compared.

    Example: weir funnel --by region --cohorts
    """
    from agent.assembly import Weir
    from tools.funnel.metrics import funnel

    with Weir.open().snapshot(at_version) as snapshot:
        report = funnel(
            snapshot,
            by=tuple(by or ()),
            window_days=window,
            since=since.date() if since else None,
            until=until.date() if until else None,
        )
    if as_json:
        print_json(report)
        return
    print_funnel(report, cohorts=cohorts)


def print_funnel(report: dict[str, Any], *, cohorts: bool = False) -> None:
    """Print a funnel report as tables."""
    heading = (
        f"Funnel as of {report['as_of'][:10]} (warehouse version {report['warehouse_version']})"
    )
    console.print(_table(heading, report["transitions"]))
    notes = {t["note"]: t for t in report["transitions"] if t["note"]}
    for note, transition in notes.items():
        console.print(f"  [yellow]*[/] {title_of(transition)}: {escape(note)}", style="dim")
    for segment in report["segments"]:
        value = NONE if segment["value"] is None else str(segment["value"])
        console.print(_table(f"{segment['by']}: {value}", segment["transitions"]))
    if cohorts:
        for cohort in report["cohorts"]:
            console.print(_table(f"Entered in {cohort['period']}", cohort["transitions"]))
            for transition in cohort["transitions"]:
                if transition["note"]:
                    note = f"{title_of(transition)}: {transition['note']}"
                    console.print(f"  [yellow]*[/] {escape(note)}", style="dim")


def _table(heading: str, transitions: list[dict[str, Any]]) -> Table:
    table = Table(title=escape(heading), title_justify="left", title_style="bold", box=None)
    table.add_column("transition")
    for column in ("entered", "converted", "open", "rate", "95% interval", "median"):
        table.add_column(column, justify="right")
    table.add_column("")
    for transition in transitions:
        interval = f"{percent(transition['low'])} - {percent(transition['high'])}"
        table.add_row(
            title_of(transition),
            count(transition["entered"]),
            count(transition["converted"]),
            count(transition["open"]),
            f"[bold]{percent(transition['rate'])}[/]",
            interval if transition["low"] is not None else "-",
            days(transition["median_days"]),
            "" if transition["comparable"] else "[yellow]* not comparable[/]",
        )
    return table
