"""Tables in an answer: found in its text, shown as Slack's own, or in one width."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from agent.slack.blocks import Block, table
from agent.slack.text import clip, plain

_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_PIPE = re.compile(r"(?<!\\)\|")
_EMPHASIS = re.compile(r"(\*\*|__|`)(.+?)\1")
_NUMBER = re.compile(r"[-+\u2212]?[$€£]?\d[\d,.]*\s?(?:%|days?|k|m|s)?", re.IGNORECASE)
# A line of figures as the replies of the offline model write it.
_FIGURES = re.compile(
    r"^- (?P<what>[^\n]{1,200}?): (?P<rate>[\d.,]+%) "
    r"\((?P<converted>[\d,]+) of (?P<entered>[\d,]+)"
    r"(?:; interval (?P<low>[\d.,]+%) to (?P<high>[\d.,]+%))?\)"
    r"(?:, median (?P<median>[\d.,]+) days?)?(?:, (?P<open>[\d,]+) still open)?$"
)
_HEADINGS = ("", "Rate", "Interval", "Converted", "Of", "Median days", "Still open")
_FEWEST_ROWS = 2
_MONOSPACE_ROWS = 40
_MONOSPACE_CELL = 28
_NONE = "-"


@dataclass(frozen=True)
class Table:
    """Hold a table as text cells; the last ``numeric`` columns hold numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: int


Part: TypeAlias = str | Table


def split(text: str) -> list[Part]:
    """Split a text into paragraphs and the tables between them, in order."""
    parts: list[Part] = []
    lines: list[str] = []
    for found in _found(text.split("\n")):
        if isinstance(found, Table):
            parts += ["\n".join(lines)] if "".join(lines).strip() else []
            parts.append(found)
            lines = []
        else:
            lines.append(found)
    return [*parts, "\n".join(lines)] if "".join(lines).strip() else parts


def native(found: Table) -> Block:
    """Build Slack's table block."""
    return table(found.columns, found.rows, numeric=found.numeric)


def monospace(found: Table) -> str:
    """Write a table in letters of one width, as Markdown code."""
    shown = [found.columns, *found.rows[:_MONOSPACE_ROWS]]
    cells = [[clip(_code(cell), _MONOSPACE_CELL) for cell in row] for row in shown]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    first_number = len(widths) - found.numeric
    lines = [
        "  ".join(
            cell.rjust(width) if place >= first_number else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    left = len(found.rows) - _MONOSPACE_ROWS
    more = [f"… and {left} more"] if left > 0 else []
    return "\n".join(["```", *lines, *more, "```"])


def _found(lines: Sequence[str]) -> Iterator["str | Table"]:
    at = 0
    fenced = False
    while at < len(lines):
        if lines[at].lstrip().startswith("```"):
            fenced = not fenced
        end, found = (at, None) if fenced else _table_at(lines, at)
        if found is None:
            yield lines[at]
            at += 1
        else:
            yield found
            at = end


def _table_at(lines: Sequence[str], at: int) -> tuple[int, Table | None]:
    """Read the table that begins at a line, with the line after it."""
    if "|" in lines[at] and at + 1 < len(lines) and "|" in lines[at + 1]:
        columns = _cells(lines[at])
        if _RULE.match(lines[at + 1]) and len(_cells(lines[at + 1])) == len(columns):
            end = at + 2
            while end < len(lines) and "|" in lines[end]:
                end += 1
            rows = [_cells(line) for line in lines[at + 2 : end]]
            fitted = tuple(_fitted(row, len(columns)) for row in rows)
            return end, Table(tuple(columns), fitted, _numeric(fitted, len(columns)))
    end = at
    matches = []
    while end < len(lines) and (match := _FIGURES.match(lines[end])):
        matches.append(match)
        end += 1
    if len(matches) < _FEWEST_ROWS:
        return at, None
    return end, _figures(matches)


def _figures(matches: Sequence["re.Match[str]"]) -> Table:
    rows = [
        (
            match["what"],
            match["rate"],
            f"{match['low']} to {match['high']}" if match["low"] else "",
            match["converted"],
            match["entered"],
            match["median"] or "",
            match["open"] or "",
        )
        for match in matches
    ]
    kept = [place for place in range(len(_HEADINGS)) if any(row[place] for row in rows)]
    return Table(
        tuple(_HEADINGS[place] for place in kept),
        tuple(tuple(row[place] or _NONE for place in kept) for row in rows),
        len(kept) - 1,
    )


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner.removesuffix("|") if not inner.endswith("\\|") else inner
    cells = (cell.replace("\\|", "|").strip() for cell in _PIPE.split(inner))
    return [_EMPHASIS.sub(r"\2", cell) for cell in cells]


def _fitted(row: Sequence[str], width: int) -> tuple[str, ...]:
    return (*row[:width], *([""] * (width - len(row))))


def _numeric(rows: Sequence[Sequence[str]], width: int) -> int:
    """Count the last columns that hold nothing but numbers."""
    count = 0
    for place in range(width - 1, 0, -1):
        filled = [row[place] for row in rows if row[place] not in ("", _NONE)]
        if not filled or not all(_NUMBER.fullmatch(cell) for cell in filled):
            break
        count += 1
    return count


def _code(cell: str) -> str:
    return plain(cell).replace("`", "'")
