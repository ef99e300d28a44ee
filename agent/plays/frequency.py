"""How often a person is written to: the cap on messages, counted over all plays."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from agent.plays.play import OPEN_STATES, Action, ActionState, Play
from agent.plays.policy import Policy
from agent.plays.stamps import parse, stamp
from agent.plays.tables import ACTION, PLAY

WEEK = timedelta(days=7)
SEND = "send_content"

_NEVER_SENT = frozenset({ActionState.STALE, ActionState.FAILED})


def too_many_messages(
    tx: sa.Connection, policy: Policy, actions: Sequence[Action], *, at: str
) -> list[str]:
    """Say for each address that actions would write to too often why not.

    Args:
        tx: A transaction on the ledger.
        policy: Gives the cap.
        actions: What is to be approved or drafted.
        at: Stamp of now.
    """
    planned = Counter(_address(action) for action in actions if action.kind == SEND)
    if not planned:
        return []
    had = messages_in_week(tx, at=at)
    cap = policy.caps.messages_per_person_per_week
    return [
        f"{address} was written to {had[address]} times within 7 days, and the policy allows "
        f"{cap} a week"
        for address, number in planned.items()
        if had[address] + number > cap
    ]


def messages_in_week(tx: sa.Connection, *, at: str) -> Counter[str]:
    """Count the messages of approved plays within a week, by address; undone ones don't count."""
    since = stamp(parse(at) - WEEK)
    still_open = PLAY.c.state.in_([state.value for state in OPEN_STATES])
    recent = sa.or_(ACTION.c.started_at >= since, still_open)
    return Counter(_address(action) for action in _sent(tx, recent))


def content_sent(tx: sa.Connection, address: str) -> set[str]:
    """Give the ids of the pieces that plays have ever sent to an address."""
    wanted = address.strip().casefold()
    sent = _sent(tx, sa.true())
    return {str(a.after["content_id"]) for a in sent if _address(a) == wanted}


def _sent(tx: sa.Connection, which: sa.ColumnElement[bool]) -> list[Action]:
    """Read the messages of approved plays, without those that failed or were taken back."""
    query = (
        sa.select(PLAY.c.id, PLAY.c.document, ACTION.c.position, ACTION.c.direction, ACTION.c.state)
        .join(ACTION, ACTION.c.play_id == PLAY.c.id)
        .where(which, sa.cast(PLAY.c.document, sa.Text).contains(SEND))
    )
    sent: set[tuple[str, int]] = set()
    taken_back: set[tuple[str, int]] = set()
    plays: dict[str, Play] = {}
    for row in tx.execute(query):
        place = (row.id, row.position)
        if row.id not in plays:
            plays[row.id] = Play.model_validate(row.document)
        if row.direction == "do" and row.state not in _NEVER_SENT:
            sent.add(place)
        elif row.direction == "undo" and row.state == ActionState.VERIFIED:
            taken_back.add(place)
    actions = [plays[play_id].actions[position] for play_id, position in sent - taken_back]
    return [action for action in actions if action.kind == SEND]


def _address(action: Action) -> str:
    return str(action.after["to"]).strip().casefold()
