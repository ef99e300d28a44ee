"""Set fields of the target itself."""

from typing import Any

from pydantic import Field

from agent.plays.action_types.base import (
    Params,
    Plan,
    Planning,
    UndoBlockedError,
    difference,
    validated,
)
from agent.plays.play import Action
from tools.crm.port import Crm, Receipt


class FieldWrite:
    """Write, verify and undo fields of the target itself."""

    undo_note = "Sets the field back, as long as nobody has changed it since."

    def write(self, crm: Crm, action: Action, *, key: str, expected_version: str) -> Receipt:
        """Update the target."""
        return crm.update(
            action.target.ref, action.after, key=key, expected_version=expected_version
        )

    def verify(self, crm: Crm, receipt: Receipt) -> str | None:
        """Compare the written fields with the record."""
        record = crm.read(receipt.ref)
        if record is None:
            return "the record is no longer in the CRM"
        return difference(receipt.after, record.fields)

    def verify_undo(self, crm: Crm, receipt: Receipt) -> str | None:
        """Compare the restored fields with the record."""
        return self.verify(crm, receipt)

    def undo(self, crm: Crm, receipt: Receipt, *, key: str) -> Receipt:
        """Set the fields back."""
        record = crm.read(receipt.ref)
        if record is None:
            raise UndoBlockedError("The record is no longer in the CRM.")
        changed = difference(receipt.after, record.fields)
        if changed:
            raise UndoBlockedError(f"Someone changed it since: {changed}.")
        return crm.update(receipt.ref, receipt.before, key=key, expected_version=record.version)


class UpdateParams(Params):
    """Check the parameters."""

    field: str = Field(min_length=1)
    value: str | int | float | bool | None


class UpdateField(FieldWrite):
    """Set one field of the target."""

    kind = "update_field"
    params = UpdateParams

    def check(self, params: dict[str, Any]) -> dict[str, Any]:
        """Validate parameters."""
        return validated(UpdateParams, self.kind, params)

    def plan(self, params: dict[str, Any], at: Planning) -> Plan | None:
        """Replace the value."""
        name, value = params["field"], params["value"]
        current = at.fields.get(name)
        if current == value:
            return None
        return Plan(
            summary=f"Set {name} of {at.target.name} from {current!r} to {value!r}",
            before={name: current},
            after={name: value},
            relies_on={name: current},
            leaves={name: value},
        )
