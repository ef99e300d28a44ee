"""`weir score`: which open leads are most likely to leak, and what would lower the risk."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from agent.cli.output import AsJson, AtVersion, console, percent, print_json, working


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("score")(show_scores)


def show_scores(
    segment: Annotated[
        str | None,
        typer.Option("--segment", metavar="NAME=VALUE", help="Only leads of this segment."),
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Only leads of this owner (name).")] = None,
    stage: Annotated[str | None, typer.Option(help="Only leads that stand in this stage.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many leads to show.")] = 10,
    at_version: AtVersion = None,
    as_json: AsJson = False,
) -> None:
    """Rank open leads by the risk that they don't reach the next stage in time.

    Example: weir score --segment region=EMEA --limit 5
    """
    from agent.assembly import Weir
    from tools.leakage.score import score

    with Weir.open().snapshot(at_version) as snapshot, working("Scoring open leads ..."):
        report = score(snapshot, segment=segment, owner=owner, stage=stage, limit=limit)
    if as_json:
        print_json(report)
        return
    print_scores(report)


def print_scores(report: dict[str, Any]) -> None:
    """Print scored leads with their reasons, or why there is no score."""
    model = report["model"]
    if model["abstained"]:
        console.print(f"No score: {model['reason']}", style="yellow", markup=False)
        return
    metrics = ", ".join(
        f"{name.replace('_', ' ')} {value:.3g}" for name, value in model["metrics"].items()
    )
    console.print(
        f"Risk as of {report['as_of'][:10]}, model {model['version']} ({metrics})", style="dim"
    )
    for row in report["scores"]:
        console.print(
            f"[bold]{percent(row['risk'], 0):>4}[/]  {escape(row['name'] or row['entity'])}  "
            f"[dim]{escape(row['entity'])}  {row['id']}[/]"
        )
        for reason in row["reasons"]:
            console.print(f"        {escape(reason['text'])}", style="dim")
        if row["lower_it"]:
            console.print(f"        → {escape(str(row['lower_it']))}", style="green")
