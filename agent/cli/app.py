"""The `weir` command: its sub-commands, exit codes and errors."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from agent.cli import (
    account,
    ask,
    chat,
    content,
    demo,
    doctor,
    evaluate,
    funnel,
    ingest,
    leaks,
    lineage,
    plays,
    score,
    slack,
    versions,
    worker,
)
from agent.cli.output import complain
from knowledge.errors import BadInputError, WeirError

DONE, COULD_NOT, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

app = typer.Typer(
    name="weir",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"weir {version('weir-revenue')}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print it and go."),
    ] = False,
) -> None:
    """Find where the funnel leaks, draft the play that fixes it, run it once a human approved it.

    Start with `weir demo`, or with your own data: `weir ingest FOLDER --mapping FILE`.
    """


for module in (
    demo,
    ingest,
    funnel,
    leaks,
    score,
    account,
    content,
    ask,
    chat,
    plays,
    worker,
    slack,
    lineage,
    versions,
    evaluate,
    doctor,
):
    module.register(app)


def main() -> None:
    """Run the command line; a user's mistake ends in one sentence, never in a traceback."""
    try:
        app()
    except BadInputError as error:
        complain(str(error))
        sys.exit(BAD_INPUT)
    except WeirError as error:
        complain(str(error))
        sys.exit(COULD_NOT)
    except KeyboardInterrupt:
        complain("Stopped.")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output, `head` say, has seen enough.
        sys.stderr.close()
        sys.exit(DONE)
