"""Block Kit within Slack's documented limits: whatever the data, what is built can be sent.

Texts given here are shown as they are: pass data through ``text.data`` or ``text.plain`` first.
Limits: https://docs.slack.dev/reference/block-kit
"""

from collections.abc import Iterable, Sequence
from typing import Any

from agent.slack.text import clip, plain

Block = dict[str, Any]
Element = dict[str, Any]

BLOCKS_PER_MESSAGE = 50
BLOCKS_PER_VIEW = 100
SECTION_TEXT = 3000
FIELDS = 10
FIELD_TEXT = 2000
HEADER_TEXT = 150
CONTEXT_ELEMENTS = 10
CONTEXT_TEXT = 2000
ACTION_ELEMENTS = 25
BUTTON_TEXT = 75
OPTION_TEXT = 75
OPTIONS = 100
MODAL_TITLE = 24
LABEL_TEXT = 2000
INPUT_TEXT = 3000
PLACEHOLDER_TEXT = 150
ALT_TEXT = 2000
MARKDOWN_TEXT = 12_000
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLE_TEXT = 10_000
PRIVATE_METADATA = 3000
FALLBACK_TEXT = 3000
# Slack refuses an empty text, and one of spaces.
NOTHING = "-"
_MORE = "… and {} more"
_CELL_TEXT = 500


def mrkdwn(text: str, limit: int = SECTION_TEXT) -> Element:
    """Give a text with Slack's formatting; Slack adds no links or mentions of its own."""
    return {"type": "mrkdwn", "text": clip(text, limit) or NOTHING, "verbatim": True}


def plain_text(text: str, limit: int) -> Element:
    """Give a text without formatting."""
    return {"type": "plain_text", "text": clip(plain(text), limit) or NOTHING, "emoji": True}


def header(text: str) -> Block:
    """Build a heading."""
    return {"type": "header", "text": plain_text(text, HEADER_TEXT)}


def section(
    text: str = "", *, fields: Sequence[str] = (), accessory: Element | None = None
) -> Block:
    """Build a paragraph, or up to ten fields in two columns."""
    block: Block = {"type": "section"}
    if text or not fields:
        block["text"] = mrkdwn(text)
    if fields:
        block["fields"] = [mrkdwn(field, FIELD_TEXT) for field in fields[:FIELDS]]
    if accessory is not None:
        block["accessory"] = accessory
    return block


def context(*texts: str) -> Block:
    """Build a line of small print."""
    return {
        "type": "context",
        "elements": [mrkdwn(text, CONTEXT_TEXT) for text in texts[:CONTEXT_ELEMENTS]],
    }


def divider() -> Block:
    """Build a line."""
    return {"type": "divider"}


def markdown(text: str) -> Block:
    """Build a block of Markdown; a message holds 12,000 characters of it in all."""
    return {"type": "markdown", "text": clip(text, MARKDOWN_TEXT) or NOTHING}


def image(file_id: str, alt: str, *, title: str | None = None) -> Block:
    """Show a file that was uploaded."""
    block: Block = {
        "type": "image",
        "slack_file": {"id": file_id},
        "alt_text": clip(plain(alt), ALT_TEXT) or "image",
    }
    if title:
        block["title"] = plain_text(title, ALT_TEXT)
    return block


def actions(*elements: Element) -> Block:
    """Build a row of buttons and menus."""
    return {"type": "actions", "elements": list(elements[:ACTION_ELEMENTS])}


def button(
    text: str,
    action_id: str,
    value: str | None = None,
    *,
    style: str | None = None,
    confirm: Element | None = None,
    url: str | None = None,
) -> Element:
    """Build a button; ``value`` is an opaque id, see ``buttons``."""
    element: Element = {
        "type": "button",
        "text": plain_text(text, BUTTON_TEXT),
        "action_id": action_id,
    }
    optional = {"value": value, "style": style, "confirm": confirm, "url": url}
    return element | {name: given for name, given in optional.items() if given is not None}


def confirm(title: str, text: str, *, yes: str, no: str = "Cancel") -> Element:
    """Build the question that a button asks before it counts."""
    return {
        "title": plain_text(title, 100),
        "text": plain_text(text, 300),
        "confirm": plain_text(yes, 30),
        "deny": plain_text(no, 30),
    }


