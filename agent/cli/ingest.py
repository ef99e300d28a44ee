"""`weir ingest`: load a folder of files, or the sample company."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from agent.cli.output import AsJson, console, count, print_json, progress

if TYPE_CHECKING:
    from knowledge.warehouse.load import LoadReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest")(run_ingest)


def run_ingest(
    folder: Annotated[
        Path, typer.Argument(help="Folder with your files, or `sample` for the sample company.")
    ],
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", help="Mapping file; mapping.yaml in the folder by default."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the sample company.")] = 7,
    scale: Annotated[
        float, typer.Option(min=0.01, help="Size of the sample company; 1 is about 20,000 leads.")
    ] = 1.0,
    truth: Annotated[
        Path | None,
        typer.Option(help="Write what was planted in the sample to this file."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Load files into the warehouse, whole or not at all; loading twice changes nothing.

    Examples: weir ingest sample    weir ingest exports/ --mapping my-crm.yaml
    """
    from agent.assembly import Weir

    weir = Weir.open()
    with progress("Loading") as report:
        if str(folder) == "sample" and not folder.exists():
            loaded = weir.ingest_sample(seed=seed, scale=scale, truth=truth, progress=report)
        else:
            loaded = weir.ingest(folder, mapping, progress=report)
    if as_json:
        print_json(_as_json(loaded))
    else:
        print_load(loaded)


def _as_json(loaded: "LoadReport") -> dict[str, Any]:
    return {
        "load_id": loaded.load_id,
        "tables": loaded.tables,
        "rejected": loaded.rejected,
        "quality_issues": loaded.quality_issues,
        "warehouse_version": loaded.version,
        "unchanged": loaded.unchanged,
    }


def print_load(loaded: "LoadReport") -> None:
    """Print what a load brought."""
    if loaded.unchanged:
        console.print(
            f"Nothing new: these files are loaded already (load {escape(loaded.load_id)}, "
            f"warehouse version {loaded.version})."
        )
        return
    table = Table(box=None)
    table.add_column("table")
    table.add_column("rows", justify="right")
    for name, rows in loaded.tables.items():
        table.add_row(name, count(rows))
    console.print(
        f"Load [bold]{escape(loaded.load_id)}[/] is warehouse version [bold]{loaded.version}[/]."
    )
    console.print(table)
    if loaded.quality_issues:
        console.print(
            f"[yellow]{count(loaded.rejected)} rows could not be kept and "
            f"{count(loaded.quality_issues)} quality issues were noted:[/] weir doctor"
        )
