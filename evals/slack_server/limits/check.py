"""Collects what breaks a limit, with the place, in the words that Slack uses."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Surface = Literal["message", "modal", "home"]
ID_LENGTH = 255
_TEXTS = ("plain_text", "mrkdwn")


@dataclass
class Check:
    """Hold where the blocks will stand and what was found wrong.

    Attributes:
        surface: Where the blocks are shown.
        files: Ids of files that may be shown.
        found: Sentences, each with a JSON pointer.
        tables: How many tables there are.
        markdown: Characters of Markdown over all blocks.
    """

    surface: Surface = "message"
    files: Container[str] = ()
    found: list[str] = field(default_factory=list)
    tables: int = 0
    markdown: int = 0

    def say(self, path: str, sentence: str) -> None:
        """Note what is wrong."""
        self.found.append(f"[ERROR] {sentence} [json-pointer:{path}]")

    def string(self, value: Any, path: str, most: int, *, least: int = 1) -> None:
        """Check a string's length, in characters."""
        if not isinstance(value, str):
            self.say(path, "must be a string")
        elif len(value) > most:
            self.say(path, f"must be less than {most + 1} characters")
        elif len(value) < least:
            self.say(path, f"must be more than {least - 1} characters")

    def optional(self, holder: dict[str, Any], name: str, path: str, most: int) -> None:
        """Check a string where there is one."""
        if name in holder:
            self.string(holder[name], f"{path}/{name}", most, least=0)

    def text(
        self, value: Any, path: str, most: int, *, kinds: Sequence[str] = _TEXTS, least: int = 1
    ) -> None:
        """Check a text object."""
        if not isinstance(value, dict):
            self.say(path, "must provide an object")
            return
        kind = value.get("type")
        if kind not in kinds:
            self.say(f"{path}/type", f"unsupported type: {kind}")
        if kind == "mrkdwn" and "emoji" in value:
            self.say(path, "invalid additional property: emoji")
        if kind == "plain_text" and "verbatim" in value:
            self.say(path, "invalid additional property: verbatim")
        self.string(value.get("text"), f"{path}/text", most, least=least)

    def plain(self, value: Any, path: str, most: int) -> None:
        """Check a text object without formatting."""
        self.text(value, path, most, kinds=("plain_text",))

    def count(self, items: Any, path: str, least: int, most: int) -> list[Any]:
        """Check how many items a list has; give them, or none where it is no list."""
        if not isinstance(items, list):
            self.say(path, "must provide an array")
            return []
        if len(items) > most:
            self.say(path, f"no more than {most} items allowed")
        if len(items) < least:
            self.say(path, f"must be more than {least - 1} items")
        return items

    def known(self, holder: dict[str, Any], allowed: Container[str], path: str) -> None:
        """Check that an object has no fields that Slack does not know."""
        for name in holder:
            if name not in allowed:
                self.say(path, f"invalid additional property: {name}")

    def one_of(self, holder: dict[str, Any], name: str, path: str, *values: str) -> None:
        """Check that a field, where there is one, has a value that Slack knows."""
        if name in holder and holder[name] not in values:
            self.say(f"{path}/{name}", f"must be one of {', '.join(values)}")
