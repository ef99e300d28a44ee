"""All targets of a play in pages: before and after of each, and what became of it."""

from agent.slack.blocks import Block, actions, button, context, modal, section
from agent.slack.plays import receipt
from agent.slack.plays.card import PAGE_BACK, PAGE_ON, Buttons
from agent.slack.plays.words import (
    Shown,
    by_target,
    change,
    fitted,
    held_out,
    short,
    state_line,
    treated,
)
from agent.words import counted

CALLBACK = "play_targets_list"
PER_PAGE = 20
TARGETS_PAGE = "play_targets_page"
_REASON = 200


def pages(shown: Shown) -> int:
    """Count the pages of the list."""
    return max(1, -(-len(_rows(shown)) // PER_PAGE))


def targets_view(shown: Shown, *, page: int, buttons: Buttons) -> Block:
    """Build a page of the list of targets.

    Args:
        shown: The play, as ``PlayDesk.show`` gives it.
        page: Which page, from 0; one beyond the end gives the last.
        buttons: Gives the opaque id for an action id and a page.
    """
    rows, last = _rows(shown), pages(shown) - 1
    page = min(max(page, 0), last)
    first = page * PER_PAGE
    part = rows[first : first + PER_PAGE]
    numbers = [counted(len(treated(shown)), "lead") + " get the changes"]
    if held_out(shown):
        numbers.append(f"{len(held_out(shown))} held out")
    if shown["left_out"]:
        numbers.append(f"{len(shown['left_out'])} left out")
    blocks = [
        context(f"{state_line(shown)} · {' · '.join(numbers)}"),
        *[section(fitted(row)) for row in part],
        context(f"{first + 1:,} to {first + len(part):,} of {len(rows):,}"),
    ]
    turns = []
    if page > 0:
        turns.append(button("Back", PAGE_BACK, buttons(TARGETS_PAGE, page=page - 1)))
    if page < last:
        turns.append(button("More", PAGE_ON, buttons(TARGETS_PAGE, page=page + 1)))
    if turns:
        blocks.append(actions(*turns))
    return modal("All targets", blocks, callback_id=CALLBACK)


def _rows(shown: Shown) -> list[list[str]]:
    """Give the lines of each target: those that are treated, held out and left out."""
    grouped = by_target(shown)
    rows = []
    for target in treated(shown):
        lines = [f"*{short(target['name'])}*"]
        for action in grouped.get(target["id"], ()):
            lines.append(f"•  {change(action)}")
            became = receipt.result(action)
            if became:
                lines.append(f"      {became}")
        rows.append(lines)
    rows += [
        [f"*{short(target['name'])}*", "Held out: gets no change."] for target in held_out(shown)
    ]
    rows += [
        [f"*{short(item['name'])}*", f"Left out: {short(item['reason'], _REASON)}"]
        for item in shown["left_out"]
    ]
    return rows
