"""`weir content`: what to send next, and why."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from agent.cli.account import NOT_FOUND, print_candidates
from agent.cli.output import AsJson, console, print_json, working


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("content")(show_content)


def show_content(
    name: Annotated[str, typer.Argument(help="A lead or person: name, e-mail or id.")],
    limit: Annotated[int, typer.Option(min=1, help="How many pieces to offer.")] = 3,
    not_useful: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Judge a piece not useful for them: never offer it again."),
    ] = None,
    useful: Annotated[
        str | None, typer.Option(metavar="ID", help="Judge a piece useful: offer it again.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, in your words.")] = None,
    as_: Annotated[
        str | None, typer.Option("--as", metavar="EMAIL", help="Who judges; WEIR_USER by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Offer the next best content for a person: never what they had, what expired or is internal.

    Examples: weir content "Jane Doe"    weir content "champion at Helix after yesterday's demo"
    weir content "Jane Doe" --not-useful security-whitepaper --reason "They have no IT team"
    """
    from agent.assembly import Weir
    from tools.content.offer import content_for

    weir = Weir.open()
    by = weir.whoami(as_) if not_useful or useful else None
    with working("Looking through the library ..."), weir.snapshot() as snapshot:
        weir.sync_library()
        report = content_for(
            snapshot, weir.library, name, limit=limit, judgements=weir.judgements()
        )
        if by and report["status"] == "found":
            if not_useful:
                weir.judge(not_useful, report["entity"], "not_useful", by=by, reason=reason)
            if useful:
                weir.judge(useful, report["entity"], "useful", by=by, reason=reason)
            report = content_for(
                snapshot, weir.library, report["id"], limit=limit, judgements=weir.judgements()
            )
    if as_json:
        print_json(report)
    elif report["status"] == "found":
        _print(report)
    else:
        print_candidates(report)
    if report["status"] != "found":
        raise typer.Exit(NOT_FOUND)


def _print(report: dict[str, Any]) -> None:
    for note in report["notes"]:
        console.print(escape(note), style="dim")
    console.print(f"For [bold]{escape(str(report['for']))}[/]:")
    for number, item in enumerate(report["items"], start=1):
        console.print(f"{number}. [bold]{escape(item['title'])}[/]  [dim]{item['id']}[/]")
        why = item["why"] if isinstance(item["why"], list) else [item["why"]]
        for reason in why:
            console.print(f"     {escape(reason)}", style="dim")
    if not report["items"]:
        console.print("  Nothing fits that they have not had yet.")
