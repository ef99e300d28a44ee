"""Layout: an answer's text as Slack's Markdown shows it best; what it says stays the same."""

import re

from agent import words

_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,2}[.)])\s")
_INDENTED = re.compile(r"\s{2,}\S")
_FENCE = "```"
# Marks that begin something else than a paragraph: a quotation, a table, a heading.
_OTHER = (">", "|", "#")
_SENTENCE_END = re.compile(r"[.:!?\])`]$")
# An id in brackets, of something of ours, of a record in a source, or of a section.
_ID = re.compile(
    r"\[((?:leak|score|play|exp)_\w+|[A-Za-z][\w.-]*:[\w-]*\d[\w-]*|[\w./-]+#[\w-]+)\](?![(:])"
)
_CODE = re.compile(r"(`[^`\n]*`)")
_DAY = re.compile(r"(?<![\w/.-])\d{4}-\d{2}-\d{2}(?![\w/-])")


def laid_out(text: str) -> str:
    """Put empty lines around lists and between sentences of their own, and mark ids.

    Without the empty line Slack takes what follows a list for a part of its last item.
    """
    shown: list[str] = []
    fenced = False
    for line in text.split("\n"):
        is_fence = line.lstrip().startswith(_FENCE)
        if not fenced and not is_fence:
            if shown and _parts(shown[-1], line):
                shown.append("")
            shown.append(_marked(line))
        else:
            shown.append(line)
        fenced ^= is_fence
    return "\n".join(shown)


def _parts(before: str, line: str) -> bool:
    """Tell whether an empty line belongs between two lines."""
    if not before.strip() or not line.strip() or before.lstrip().startswith(_FENCE):
        return False
    if line.startswith(_OTHER) or before.startswith(_OTHER):
        return before.startswith(">") and not line.startswith(_OTHER)
    if _INDENTED.match(line):
        return False
    was_item = bool(_ITEM.match(before) or _INDENTED.match(before))
    is_item = bool(_ITEM.match(line))
    if was_item or is_item:
        return was_item != is_item
    return bool(_SENTENCE_END.search(before.rstrip()))


def _marked(line: str) -> str:
    """Write ids in small letters of one width and days as people do, except in quotations."""
    if line.startswith(">"):
        return line
    pieces = _CODE.split(line)
    return "".join(
        piece if piece.startswith("`") else _ID.sub(r"`\1`", _DAY.sub(_spoken, piece))
        for piece in pieces
    )


def _spoken(match: "re.Match[str]") -> str:
    return words.day(match.group())
