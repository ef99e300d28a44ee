"""Limits of tables."""

from typing import Any

from evals.slack_server.limits.check import Check
from evals.slack_server.limits.rich import check_rich_text

ROWS = 100
COLUMNS = 20
CHARACTERS = 10_000


def check_table(check: Check, block: dict[str, Any], path: str) -> None:
    """Check a table, its cells and how much text it holds."""
    check.tables += 1
    size = 0
    for row_at, row in enumerate(check.count(block.get("rows"), f"{path}/rows", 1, ROWS)):
        cells = check.count(row, f"{path}/rows/{row_at}", 1, COLUMNS)
        for at, cell in enumerate(cells):
            size += _cell(check, cell, f"{path}/rows/{row_at}/{at}")
    if size > CHARACTERS:
        check.say(f"{path}/rows", f"cells must have less than {CHARACTERS + 1} characters in all")
    for at, setting in enumerate(
        check.count(block.get("column_settings", []), f"{path}/column_settings", 0, COLUMNS)
    ):
        here = f"{path}/column_settings/{at}"
        if setting is not None:
            check.known(setting, {"align", "is_wrapped"}, here)
            check.one_of(setting, "align", here, "left", "center", "right")


def _cell(check: Check, cell: Any, path: str) -> int:
    kind = cell.get("type") if isinstance(cell, dict) else None
    if kind == "raw_text":
        text = cell.get("text")
        if not isinstance(text, str) or not text:
            check.say(f"{path}/text", "must be more than 0 characters")
        return len(str(text))
    if kind == "raw_number":
        if not isinstance(cell.get("value"), int | float):
            check.say(f"{path}/value", "must be a number")
        return len(str(cell.get("text", cell.get("value"))))
    if kind == "rich_text":
        check_rich_text(check, cell, path)
        return len("".join(_texts(cell)))
    check.say(f"{path}/type", f"unsupported type: {kind}")
    return 0


def _texts(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [str(part["text"])] if "text" in part else []
        return own + _texts(part.get("elements", []))
    return [text for item in part for text in _texts(item)] if isinstance(part, list) else []
