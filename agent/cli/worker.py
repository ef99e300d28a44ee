"""`weir worker`: runs approved plays, each exactly once."""

from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from agent.plays.runner import WorkReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("worker")(work)


def work(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now and leave.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run plays as they are approved, undo them, expire them; several workers may run at once.

    Ctrl-C finishes the action at hand and stops.

    Example: weir worker --once
    """
    from agent.assembly import Weir
    from agent.worker import run_worker

    desk = Weir.open().plays

    def show(report: "WorkReport") -> None:
        if as_json:
            return
        for play, state in report.states.items():
            console.print(f"{play} is {state}")
        for play, reason in report.held.items():
            console.print(f"{play} waits: {reason}", style="yellow", markup=False)
        for play in report.expired:
            console.print(f"{play} expired undecided", style="dim")

    if not once and not as_json:
        console.print("Waiting for approved plays; Ctrl-C stops.", style="dim")
    report = run_worker(desk.runner(), once=once, on_pass=show)
    if as_json:
        print_json({"states": report.states, "held": report.held, "expired": report.expired})
    elif once and not (report.states or report.held or report.expired):
        console.print("Nothing was due.")
