"""`weir lineage`: from a figure, finding, score, play or record back to files and lines."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from agent.cli.output import AsJson, console, print_json, working

_DEPTH = {
    "play": 0,
    "approval": 1,
    "document": 1,
    "finding": 1,
    "score": 1,
    "mart": 1,
    "journey": 2,
    "canonical": 3,
    "raw": 4,
    "load": 5,
    "version": 5,
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("lineage")(show_lineage)


def show_lineage(
    what: Annotated[
        str,
        typer.Argument(metavar="ID", help="Id of a play, finding, score, lead, record or load."),
    ],
    as_json: AsJson = False,
) -> None:
    """Print the chain from something derived back to the loads, files and lines it came from.

    Example: weir lineage leak_7c50da
    """
    from agent.assembly import Weir

    with working("Tracing ..."):
        chain = Weir.open().lineage(what)
    if as_json:
        print_json(chain)
    else:
        print_chain(chain)


def print_chain(chain: list[dict[str, Any]]) -> None:
    """Print the steps of a chain, each further in the nearer it is to the files."""
    for step in chain:
        indent = "  " * _DEPTH.get(step["kind"], len(_DEPTH))
        console.print(
            f"{indent}[bold]{escape(step['kind'])}[/] {escape(step['ref'])}  "
            f"[dim]{escape(step['text'])}[/]",
            no_wrap=True,
            overflow="ellipsis",
        )
