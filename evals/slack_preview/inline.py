"""Turn Slack's texts into HTML: mrkdwn, Markdown, plain text and rich text."""

import html
import re
from typing import Any

from markdown_it import MarkdownIt
from rich.emoji import Emoji

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_MARKUP = re.compile(r"<([^<>\s][^<>]*)>")
_MARKS = (
    (re.compile(r"(?<![\w*])\*(?=\S)(.+?)(?<=\S)\*(?![\w*])"), "b"),
    (re.compile(r"(?<![\w_])_(?=\S)(.+?)(?<=\S)_(?![\w_])"), "i"),
    (re.compile(r"(?<![\w~])~(?=\S)(.+?)(?<=\S)~(?![\w~])"), "s"),
)
# Names that Slack has and rich's table has not.
_SLACK_ONLY = {
    "large_yellow_circle": "🟡",
    "large_green_circle": "🟢",
    "large_blue_circle": "🔵",
    "large_orange_circle": "🟠",
    "leftwards_arrow_with_hook": "↩️",
}
_CODE = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)


def plain(text: str) -> str:
    """Show plain text."""
    return html.escape(_emoji(text), quote=False)


def mrkdwn(text: str) -> str:
    """Show a text with Slack's own formatting; only what is not escaped has a meaning."""
    shown = _emoji(text)
    parts, end = [], 0
    for code in _CODE.finditer(shown):
        parts.append(_formatted(shown[end : code.start()]))
        block, word = code.groups()
        parts.append(f"<pre>{block.strip()}</pre>" if block else f"<code>{word}</code>")
        end = code.end()
    return "".join([*parts, _formatted(shown[end:])])


def markdown(text: str) -> str:
    """Show Markdown."""
    return str(_MARKDOWN.render(html.unescape(_emoji(text))))


def text_object(value: dict[str, Any] | str | None) -> str:
    """Show a text object of either sort."""
    if not value:
        return ""
    if isinstance(value, str):
        return plain(value)
    return mrkdwn(value["text"]) if value["type"] == "mrkdwn" else plain(value["text"])


def rich_text(block: dict[str, Any]) -> str:
    """Show a ``rich_text`` block."""
    return "".join(_rich(element) for element in block.get("elements", []))


def _rich(element: dict[str, Any]) -> str:
    kind = element["type"]
    if kind == "text":
        shown = plain(element["text"]).replace("\n", "<br>")
        for style, tag in (("bold", "b"), ("italic", "i"), ("strike", "s"), ("code", "code")):
            if (element.get("style") or {}).get(style):
                shown = f"<{tag}>{shown}</{tag}>"
        return shown
    if kind == "link":
        return _link(element["url"], plain(element.get("text") or element["url"]))
    if kind in {"user", "channel"}:
        return f'<span class="mention">@{html.escape(element.get("user_id", "channel"))}</span>'
    if kind == "emoji":
        return _emoji(f":{element['name']}:")
    inner = "".join(_rich(part) for part in element.get("elements", []))
    if kind == "rich_text_list":
        items = "".join(f"<li>{_rich(part)}</li>" for part in element["elements"])
        tag = "ol" if element.get("style") == "ordered" else "ul"
        return f"<{tag}>{items}</{tag}>"
    tags = {"rich_text_preformatted": "pre", "rich_text_quote": "blockquote"}
    tag = tags.get(kind, "p")
    return f"<{tag}>{inner}</{tag}>"


def _formatted(text: str) -> str:
    parts, end = [], 0
    for mark in _MARKUP.finditer(text):
        parts += [_marked(text[end : mark.start()]), _meaning(mark)]
        end = mark.end()
    lines = [
        f"<blockquote>{line[4:].lstrip()}</blockquote>" if line.startswith("&gt;") else line
        for line in "".join([*parts, _marked(text[end:])]).split("\n")
    ]
    return "<br>".join(lines).replace("</blockquote><br>", "</blockquote>")


def _meaning(mark: "re.Match[str]") -> str:
    """Show what stands between angle brackets: a link, or a mention of somebody."""
    target, _, label = mark.group(1).partition("|")
    if target.startswith(("http", "mailto:")):
        return _link(target, label or target)
    if target.startswith("!date"):
        return html.escape(label)
    return f'<span class="mention">{html.escape(label or target)}</span>'


def _marked(text: str) -> str:
    # A line that begins with the sign itself is a quotation.
    text = re.sub(r"^>", "&gt;", text, flags=re.MULTILINE).replace("<", "&lt;")
    for pattern, tag in _MARKS:
        text = pattern.sub(rf"<{tag}>\1</{tag}>", text)
    return text


def _link(url: str, label: str) -> str:
    return f'<a href="{html.escape(url)}">{label}</a>'


def _emoji(text: str) -> str:
    for name, sign in _SLACK_ONLY.items():
        text = text.replace(f":{name}:", sign)
    return Emoji.replace(text)
