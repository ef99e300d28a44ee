"""`weir eval`: how good it is, measured on the spot."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from agent.cli.output import AsJson, console, print_json, progress
from knowledge.errors import BadInputError

# The evals lie above this room, so they are found by what the distribution declares.
GROUP = "weir.evals"
MISSES_SHOWN = 5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("eval")(evaluate)


def evaluate(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Which eval; without one, list them.")
    ] = None,
    misses: Annotated[
        int, typer.Option("--misses", metavar="N", min=0, help="Show so many failed cases.")
    ] = MISSES_SHOWN,
    as_json: AsJson = False,
) -> None:
    """Measure how good Weir is, beside something simpler measured in the same run.

    Example: weir eval retrieval
    """
    from importlib.metadata import entry_points

    known = {point.name: point for point in entry_points(group=GROUP)}
    if name is None:
        print_names(sorted(known), as_json=as_json)
        return
    if name not in known:
        names = ", ".join(sorted(known)) or "none, as Weir is not installed: pip install -e ."
        raise BadInputError(f"There is no eval {name!r}; choose from: {names}.")
    with progress(f"Evaluating {name}") as report:
        found = known[name].load()(report).as_dict()
    if as_json:
        print_json(found)
    else:
        print_report(found, misses=misses)


def print_names(names: list[str], *, as_json: bool) -> None:
    """Print which evals there are."""
    if as_json:
        print_json({"evals": names})
        return
    for name in names:
        console.print(f"weir eval {name}")


def print_report(report: dict[str, Any], *, misses: int) -> None:
    """Print figures beside those of the baselines, then some of the cases that failed."""
    baselines = report["baselines"]
    table = Table(
        title=escape(f"{report['name']} (graders and data {report['version']})"),
        title_justify="left",
        title_style="bold",
        box=None,
    )
    table.add_column("figure")
    for heading in ("Weir", *baselines):
        table.add_column(escape(heading.replace("_", " ")), justify="right")
    names = dict.fromkeys([*report["figures"], *(n for b in baselines.values() for n in b)])
    for name in names:
        others = (baseline.get(name) for baseline in baselines.values())
        table.add_row(
            name.replace("_", " "),
            f"[bold]{_figure(report['figures'].get(name))}[/]",
            *map(_figure, others),
        )
    console.print(table)
    cases = ", ".join(
        f"{count:,} {what.replace('_', ' ')}" for what, count in report["cases"].items()
    )
    console.print(f"Graded on {cases}.", style="dim")
    for miss in report["misses"][:misses]:
        text = "; ".join(f"{key}: {value}" for key, value in miss.items())
        console.print(f"  [yellow]-[/] {escape(text)}", highlight=False)
    left = len(report["misses"]) - misses
    if left > 0:
        console.print(f"{left} more failed: weir eval {report['name']} --misses 100", style="dim")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