def option(text: str, value: str, *, description: str | None = None) -> Element:
    """Build a choice of a menu; values are at most 150 characters and never cut."""
    chosen: Element = {"text": plain_text(text, OPTION_TEXT), "value": value}
    if description:
        chosen["description"] = plain_text(description, OPTION_TEXT)
    return chosen


def menu(
    action_id: str,
    options: Sequence[Element],
    *,
    placeholder: str = "Choose",
    chosen: Element | None = None,
    several: bool = False,
) -> Element:
    """Build a menu of up to a hundred choices."""
    element: Element = {
        "type": "multi_static_select" if several else "static_select",
        "action_id": action_id,
        "placeholder": plain_text(placeholder, PLACEHOLDER_TEXT),
        "options": list(options[:OPTIONS]),
    }
    if chosen is not None and not several:
        element["initial_option"] = chosen
    return element


def text_input(
    action_id: str, *, initial: str = "", multiline: bool = False, most: int = INPUT_TEXT
) -> Element:
    """Build a field to type into."""
    element: Element = {
        "type": "plain_text_input",
        "action_id": action_id,
        "multiline": multiline,
        "max_length": min(most, INPUT_TEXT),
    }
    if initial:
        element["initial_value"] = initial[: min(most, INPUT_TEXT)]
    return element


def field(
    label: str, element: Element, block_id: str, *, hint: str | None = None, optional: bool = False
) -> Block:
    """Build a labelled field of a form; errors are shown beside its ``block_id``."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain_text(label, LABEL_TEXT),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain_text(hint, LABEL_TEXT)
    return block


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, numeric: int = 0) -> Block:
    """Build a native table; what does not fit is counted in a last row.

    Args:
        columns: Headings.
        rows: Cells as text or numbers.
        numeric: How many of the last columns are aligned to the right.
    """
    width = min(len(columns), TABLE_COLUMNS)
    cells = [[_cell(value) for value in columns[:width]]]
    size = sum(len(cell["text"]) for cell in cells[0])
    everything = [[_cell(value) for value in row[:width]] for row in rows]
    for row in everything:
        size += sum(len(cell["text"]) for cell in row)
        left = len(everything) - len(cells) + 1
        full = len(cells) >= TABLE_ROWS - 1 and left > 1
        if full or size > TABLE_TEXT - _CELL_TEXT:
            cells.append([_cell(_MORE.format(left)), *[_cell("") for _ in range(width - 1)]])
            break
        cells.append(row)
    settings = [
        {"align": "right" if place >= width - numeric else "left", "is_wrapped": True}
        for place in range(width)
    ]
    return {"type": "table", "rows": cells, "column_settings": settings}


def modal(
    title: str,
    blocks: Sequence[Block],
    *,
    callback_id: str,
    submit: str | None = None,
    close: str = "Close",
    private: str = "",
) -> Block:
    """Build a modal; ``private`` travels with it and comes back when it is submitted."""
    if len(private) > PRIVATE_METADATA:
        raise ValueError("private metadata of a modal is at most 3,000 characters")
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain_text(title, MODAL_TITLE),
        "close": plain_text(close, MODAL_TITLE),
        "private_metadata": private,
        "blocks": fit(blocks, BLOCKS_PER_VIEW),
    }
    if submit:
        view["submit"] = plain_text(submit, MODAL_TITLE)
    return view


def home(blocks: Sequence[Block]) -> Block:
    """Build a home view."""
    return {"type": "home", "blocks": fit(blocks, BLOCKS_PER_VIEW)}


def fit(blocks: Sequence[Block], most: int = BLOCKS_PER_MESSAGE) -> list[Block]:
    """Keep as many blocks as may be sent; the last one counts those that were left out."""
    if len(blocks) <= most:
        return list(blocks)
    left = len(blocks) - most + 1
    return [*blocks[: most - 1], context(_MORE.format(left))]


def _cell(value: object) -> Element:
    # Slack refuses an empty cell.
    return {"type": "raw_text", "text": clip(plain(value), _CELL_TEXT) or "\u00a0"}
