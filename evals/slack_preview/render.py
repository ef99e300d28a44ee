"""Turn Slack messages and views into HTML that looks as Slack shows them."""

import base64
import html
from collections.abc import Callable, Mapping
from typing import Any

from evals.slack_preview.elements import element
from evals.slack_preview.inline import markdown, mrkdwn, plain, rich_text, text_object

Block = dict[str, Any]
Files = Mapping[str, bytes]

_TASK_MARKS = {"pending": "○", "in_progress": "◌", "complete": "✓", "error": "✗"}


def render_message(
    message: Mapping[str, Any], *, author: str = "Weir", files: Files | None = None
) -> str:
    """Show a message with who wrote it; ``files`` holds images by their id."""
    body = render_blocks(message["blocks"], files) if message.get("blocks") else ""
    if not body:
        body = f'<div class="block">{mrkdwn(str(message.get("text") or ""))}</div>'
    initial = html.escape(author[:1].upper())
    kind = "app" if author == "Weir" else "person"
    tag = '<span class="tag">APP</span>' if kind == "app" else ""
    aside = '<div class="small">Only visible to you</div>' if message.get("ephemeral") else ""
    return (
        f'<div class="message"><div class="avatar {kind}">{initial}</div><div class="body">'
        f'<div class="author">{plain(author)} {tag}</div>{aside}{body}</div></div>'
    )


def render_view(view: Mapping[str, Any], files: Files | None = None) -> str:
    """Show a modal or a home tab."""
    body = render_blocks(view["blocks"], files)
    if view["type"] == "home":
        return f'<div class="home">{body}</div>'
    buttons = (
        f'<button class="button default">{text_object(view.get("close")) or "Cancel"}</button>'
    )
    if view.get("submit"):
        buttons += f'<button class="button primary">{text_object(view["submit"])}</button>'
    return (
        f'<div class="modal"><div class="modal-title">{text_object(view["title"])}</div>'
        f'<div class="modal-body">{body}</div><div class="modal-foot">{buttons}</div></div>'
    )


def render_blocks(blocks: list[Block], files: Files | None = None) -> str:
    """Show blocks one below the other."""
    return "".join(
        f'<div class="block {html.escape(block["type"])}">{_block(block, files or {})}</div>'
        for block in blocks
    )


def _block(block: Block, files: Files) -> str:
    if block["type"] == "image":
        return _image(block, files)
    return _SHOWN.get(block["type"], _unknown)(block)


def _section(block: Block) -> str:
    fields = "".join(f"<div>{text_object(field)}</div>" for field in block.get("fields", []))
    aside = block.get("accessory")
    return (
        f"<div><div>{text_object(block.get('text'))}</div>"
        f'<div class="fields">{fields}</div></div>'
        f"{f'<div>{element(aside)}</div>' if aside else ''}"
    )


def _row(block: Block) -> str:
    return "".join(element(part) for part in block["elements"])


def _context(block: Block) -> str:
    return "".join(f"<span>{element(part)}</span>" for part in block["elements"])


def _input(block: Block) -> str:
    optional = ' <span class="small">(optional)</span>' if block.get("optional") else ""
    hint = f'<div class="small">{text_object(block.get("hint"))}</div>'
    return (
        f"<label>{text_object(block['label'])}{optional}</label>{element(block['element'])}{hint}"
    )


def _table(block: Block) -> str:
    settings = block.get("column_settings") or []
    rows = []
    for number, row in enumerate(block["rows"]):
        tag = "td" if number else "th"
        cells = "".join(
            f'<{tag} class="{_aligned(settings, place)}">{_cell(cell)}</{tag}>'
            for place, cell in enumerate(row)
        )
        rows.append(f"<tr>{cells}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _aligned(settings: list[dict[str, Any] | None], place: int) -> str:
    setting = (settings[place] if place < len(settings) else None) or {}
    return html.escape(str(setting.get("align", "left")))


def _cell(cell: dict[str, Any]) -> str:
    return rich_text(cell) if cell["type"] == "rich_text" else plain(str(cell.get("text", "")))


def _image(block: Block, files: Files) -> str:
    found = files.get((block.get("slack_file") or {}).get("id", ""))
    title = f'<div class="small">{text_object(block.get("title"))}</div>'
    if found is None:
        return f'{title}<div class="small">[{plain(block["alt_text"])}]</div>'
    encoded = base64.b64encode(found).decode()
    return (
        f'{title}<img alt="{html.escape(block["alt_text"])}" src="data:image/png;base64,{encoded}">'
    )


def _task(block: Block) -> str:
    mark = _TASK_MARKS.get(block["status"], "○")
    said = "".join(rich_text(block[part]) for part in ("details", "output") if block.get(part))
    title = plain(block["title"])
    return (
        f'<div class="task {block["status"]}">{mark} {title}<div class="small">{said}</div></div>'
    )


def _plan(block: Block) -> str:
    tasks = "".join(_task(task) for task in block.get("tasks") or [])
    return f"<details open><summary>{plain(block['title'])}</summary>{tasks}</details>"


def _card(block: Block) -> str:
    parts = "".join(
        f'<div class="card-{name}">{text_object(block[name])}</div>'
        for name in ("title", "subtitle", "body")
        if block.get(name)
    )
    buttons = "".join(element(part) for part in block.get("actions") or [])
    return f"{parts}<div class='actions'>{buttons}</div>"


def _carousel(block: Block) -> str:
    return "".join(f'<div class="card">{_card(card)}</div>' for card in block["elements"])


def _container(block: Block) -> str:
    title = text_object(block.get("title"))
    return f"<div class='card-title'>{title}</div>{render_blocks(block['child_blocks'])}"


def _unknown(block: Block) -> str:
    return f'<span class="small">({html.escape(block["type"])})</span>'


_SHOWN: dict[str, Callable[[Block], str]] = {
    "section": _section,
    "header": lambda block: text_object(block["text"]),
    "context": _context,
    "context_actions": _row,
    "actions": _row,
    "divider": lambda _block: "<hr>",
    "markdown": lambda block: markdown(block["text"]),
    "rich_text": rich_text,
    "input": _input,
    "table": _table,
    "task_card": _task,
    "plan": _plan,
    "alert": lambda block: text_object(block["text"]),
    "card": _card,
    "carousel": _carousel,
    "container": _container,
}
