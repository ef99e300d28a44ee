"""What a person may do with a play now, by the very checks that a click has to pass."""

from dataclasses import dataclass

import sqlalchemy as sa

from agent.plays.again import PlayAgain
from agent.plays.attention import PlayAttention
from agent.plays.gate import Click, Gate
from agent.plays.ledger import StoredPlay
from agent.plays.lifecycle import PlayLifecycle
from agent.plays.stamps import stamp
from agent.plays.undo import PlayUndo
from tools.crm.port import Crm


@dataclass(frozen=True)
class PlayRights(Gate):
    """Say what clicks would be answered, without changing or writing down anything."""

    crm: Crm

    def of(self, tx: sa.Connection, stored: StoredPlay, by: str) -> dict[str, str | None]:
        """Give for each thing that one can do None, or the sentence that refuses it."""
        parts = (self.ledger, self.policy, self.clock)
        lifecycle, undo, attention = PlayLifecycle(*parts), PlayUndo(*parts), PlayAttention(*parts)
        again = PlayAgain(*parts, self.crm)
        person = self.policy.person(by)
        who, now = person.email if person else by, stamp(self.clock())
        checks = {
            "approve": (
                lifecycle.not_pending,
                lifecycle.not_approvable,
                lifecycle.already_counted,
            ),
            "edit": (lifecycle.not_pending, lifecycle.not_editable),
            "reject": (lifecycle.not_pending, lifecycle.not_rejectable),
            "undo": (undo.not_undoable,),
            "snooze": (attention.not_snoozable,),
            "hand_over": (attention.not_handable,),
            "request_again": (again.not_again,),
        }
        found: dict[str, str | None] = {}
        for what, steps in checks.items():
            click = Click(tx, what, who, now, stored, asks_only=True)
            answers = (step(click) for step in (self.stranger, *steps))
            refused = next((answer for answer in answers if answer is not None), None)
            found[what] = refused.sentence if refused else None
        return found
