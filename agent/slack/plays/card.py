"""The card of a play: what a manager reads in ten seconds, and what they may click.

Pure: the same play gives the same blocks, whoever looks at them, so that a card which stands in
several places can be compared with what it should show.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.slack.blocks import (
    FALLBACK_TEXT,
    Block,
    Element,
    actions,
    button,
    confirm,
    context,
    header,
    option,
    section,
)
from agent.slack.plays import receipt
from agent.slack.plays.stamp import stamp_lines
from agent.slack.plays.words import (
    Called,
    Shown,
    by_target,
    changes,
    effect_words,
    fitted,
    held_out,
    label,
    listed,
    quoted,
    sentences,
    shared_task,
    short,
    state_line,
    state_words,
    treated,
    when,
    writes,
)
from agent.slack.text import clip, plain
from agent.words import counted

# What a click is called; the value that comes with it says which play.
APPROVE = "play_approve"
EDIT = "play_edit"
REJECT = "play_reject"
SNOOZE = "play_snooze"
WHY = "play_why"
MORE = "play_more"
HAND_OVER = "play_hand_over"
UNDO = "play_undo"
AGAIN = "play_again"
TARGETS = "play_targets"
PAGE_BACK = "play_page_back"
PAGE_ON = "play_page_on"

# Gives the opaque id of a button: of what is clicked and, in a list, which page.
Buttons = Callable[..., str]

_MOST_TARGETS = 6
_MOST_EVIDENCE = 2
_MOST_QUOTES = 2
_REASON = 600
_EVIDENCE = 260
_QUOTE = 300
_BASIS = 120
_DELIVERY = 300
# Kinds of evidence that are shown behind "Why".
_BEHIND = frozenset({"finding", "record"})


@dataclass(frozen=True)
class Asked:
    """Say who is asked to decide.

    Attributes:
        quorum: How many different people have to approve.
        names: Who may.
        obstacle: Why nobody can approve as things stand, None where somebody can.
    """

    quorum: int = 1
    names: Sequence[str] = ()
    obstacle: str | None = None


def play_card(
    shown: Shown,
    *,
    buttons: Buttons,
    asked: Asked | None = None,
    called: Called = str,
    notes: Sequence[str] = (),
) -> list[Block]:
    """Build the card of a play.

    Args:
        shown: The play, as ``PlayDesk.show`` gives it.
        buttons: Gives the opaque id for an action id.
        asked: Who decides, while the play is pending.
        called: Names a person by e-mail.
        notes: Lines of small print for who looks after the play, such as a hand-over; safe text.
    """
    blocks = [
        header(label(shown["title"])),
        context(" · ".join(_facts(shown, called))),
        section(_why(shown)),
        section(fields=[_who(shown), _effect(shown)]),
        section(_all_changes(shown), accessory=_all_targets(shown, buttons)),
        section(_changes(shown)),
    ]
    quotes = [
        f"> “{quoted(quote['quote'], _QUOTE)}”  _{short(quote['id'])}_"
        for quote in shown["citations"][:_MOST_QUOTES]
    ]
    if quotes:
        blocks.append(section(fitted(quotes)))
    small = [*notes, *([short(shown["delivery"], _DELIVERY)] if shown["delivery"] else [])]
    if small:
        blocks.append(context(*small))
    return [*blocks, *_decision(shown, buttons, asked or Asked(), called)]


def card_text(shown: Shown) -> str:
    """Say a card in one sentence, for notifications and readers without blocks."""
    words = state_words(shown["state"])
    text = f"{words}: {plain(shown['title'])} ({shown['id']})"
    # Slack reads this as mrkdwn too.
    return clip(short(text, FALLBACK_TEXT // 5), FALLBACK_TEXT)


def _facts(shown: Shown, called: Called) -> list[str]:
    facts = [state_line(shown)]
    if shown["state"] == "pending":
        facts.append(f"decide by {when(shown['expires_at'])}")
    if shown["revision"] > 1:
        facts.append(f"revision {shown['revision']}")
    facts += [f"drafted by {short(called(shown['created_by']))}", short(shown["id"])]
    return facts


def _why(shown: Shown) -> str:
    why = f"*Why*  {short(shown['why']['text'], _REASON)}"
    drivers = shown["why"]["drivers"]
    if drivers:
        words = [driver.replace("_", " ") for driver in drivers]
        why += f" Driven by {listed(words, word='and')}."
    # Single records say little without their names; they stand behind the button.
    said = shown["why"]["text"]
    evidence = [item["text"] for item in shown["evidence"] if item["kind"] not in _BEHIND]
    texts = [text for text in dict.fromkeys(evidence) if text not in said]
    return fitted([why, *(f"•  {sentences(text, _EVIDENCE)}" for text in texts[:_MOST_EVIDENCE])])


def _who(shown: Shown) -> str:
    given = counted(len(treated(shown)), "lead")
    text = f"*Who*\n{given} get the changes"
    held = len(held_out(shown))
    if held:
        get = "gets" if held == 1 else "get"
        text += f"; {held} more, drawn by lot, {get} none, so that the worth can be measured"
    return f"{text}."


def _effect(shown: Shown) -> str:
    effect = shown["expected_effect"]
    return f"*Expected*\n{effect_words(effect)}\n_{sentences(effect['basis'], _BASIS)}_"


def _all_changes(shown: Shown) -> str:
    task = shared_task(shown)
    each = f"\nEach gets a task for its owner: {task}" if task and _for_owners(shown) else ""
    each = each or (f"\nEach gets a task: {task}" if task else "")
    return f"*Before → after*  {writes(shown)}{each}"


def _for_owners(shown: Shown) -> bool:
    return all(
        action["params"].get("assignee", "owner") == "owner"
        for action in shown["actions"]
        if action["kind"] == "create_task"
    )


def _changes(shown: Shown) -> str:
    grouped = list(by_target(shown).values())
    # What went wrong stands first: that is what somebody has to look after.
    grouped.sort(key=lambda done: not any(receipt.is_problem(action) for action in done))
    lines, task = [], shared_task(shown)
    for done in grouped[:_MOST_TARGETS]:
        name = short(done[0]["target"]["name"])
        sign = receipt.mark(done)
        words = changes(done, task=task)
        lines.append(f"{f'{sign} ' if sign else '•  '}*{name}*  {words}")
    if len(grouped) > _MOST_TARGETS:
        left = counted(len(grouped) - _MOST_TARGETS, "more lead", "more leads")
        lines.append(f"… and {left} like these")
    return fitted(lines)


def _all_targets(shown: Shown, buttons: Buttons) -> Element:
    number = len(treated(shown))
    words = "The 1 lead" if number == 1 else f"All {number:,} leads"
    return button(words, TARGETS, buttons(TARGETS, page=0))


def _decision(shown: Shown, buttons: Buttons, asked: Asked, called: Called) -> list[Block]:
    """Ask for the decision, or say what became of it."""
    state = shown["state"]
    if state == "pending":
        blocks = [context(_policy(shown, asked, called))]
        return [*blocks, _choices(shown, buttons, can_approve=asked.obstacle is None)]
    stamp = section(fitted(stamp_lines(shown, called)))
    if state == "expired":
        again = button("Request again", AGAIN, buttons(AGAIN), style="primary")
        return [stamp, actions(again, _why_button(buttons))]
    if receipt.can_be_undone(shown):
        return [stamp, actions(_undo_button(shown, buttons), _why_button(buttons))]
    return [stamp, actions(_why_button(buttons))]


def _policy(shown: Shown, asked: Asked, called: Called) -> str:
    if asked.obstacle is not None:
        return f":warning: {short(asked.obstacle, _REASON)}"
    needed = counted(asked.quorum, "approval")
    verb = "is" if asked.quorum == 1 else "are"
    word = "and" if asked.quorum >= len(asked.names) else "or"
    names = f", from {listed(asked.names, word=word)}" if asked.names else ""
    text = f"{needed} {verb} needed{names}, until {when(shown['expires_at'])}"
    given = [called(approval["approver"]) for approval in shown["approvals"]]
    if given:
        text += f". *{len(given)} of {asked.quorum}* so far: {listed(given, word='and')}"
    return text


def _choices(shown: Shown, buttons: Buttons, *, can_approve: bool) -> Block:
    number = counted(len(shown["actions"]), "write")
    approve = button(
        "Approve",
        APPROVE,
        buttons(APPROVE),
        style="primary",
        confirm=confirm(
            "Approve this play?",
            f"It makes {number} in the CRM, for {counted(len(treated(shown)), 'lead')}. "
            f"{_undo_words(shown)}",
            yes="Approve",
        ),
    )
    more = {
        "type": "overflow",
        "action_id": MORE,
        "options": [
            option("Hand over", buttons(HAND_OVER)),
            option("All targets", buttons(TARGETS, page=0)),
        ],
    }
    rest = [
        button("Edit", EDIT, buttons(EDIT)),
        button("Reject", REJECT, buttons(REJECT), style="danger"),
        button("Snooze", SNOOZE, buttons(SNOOZE)),
        _why_button(buttons),
        more,
    ]
    return actions(*([approve] if can_approve else []), *rest)


def _undo_words(shown: Shown) -> str:
    notes = {action["undo"] for action in shown["actions"]}
    return next(iter(notes)) if len(notes) == 1 else "Each of them can be undone."


def _why_button(buttons: Buttons) -> Element:
    return button("Why", WHY, buttons(WHY))


def _undo_button(shown: Shown, buttons: Buttons) -> Element:
    number = counted(receipt.undo_count(shown), "write")
    question = confirm(
        "Undo this play?",
        f"This takes back {number}; a record that somebody changed since is left as it is.",
        yes="Undo",
    )
    return button("Undo", UNDO, buttons(UNDO), style="danger", confirm=question)
