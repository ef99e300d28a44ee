"""Put a task on somebody's list."""

from datetime import timedelta
from typing import Any

from pydantic import Field

from agent.plays.action_types.base import (
    Params,
    Plan,
    Planning,
    UndoBlockedError,
    difference,
    owner_name,
    validated,
)
from agent.plays.errors import UnfitTargetError
from agent.plays.play import Action
from tools.crm.port import Crm, Receipt, RecordRef


class TaskParams(Params):
    """Check the parameters."""

    subject: str = Field(min_length=1, max_length=200)
    due_in_days: int = Field(ge=0, le=365)
    assignee: str = Field(default="owner", pattern="^(owner|manager)$")


class CreateTask:
    """Put a task on somebody's list."""

    kind = "create_task"
    undo_note = "Removes the task, as long as nobody has worked on it."
    params = TaskParams

    def check(self, params: dict[str, Any]) -> dict[str, Any]:
        """Validate parameters."""
        return validated(TaskParams, self.kind, params)

    def plan(self, params: dict[str, Any], at: Planning) -> Plan | None:
        """Describe the new task; it goes to whoever owns the target by then."""
        owner_id = at.fields.get("owner_id")
        if not owner_id:
            raise UnfitTargetError("it has no owner who could do the task")
        assignee = owner_id
        if params["assignee"] == "manager":
            owner = at.read(RecordRef("owner", owner_id))
            assignee = (owner and owner.fields.get("manager_id")) or owner_id
        subject = params["subject"].replace("{name}", at.target.name)
        due = at.today + timedelta(days=params["due_in_days"])
        return Plan(
            summary=f"Task for {owner_name(at, assignee)} about {at.target.name}: {subject}, "
            f"due {due.isoformat()}",
            before={},
            after={
                "subject": subject,
                "due_on": due.isoformat(),
                "owner_id": assignee,
                "about_kind": at.target.kind,
                "about_id": at.target.id,
                "status": "open",
            },
            relies_on={"owner_id": owner_id},
        )

    def write(self, crm: Crm, action: Action, *, key: str, expected_version: str) -> Receipt:  # noqa: ARG002 -- a new record has no version yet
        """Create the task."""
        return crm.create("task", action.after, key=key)

    def verify(self, crm: Crm, receipt: Receipt) -> str | None:
        """Compare the task with what was written."""
        record = crm.read(receipt.ref)
        if record is None:
            return "the task is not in the CRM"
        return difference(receipt.after, record.fields)

    def verify_undo(self, crm: Crm, receipt: Receipt) -> str | None:
        """See that the task is gone."""
        return None if crm.read(receipt.ref) is None else "the task is still in the CRM"

    def undo(self, crm: Crm, receipt: Receipt, *, key: str) -> Receipt:
        """Delete the task."""
        record = crm.read(receipt.ref)
        if record is None:
            raise UndoBlockedError("The task is no longer in the CRM.")
        changed = difference(receipt.after, record.fields)
        if changed or record.version != receipt.version:
            raise UndoBlockedError(f"Someone worked on the task since: {changed or 'it changed'}.")
        return crm.delete(receipt.ref, key=key, expected_version=record.version)
