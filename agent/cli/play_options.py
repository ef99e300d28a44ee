"""What the commands about plays share: their options, and how an answer is printed."""

from typing import Annotated, Any

import typer

from agent.cli.output import complain, console, print_json

PlayId = Annotated[str, typer.Argument(metavar="PLAY", help="Id of the play.")]
As = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="EMAIL", help="Who you are, as the policy names you; default WEIR_USER."
    ),
]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, for the audit log.")]

REFUSED = 1


def answer(decision: dict[str, Any], *, as_json: bool) -> None:
    """Print the answer to a click; a refused one exits with 1."""
    if as_json:
        print_json(decision)
    elif decision["accepted"]:
        console.print(decision["sentence"], style="green", markup=False)
    else:
        complain(decision["sentence"])
    if not decision["accepted"]:
        raise typer.Exit(REFUSED)
