"""`weir versions`: the whole versions that the warehouse has had."""

import typer
from rich.table import Table

from agent.cli.output import AsJson, console, print_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("versions")(show_versions)


def show_versions(as_json: AsJson = False) -> None:
    """List warehouse versions; most commands take `--version N` to look back at one.

    Example: weir versions
    """
    from agent.assembly import Weir

    versions = Weir.open().warehouse.versions()
    if as_json:
        print_json(
            [
                {
                    "version": entry.version,
                    "created_at": entry.created_at,
                    "load_id": entry.load_id,
                    "kind": entry.kind,
                }
                for entry in versions
            ]
        )
        return
    table = Table(box=None)
    for column in ("version", "committed", "load", "kind"):
        table.add_column(column)
    for entry in versions:
        table.add_row(str(entry.version), str(entry.created_at), entry.load_id, entry.kind)
    console.print(table)
