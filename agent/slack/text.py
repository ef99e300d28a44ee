"""Text for Slack: what comes from data is shown as it is, and can do nothing.

CRM names and notes, documents and models all reach Slack through here. Slack reads ``<...>`` as a
mention, a broadcast or a link with any label, so these signs are escaped everywhere; what people
could otherwise be deceived by (hidden direction marks, links whose label lies) is taken out.
"""

import re
import unicodedata

# Marks that reorder what follows them: a name could show as another one.
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BROADCAST = re.compile(r"@(?=(?:channel|here|everyone|group)\b)", re.IGNORECASE)
_EDGE_MARK = re.compile(r"(?<!\w)[*_~]|[*_~](?!\w)")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\(\s*<?([^()\s<>]*)>?[^()]*\)")
_REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*\S+.*$", re.MULTILINE)
_QUOTE = re.compile(r"^((?:>\s?)+)", re.MULTILINE)
# Signs that look the same and format nothing; they stand in only at the edge of a word.
_LOOKALIKES = {"*": "\u2217", "_": "\u02cd", "~": "\u223c"}
_JOINER = "\u2060"  # has no width
ELLIPSIS = "…"


def escape(text: str) -> str:
    """Escape the three signs that Slack gives a meaning."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clean(text: object) -> str:
    """Take out what can't be seen: control signs and marks that reorder text."""
    kept = "".join(
        char for char in str(text) if char in "\n\t" or unicodedata.category(char) != "Cc"
    )
    return _DIRECTION.sub("", kept)


def plain(text: object) -> str:
    """Put data on one line for a ``plain_text`` object, which Slack shows as it is."""
    return " ".join(clean(text).split())


def data(text: object) -> str:
    """Put data into ``mrkdwn``, on one line, with no mention, link or format of its own."""
    one_line = escape(plain(text)).replace("`", "'")
    return _EDGE_MARK.sub(lambda mark: _LOOKALIKES[mark.group()], _defused(one_line))


def markdown(text: object) -> str:
    """Make a text in Markdown safe that a model wrote over data: an answer, say.

    Headings, lists, tables and emphasis stay. A link becomes its label with the address beside
    it, so that a label can't hide where it leads.
    """
    shown = _REFERENCE.sub("", _LINK.sub(_spelled_out, clean(text)))
    quotes = [match.group() for match in _QUOTE.finditer(shown)]
    escaped = iter(quotes)
    body = escape(_QUOTE.sub("\0", shown))
    return _defused(re.sub("\0", lambda _: next(escaped), body))


def clip(text: str, limit: int) -> str:
    """Shorten a text to a limit of Slack's, in characters, with an ellipsis.

    An escaped sign is not cut in two.
    """
    if len(text) <= limit:
        return text
    cut = text[: limit - len(ELLIPSIS)]
    ampersand = cut.rfind("&")
    if ampersand > cut.rfind(";") and len(cut) - ampersand < len("&amp;"):
        cut = cut[:ampersand]
    return cut.rstrip() + ELLIPSIS


def _defused(text: str) -> str:
    return _BROADCAST.sub("@" + _JOINER, text)


def _spelled_out(match: "re.Match[str]") -> str:
    label, address = match.group(1).strip(), match.group(2)
    if not address or label == address:
        return label or address
    return f"{label} ({address})" if label else address
