"""docs/benchmarks.md: each part between its markers is written by the command that it names."""

from datetime import UTC, datetime
from pathlib import Path

from evals.machine import describe

PATH = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PARTS = ("evals", "bench", "slack")
HEAD = """# How good and how fast

Every figure here was written by a command and none by hand: `make evals` writes the first part,
`make bench` the second and `make slack-load` the third. `weir eval NAME` measures one thing on the
spot.
"""


def write(part: str, title: str, command: str, body: str) -> Path:
    """Replace a part of the page; the others stay as they are.

    Args:
        part: One of ``PARTS``.
        title: Heading of the part.
        command: What writes it.
        body: Markdown.

    Returns:
        The page.
    """
    page = PATH.read_text(encoding="utf-8") if PATH.exists() else HEAD
    for other in PARTS:
        if any(mark not in page for mark in _marks(other)):
            page += "\n{}\n\n{}\n".format(*_marks(other))
    begin, end = _marks(part)
    before, _, rest = page.partition(begin)
    after = rest.partition(end)[2]
    day = datetime.now(UTC).date()
    heading = f"## {title}\n\n- Measured on {day} by `{command}`.\n{describe()}"
    text = f"{before}{begin}\n\n{heading}\n\n{body.strip()}\n\n{end}{after}"
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(text, encoding="utf-8")
    return PATH


def table(header: tuple[str, ...], rows: list[tuple[str, ...]], *, words: int = 1) -> str:
    """Write a Markdown table; so many first columns hold words, the others figures."""
    lines = [header, tuple("---" if n < words else "---:" for n in range(len(header))), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _marks(part: str) -> tuple[str, str]:
    return f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
