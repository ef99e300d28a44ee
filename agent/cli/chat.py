"""`weir chat`: a conversation that is remembered."""

import sys
from typing import Annotated

import typer
from rich.prompt import Prompt

from agent.cli.output import console
from agent.cli.talk import print_answer, say

_ENDS = {"exit", "quit", "bye", ":q"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("chat")(chat)


def chat(
    thread: Annotated[
        str, typer.Option(help="Name of the conversation; the same name goes on where it was.")
    ] = "terminal",
) -> None:
    """Talk with Weir; it streams, remembers the thread and shows which tools ran and how long.

    Leave with `exit` or Ctrl-D. Questions may also be piped in, one a line.

    Example: weir chat --thread quarterly-review
    """
    from agent.assembly import Weir

    weir = Weir.open()
    with weir.remembering_conversation() as conversation:
        if sys.stdin.isatty():
            console.print("Ask about your funnel; [bold]exit[/] leaves.", style="dim")
        while (question := _next_question()) is not None:
            if question.lower() in _ENDS:
                break
            if question:
                print_answer(
                    say(conversation, question, thread=f"chat:{thread}", user=weir.settings.user)
                )


def _next_question() -> str | None:
    """Read the next question, None at the end of the input."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        return line.strip() if line else None
    try:
        return Prompt.ask("[bold cyan]you[/]", console=console).strip()
    except EOFError:
        return None
