"""Tasks that plays gave to somebody, and that the CRM holds still."""

from typing import TYPE_CHECKING

from agent.plays.play import Action, PlayState
from tools.crm.port import CrmError

if TYPE_CHECKING:
    from agent.assembly import Weir

_LOOKED_AT = 30  # plays, the newest
MOST = 5


def tasks_of(weir: "Weir", owner_id: str | None) -> list[str]:
    """Name the tasks that plays made for an owner, the newest first."""
    if owner_id is None:
        return []
    ledger = weir.plays.ledger
    with ledger.read() as tx:
        ran = ledger.select(tx, {PlayState.RUNNING, PlayState.VERIFIED, PlayState.FAILED})
        made = [
            (action, done.receipt.ref)
            for stored in ran[:_LOOKED_AT]
            for done in ledger.actions(tx, stored.play.id, "do")
            for action in [stored.play.actions[done.position]]
            if done.receipt is not None and _is_mine(action, owner_id)
        ]
    found = []
    for action, ref in made:
        try:
            record = weir.crm.read(ref)
        except CrmError:
            break
        if record is not None and str(record.fields.get("status", "open")).lower() != "done":
            found.append(action.summary)
        if len(found) == MOST:
            break
    return found


def _is_mine(action: Action, owner_id: str) -> bool:
    return action.kind == "create_task" and action.after.get("owner_id") == owner_id
