"""Buttons: the opaque id that one carries, and what it stands for.

What a click may do is looked up here, never read from the click: whoever forges a payload can
name an id, but not what it means.
"""

import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from agent.slack.tables import BUTTON


@dataclass(frozen=True)
class Button:
    """Hold what a button stands for.

    Attributes:
        id: The opaque id.
        team: Workspace it was shown in.
        what: What it does.
        subject: What it does it to.
        payload: Whatever else was noted when it was made.
    """

    id: str
    team: str
    what: str
    subject: str
    payload: dict[str, Any]


def mint(tx: sa.Connection, team: str, what: str, subject: str, *, at: str, **payload: Any) -> str:
    """Give the id of a button, the same one whenever it is drawn again.

    Args:
        tx: A transaction that may write.
        team: Workspace that the button is shown in.
        what: What it does.
        subject: What it does it to.
        at: Stamp of now.
        payload: Whatever else it must know; kept as it was the first time.
    """
    same = sa.and_(BUTTON.c.team == team, BUTTON.c.what == what, BUTTON.c.subject == subject)
    query = sa.select(BUTTON.c.id).where(same)
    found = tx.execute(query).scalar_one_or_none()
    if found is not None:
        return str(found)
    fresh = f"b_{secrets.token_hex(10)}"
    row = {
        "id": fresh,
        "team": team,
        "what": what,
        "subject": subject,
        "payload": payload,
        "created_at": at,
    }
    try:
        with tx.begin_nested():
            tx.execute(BUTTON.insert().values(row))
    except sa.exc.IntegrityError:
        # Another process drew the same button in this instant.
        return str(tx.execute(query).scalar_one())
    return fresh


def look_up(tx: sa.Connection, team: str, button_id: str | None) -> Button | None:
    """Find what a button stands for; None for an unknown id and for another workspace's."""
    if not button_id:
        return None
    row = tx.execute(
        sa.select(BUTTON).where(BUTTON.c.id == button_id, BUTTON.c.team == team)
    ).one_or_none()
    if row is None:
        return None
    return Button(row.id, row.team, row.what, row.subject, dict(row.payload))
