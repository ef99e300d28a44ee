"""`weir ask`: one question, one checked answer."""

from typing import Annotated

import typer

from agent.cli.output import AsJson, print_json
from agent.cli.talk import print_answer, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ask")(ask_once)


def ask_once(
    question: Annotated[str, typer.Argument(help="A question in plain words.")],
    as_json: AsJson = False,
) -> None:
    """Ask a question; the answer cites documents word for word and every number is checked.

    Example: weir ask "Where do we lose leads, and what should we do about it?"
    """
    from agent.assembly import Weir
    from agent.conversation import ask

    weir = Weir.open()
    conversation = weir.conversation()
    if as_json:
        print_json(ask(conversation, question, user=weir.settings.user).as_dict())
        return
    print_answer(say(conversation, question, user=weir.settings.user))
