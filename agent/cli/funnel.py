"""`weir funnel`: how leads move from stage to stage."""

import re
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

COUNTED = re.compile(r"[\d,]+(?= leads)")


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
    """Print a funnel report as tables: all leads, then each segment, then each month."""
    heading = (
        f"Funnel as of {report['as_of'][:10]} (warehouse version {report['warehouse_version']})"
    )
    whole = report["transitions"]
    rows = [(title_of(transition), transition) for transition in whole]
    _print_table(heading, rows, share_notes=False)
    for by in dict.fromkeys(segment["by"] for segment in report["segments"]):
        values = [segment for segment in report["segments"] if segment["by"] == by]
        for step, transition in enumerate(whole):
            rows = [(_label(value["value"]), value["transitions"][step]) for value in values]
            _print_table(f"{title_of(transition)} by {by}", rows)
    if cohorts:
        for step, transition in enumerate(whole):
            rows = [(cohort["period"], cohort["transitions"][step]) for cohort in report["cohorts"]]
            _print_table(f"{title_of(transition)} by month of entering", rows)


def _label(value: Any) -> str:
    return NONE if value is None else str(value)


def _print_table(
    heading: str, rows: list[tuple[str, dict[str, Any]]], *, share_notes: bool = True
) -> None:
    """Print a row for each transition; a star marks what can't be compared, and notes say why."""
    table = Table(title=escape(heading), title_justify="left", title_style="bold", box=None)
    table.add_column("")
    for column in ("entered", "converted", "open", "rate", "95% interval", "median", ""):
        table.add_column(column, justify="right", no_wrap=True)
    for label, transition in rows:
        interval = f"{percent(transition['low'])} - {percent(transition['high'])}"
        table.add_row(
            escape(label),
            count(transition["entered"]),
            count(transition["converted"]),
            count(transition["open"]),
            f"[bold]{percent(transition['rate'])}[/]",
            interval if transition["low"] is not None else "-",
            days(transition["median_days"]),
            "" if transition["comparable"] else "[yellow]*[/]",
        )
    console.print(table)
    notes: dict[str, list[str]] = {}
    for label, transition in rows:
        if transition["note"]:
            star = "" if transition["comparable"] else "* not comparable: "
            note = transition["note"]
            # Rows of one transition share a note, though they differ in how many leads it hits.
            reason = COUNTED.sub("some", note) if share_notes else note
            notes.setdefault(star + reason, []).append(label)
    for note, labels in notes.items():
        whose = labels[0] if len(labels) == 1 else f"{labels[0]} ... {labels[-1]}"
        console.print(f"  [dim]{escape(whose)}: {escape(note)}[/]")
    console.print()
