"""Question: what a person wrote, as plain text without Slack's marks."""

import re
from collections.abc import Callable

from agent.slack.text import clean

LONGEST = 4000
_USER = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
_CHANNEL = re.compile(r"<#[A-Z0-9]+(?:\|([^>]*))?>")
_SPECIAL = re.compile(r"<!(?:subteam\^[A-Z0-9]+|([a-z]+)|date\^[^|>]*)(?:\|([^>]*))?>")
_LINK = re.compile(r"<((?:https?|mailto|tel|slack)[^|>]*)(?:\|([^>]*))?>")
_SPACE = re.compile(r"[ \t]+")


def read(text: str, own: str, name_of: Callable[[str], str]) -> str:
    """Read a message.

    Args:
        text: As Slack gives it: mentions and links in angle brackets, signs escaped.
        own: User id of the bot, whose mention is left out.
        name_of: Gives the name of another user who is mentioned.
    """
    shown = _USER.sub(lambda m: "" if m[1] == own else name_of(m[1]), text)
    shown = _CHANNEL.sub(lambda m: f"#{m[1]}" if m[1] else "", shown)
    shown = _SPECIAL.sub(lambda m: m[2] or (f"@{m[1]}" if m[1] else ""), shown)
    shown = _LINK.sub(lambda m: m[2] or m[1].removeprefix("mailto:"), shown)
    shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    lines = (_SPACE.sub(" ", line).strip() for line in clean(shown).split("\n"))
    return "\n".join(lines).strip()[:LONGEST]


def asks_for_help(question: str) -> bool:
    """Say whether a person wants to know what can be asked."""
    words = question.casefold().strip(" ?!.")
    return words in {"", "help", "hilfe", "what can you do", "what can i ask", "how do you work"}
