"""Read CSV exactly, row by row: every row is either kept or reported with its line."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from knowledge.sources.issues import RowIssue
from knowledge.sources.survey import open_bytes

# How far an opening quote may look for its end. A longer field is taken for a quote that was
# never closed, and only its first line is given up.
MAX_LINES = 1000
# From this many columns on, a line inside quotes that would make a whole row by itself is a row:
# free text hardly ever has exactly the right number of delimiters.
TELLING_COLUMNS = 3

WRONG_ENCODING = "wrong encoding: not valid UTF-8"
BROKEN_QUOTING = "broken quoting"


def decoded_lines(path: Path, encoding: str | None) -> Iterator[tuple[int, str | None, bytes]]:
    """Yield line number, text without line end, and the bytes; text is None where undecodable."""
    with open_bytes(path) as stream:
        for number, raw in enumerate(stream, start=1):
            line = raw.rstrip(b"\r\n")
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            try:
                yield number, line.decode(encoding or "utf-8"), line
            except UnicodeDecodeError:
                yield number, None, line


def split_line(text: str, delimiter: str) -> list[str] | None:
    """Split a record into fields, or return None where its quoting is broken."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


class Layout(NamedTuple):
    """Say how a CSV file is laid out.

    Attributes:
        delimiter: What separates fields.
        width: Number of fields that the header promises.
        encoding: Encoding of the text; UTF-8 where None.
    """

    delimiter: str
    width: int
    encoding: str | None


def read_rows(
    path: Path, layout: Layout, issues: list[RowIssue]
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, fields) of every row that can be read, after the header.

    Args:
        path: A CSV file, also gzipped.
        layout: Delimiter, width and encoding.
        issues: Receives what could not be read, in the order of the file.
    """
    delimiter, width, encoding = layout
    lines = _Lines(decoded_lines(path, encoding))
    lines.take()  # the header was read by whoever knows the width
    while (taken := lines.take()) is not None:
        number, text, raw = taken
        if text is None:
            shown = raw.decode("latin-1")
            issues.append(RowIssue(number, WRONG_ENCODING, shown))
            continue
        if not text:
            continue
        fields = split_line(text, delimiter)
        if fields is None and text.count('"') % 2 == 1:
            fields = _continued(lines, text, delimiter, width)
        if fields is None:
            issues.append(RowIssue(number, BROKEN_QUOTING, text))
        elif len(fields) != width:
            reason = f"wrong number of fields: {len(fields)} instead of {width}"
            issues.append(RowIssue(number, reason, text))
        else:
            yield number, fields


def _continued(lines: "_Lines", text: str, delimiter: str, width: int) -> list[str] | None:
    """Join a record whose quotes span lines; None, and nothing consumed, where they never close."""
    parts = [text]
    for ahead, (_, following, _) in enumerate(lines.peek(MAX_LINES), start=1):
        if following is None:
            return None
        # A line that is a whole row by itself was swallowed by a quote left open further up.
        alone = split_line(following, delimiter)
        if width >= TELLING_COLUMNS and alone is not None and len(alone) == width:
            return None
        parts.append(following)
        if following.count('"') % 2 == 1:
            fields = split_line("\n".join(parts), delimiter)
            if fields is None or len(fields) != width:
                return None
            lines.skip(ahead)
            return fields
    return None


class _Lines:
    """Read lines with a look ahead that does not consume."""

    def __init__(self, source: Iterator[tuple[int, str | None, bytes]]) -> None:
        self._source = source
        self._ahead: list[tuple[int, str | None, bytes]] = []

    def take(self) -> tuple[int, str | None, bytes] | None:
        """Take the next line, or None at the end."""
        return self._ahead.pop(0) if self._ahead else next(self._source, None)

    def peek(self, count: int) -> Iterator[tuple[int, str | None, bytes]]:
        """Yield up to ``count`` following lines without taking them."""
        for index in range(count):
            if index == len(self._ahead):
                more = list(islice(self._source, 1))
                if not more:
                    return
                self._ahead.extend(more)
            yield self._ahead[index]

    def skip(self, count: int) -> None:
        """Drop lines that a record has used."""
        del self._ahead[:count]
