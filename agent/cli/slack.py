"""`weir slack`: conversations, approvals, content and alerts in Slack."""

import logging
from typing import Annotated

import typer

from agent.cli.output import console


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("slack")(slack)


def slack(
    http: Annotated[
        int | None,
        typer.Option(
            "--http", metavar="PORT", help="Take signed HTTP requests instead of Socket Mode."
        ),
    ] = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Leave running plays to `weir worker`.")
    ] = False,
) -> None:
    """Answer in Slack, show plays there for approval, and run them; docs/slack.md sets it up.

    Tokens come from SLACK_BOT_TOKEN and SLACK_APP_TOKEN; `weir doctor --slack` checks them.
    Ctrl-C finishes what runs and stops. Several may run at once.

    Example: weir slack
    """
    from agent.assembly import Weir
    from agent.config import SlackSettings
    from agent.slack.serve import run

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run(
        Weir.open(),
        SlackSettings(),
        http,
        say=lambda line: console.print(line, markup=False, soft_wrap=True),
        worker=not no_worker,
    )
