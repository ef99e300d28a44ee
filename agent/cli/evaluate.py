"""`weir eval`: how good it is, measured on the spot."""

from typing import Annotated

import typer
from rich.table import Table

from agent.cli.output import AsJson, console, print_json, working


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("eval")(evaluate)
