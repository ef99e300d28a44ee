"""`weir account`: look a lead, person, account, owner or opportunity up by a rough name."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from agent.cli.output import AsJson, AtVersion, complain, console, print_json

NOT_FOUND = 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("account")(show_record)


def show_record(
    name: Annotated[str, typer.Argument(help="Name, e-mail or id; typos are forgiven.")],
    kind: Annotated[
        str | None,
        typer.Option(help="account, lead, person, owner or opportunity; any by default."),
    ] = None,
    at_version: AtVersion = None,
    as_json: AsJson = False,
) -> None:
    """Look up an account, lead, person, owner or opportunity by a rough name.

    Examples: weir account Helix    weir account jane@helix.example --kind lead
    """
    from agent.assembly import Weir
    from tools.crm.lookup import lookup

    with Weir.open().snapshot(at_version) as snapshot:
        found = lookup(snapshot, name, kind)
    if as_json:
        print_json(found)
    else:
        print_record(found)
    if found["status"] != "found":
        raise typer.Exit(NOT_FOUND)


def print_record(found: dict[str, Any]) -> None:
    """Print a record, or the candidates among which a name is torn."""
    if found["status"] != "found":
        print_candidates(found)
        return
    console.print(
        f"[bold]{escape(str(found['name']))}[/]  [dim]{found['kind']} {escape(found['id'])}[/]"
    )
    for label, value in found["details"].items():
        console.print(f"  {escape(str(label).replace('_', ' '))}: {escape(str(value))}")
    for part in ("touches", "content", "leads"):
        rows = found.get(part) or []
        if rows:
            console.print(f"  [bold]{part}[/]")
        for row in rows:
            text = "  ".join(str(value) for value in row.values() if value is not None)
            console.print(f"    {escape(text)}", style="dim")


def print_candidates(found: dict[str, Any]) -> None:
    """Print that a name fits several records or none, and those that come near."""
    if found["status"] == "ambiguous":
        complain(f"'{found['query']}' could be several; name one of these by its id.")
    else:
        complain(f"Nothing is called '{found['query']}'.")
    for candidate in found["candidates"]:
        name, kind = candidate.get("name") or "", candidate.get("kind", "")
        console.print(f"  {escape(str(name))}  [dim]{kind} {escape(str(candidate['id']))}[/]")
