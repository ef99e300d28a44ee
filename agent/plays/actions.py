"""Action types: how each kind of action is planned, written, verified and undone.

A new kind is one class registered here; drafting, execution, verification and undo know only
the ``ActionType`` protocol.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.plays.errors import BadPlayError, UnfitTargetError
from agent.plays.play import Action, Target
from tools.crm.port import Crm, Receipt, Record, RecordRef

Reader = Callable[[RecordRef], Record | None]


class UndoBlockedError(Exception):
    """Report that undoing would overwrite what someone else did since, in one sentence."""


@dataclass(frozen=True)
class Plan:
    """Describe what an action would do to its target as it stands.

    Attributes:
        summary: The action in one plain sentence.
        before: Values that it replaces.
        after: Values that it writes.
        relies_on: Fields of the target that must not have changed until the write.
        leaves: What later actions of the play find changed on the target.
    """

    summary: str
    before: dict[str, Any]
    after: dict[str, Any]
    relies_on: dict[str, Any]
    leaves: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Planning:
    """Hold what a plan is made from: the target as earlier actions leave it, and the CRM."""

    target: Target
    fields: dict[str, Any]
    read: Reader
    today: date


class ActionType(Protocol):
    """Know everything about one kind of action."""

    kind: str
    undo_note: str

    def check(self, params: dict[str, Any]) -> dict[str, Any]:
        """Validate parameters and return them normalised."""

    def plan(self, params: dict[str, Any], at: Planning) -> Plan | None:
        """Work out the change, or None where there is nothing to change."""

    def write(self, crm: Crm, action: Action, *, key: str, expected_version: str) -> Receipt:
        """Make the change once."""

    def verify(self, crm: Crm, receipt: Receipt) -> str | None:
        """Read back; give None where the CRM holds what was written, else what it holds."""

    def verify_undo(self, crm: Crm, receipt: Receipt) -> str | None:
        """Read back that an undo, whose receipt this is, took effect; like ``verify``."""

    def undo(self, crm: Crm, receipt: Receipt, *, key: str) -> Receipt:
        """Reverse a write.

        Raises:
            UndoBlockedError: The record is no longer as this play left it.
        """


class _Params(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _FieldWrite:
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


class _RerouteParams(_Params):
    to: str = Field(min_length=1, description="Id of the new owner.")
    to_name: str = ""


class RerouteLead(_FieldWrite):
    """Give a lead to another owner."""

    kind = "reroute_lead"

    def check(self, params: dict[str, Any]) -> dict[str, Any]:
        """Validate parameters."""
        return _validated(_RerouteParams, self.kind, params)

    def plan(self, params: dict[str, Any], at: Planning) -> Plan | None:
        """Replace the owner."""
        current = at.fields.get("owner_id")
        if current == params["to"]:
            return None
        new_owner = at.read(RecordRef("owner", params["to"]))
        name = params["to_name"] or (new_owner and new_owner.fields.get("name"))
        if not name:
            raise BadPlayError(f"There is no owner {params['to']}; name one that the CRM knows.")
        return Plan(
            summary=f"Reroute {at.target.name} from {_owner_name(at, current)} to {name}",
            before={"owner_id": current},
            after={"owner_id": params["to"]},
            relies_on={"owner_id": current},
            leaves={"owner_id": params["to"]},
        )


class _UpdateParams(_Params):
    field: str = Field(min_length=1)
    value: str | int | float | bool | None


class UpdateField(_FieldWrite):
    """Set one field of the target."""

    kind = "update_field"

    def check(self, params: dict[str, Any]) -> dict[str, Any]:
        """Validate parameters."""
        return _validated(_UpdateParams, self.kind, params)

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


class _TaskParams(_Params):
    subject: str = Field(min_length=1, max_length=200)
    due_in_days: int = Field(ge=0, le=365)
    assignee: str = Field(default="owner", pattern="^(owner|manager)$")


class CreateTask:
    """Put a task on somebody's list."""

    kind = "create_task"
    undo_note = "Removes the task, as long as nobody has worked on it."

    def check(self, params: dict[str, Any]) -> dict[str, Any]:
        """Validate parameters."""
        return _validated(_TaskParams, self.kind, params)

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
            summary=f"Task for {_owner_name(at, assignee)} about {at.target.name}: {subject}, "
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


_TYPES: dict[str, ActionType] = {}


def register(action_type: ActionType) -> None:
    """Make a kind of action known to drafting, execution and undo."""
    _TYPES[action_type.kind] = action_type


def action_type(kind: str) -> ActionType:
    """Find the type of a kind.

    Raises:
        BadPlayError: The kind is not known.
    """
    if kind not in _TYPES:
        raise BadPlayError(
            f"Weir can't execute actions of kind '{kind}'; use one of {', '.join(sorted(_TYPES))}."
        )
    return _TYPES[kind]


def difference(expected: dict[str, Any], actual: dict[str, Any]) -> str | None:
    """Name the fields whose value is not as expected, or None."""
    parts = [
        f"{name} is {actual.get(name)!r}, not {value!r}"
        for name, value in expected.items()
        if actual.get(name) != value
    ]
    return "; ".join(parts) or None


def _validated(model: type[_Params], kind: str, params: dict[str, Any]) -> dict[str, Any]:
    try:
        return model.model_validate(params).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "params"
        raise BadPlayError(
            f"The action {kind} can't be used: {place}: {first['msg'].lower()}."
        ) from error


def _owner_name(at: Planning, owner_id: str | None) -> str:
    if not owner_id:
        return "nobody"
    owner = at.read(RecordRef("owner", owner_id))
    return str((owner and owner.fields.get("name")) or owner_id)


for _type in (RerouteLead(), CreateTask(), UpdateField()):
    register(_type)
