"""Show an answer while it comes, and what it rests on when it is whole."""

from typing import TYPE_CHECKING

from rich.live import Live
from rich.markup import escape
from rich.text import Text

from agent.cli.output import console

if TYPE_CHECKING:
    from agent.answer import Answer
    from agent.conversation import Conversation


def say(
    conversation: "Conversation",
    question: str,
    *,
    thread: str = "once",
    user: str | None = None,
) -> "Answer":
    """Ask, and show tools and text as they come; gives the checked answer."""
    from agent.conversation import Final, ToolFinished, ToolStarted, stream
    from agent.conversation import Text as Piece

    shown, message = "", ""
    with Live(Text(""), console=console, transient=True, refresh_per_second=12) as live:
        for event in stream(conversation, question, thread_id=thread, user=user):
            if isinstance(event, ToolStarted):
                live.update(Text(f"{event.name} ...", style="dim"))
            elif isinstance(event, ToolFinished):
                mark = "✓" if event.ok else "✗"
                live.console.print(f"{mark} {event.name} {event.seconds:.1f} s", style="dim")
            elif isinstance(event, Piece):
                shown = event.text if event.message_id != message else shown + event.text
                message = event.message_id
                live.update(Text(shown))
            elif isinstance(event, Final):
                return event.answer
    raise AssertionError("a stream ends with its answer")


def print_answer(answer: "Answer") -> None:
    """Print an answer with its citations, its plays and what it could not support."""
    console.print(answer.answer, markup=False)
    for citation in answer.citations:
        console.print(f"  [dim]{escape(citation['id'])}[/]")
    for play in answer.plays:
        console.print(f"  Drafted [bold]{play}[/]: weir plays show {play}")
    for note in answer.notes:
        console.print(f"  {escape(note)}", style="dim")
