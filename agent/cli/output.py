"""What every command prints with: consoles, JSON, progress and the words for figures."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agent import words

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
AtVersion = Annotated[
    int | None,
    typer.Option("--version", metavar="N", help="Look back at warehouse version N."),
]

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

NONE = "(none)"


def program() -> str:
    """Tell how the reader can start this program again: by name, or by where it lies."""
    if shutil.which("weir"):
        return "weir"
    started = Path(sys.argv[0])
    here = Path.cwd()
    return str(started.relative_to(here) if started.is_relative_to(here) else started)


def complain(sentence: str) -> None:
    """Print one sentence to standard error."""
    errors.print(sentence, style="bold red", markup=False, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False, default=str)
    sys.stdout.write("\n")


@contextmanager
def progress(title: str) -> Iterator[Callable[[str, float], None]]:
    """Show a bar on standard error; yields ``report(step, share)`` with a share of 0 to 1."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=1.0)

        def report(step: str, share: float) -> None:
            bar.update(task, description=f"{title}: {step}", completed=share)

        yield report


@contextmanager
def working(sentence: str) -> Iterator[None]:
    """Show that something takes a moment."""
    with errors.status(sentence):
        yield


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share of 0 to 1 as a percentage."""
    return "-" if share is None else f"{share * 100:.{digits}f}%"


def days(value: float | None) -> str:
    """Write a number of days."""
    return "-" if value is None else f"{value:.1f} d"


def count(value: float | None) -> str:
    """Write a count with thousands separators."""
    return "-" if value is None else f"{value:,.0f}"


def title_of(transition: dict[str, Any]) -> str:
    """Write a transition as people say it."""
    return words.step(transition)


def segment_of(segment: dict[str, Any] | None) -> str:
    """Write a segment as ``region EMEA, lead source Webinar``, or the whole company."""
    return words.segment(segment) or "whole company"
