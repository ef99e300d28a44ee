"""Pieces: the part of a growing text that can be shown, as what follows can't change it."""

import re

from agent.slack.text import markdown

# A link whose end has not come yet: what follows decides how it is shown.
_OPEN_LINK = re.compile(r"!?(?:\[[^\[\]]*(?:\](?:\([^()]*)?)?)?\Z")
_OPEN_REFERENCE = re.compile(r"^\s{0,3}\[[^\]]*(?:\](?::[^\n]*(?:\n\s*[^\n]*)?)?)?\Z", re.MULTILINE)
_LAST_WORD = re.compile(r"\S*\Z")
# Slack takes 12,000 characters of Markdown in a message; the whole answer is shown at the end.
MOST = 11_000


def settled(text: str) -> str:
    """Cut a text where nothing that may follow changes how the part before is shown."""
    kept = _LAST_WORD.sub("", text)
    while True:
        cut = min(_start(_OPEN_LINK, kept), _start(_OPEN_REFERENCE, kept))
        if cut == len(kept):
            # A reference takes the empty lines before it away with it.
            return kept.rstrip()
        kept = _LAST_WORD.sub("", kept[:cut])


class Pieces:
    """Collect the pieces of an answer; what was shown once is never taken back."""

    def __init__(self) -> None:
        self._message_id: str | None = None
        self._raw = ""
        self._before = ""
        self.shown = ""

    def feed(self, text: str, message_id: str) -> None:
        """Take the next piece; a new message id begins a new paragraph."""
        if self._message_id is not None and message_id != self._message_id:
            self._show(markdown(self._raw))
            self._before = f"{self.shown}\n\n" if self.shown else ""
            self._raw = ""
        self._message_id = message_id
        self._raw += text
        self._show(markdown(settled(self._raw)))

    def close(self) -> None:
        """Show what was held back."""
        self._show(markdown(self._raw))

    @property
    def raw(self) -> str:
        """Give the message that is being written, as it was written."""
        return self._raw

    def _show(self, text: str) -> None:
        whole = self._before + text
        if len(whole) <= MOST and whole.startswith(self.shown):
            self.shown = whole


def _start(pattern: "re.Pattern[str]", text: str) -> int:
    found = pattern.search(text)
    return found.start() if found else len(text)
