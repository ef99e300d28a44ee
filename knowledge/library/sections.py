"""Split Markdown into the sections that are searched and cited, at their exact places."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

HEADING = re.compile(r"^(#{1,3})[ \t]+(.+?)[ \t]*#*[ \t]*$")
FENCE = re.compile(r"^\s*(```|~~~)")
OPENING = "Overview"  # what stands before the first heading
# A paragraph, or an item of a list with its wrapped lines.
BLOCK = re.compile(r"\S(?:.|\n(?!\s*(?:\n|[-*+] |\d+[.)] )))*")
# The encoder reads 256 tokens, about 1,100 characters of English.
LONGEST = 1_100


@dataclass(frozen=True)
class Section:
    """Hold a piece of a document, verbatim.

    Attributes:
        slug: Unique within the document.
        heading: The heading that it stands under.
        text: Exactly as in the file.
        start: Offset of ``text`` in the file's text.
    """

    slug: str
    heading: str
    text: str
    start: int


def split(text: str, start: int = 0) -> list[Section]:
    """Split the body of a Markdown document by heading, long sections by paragraph or list item.

    Args:
        text: The whole file's text.
        start: Offset at which the body begins (after the front matter).
    """
    sections: list[Section] = []
    taken: set[str] = set()
    for heading, first, last in _headed(text, start):
        for begin, end in _pieces(text, first, last):
            slug = base = slugify(heading)
            number = 2
            while slug in taken:
                slug = f"{base}-{number}"
                number += 1
            taken.add(slug)
            sections.append(Section(slug, heading, text[begin:end], begin))
    return sections


def slugify(heading: str) -> str:
    """Make a heading fit for an id."""
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "section"


def _headed(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    heading, begin, offset, fenced = OPENING, start, start, False
    for line in text[start:].splitlines(keepends=True):
        fenced ^= bool(FENCE.match(line))
        match = None if fenced else HEADING.match(line.rstrip("\r\n"))
        if match:
            yield heading, begin, offset
            # The title is the document's; what follows it is still the opening.
            heading = OPENING if match[1] == "#" else match[2]
            begin = offset + len(line)
        offset += len(line)
    yield heading, begin, offset


def _pieces(text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Trim a section and cut it between blocks where it is too long to embed whole."""
    begin = end = None
    for block in BLOCK.finditer(text, first, last):
        low, high = block.span()
        while high > low and text[high - 1].isspace():
            high -= 1
        if begin is not None and end is not None and high - begin > LONGEST:
            yield begin, end
            begin = None
        begin = low if begin is None else begin
        end = high
    if begin is not None and end is not None:
        yield begin, end
