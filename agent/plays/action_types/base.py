"""What every kind of action is made of: its protocol, its plan and its parameters."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.plays.errors import BadPlayError
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


class Params(BaseModel):
    """Hold the parameters of a kind of action, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def difference(expected: dict[str, Any], actual: dict[str, Any]) -> str | None:
    """Name the fields whose value is not as expected, or None."""
    parts = [
        f"{name} is {actual.get(name)!r}, not {value!r}"
        for name, value in expected.items()
        if actual.get(name) != value
    ]
    return "; ".join(parts) or None


def validated(model: type[Params], kind: str, params: dict[str, Any]) -> dict[str, Any]:
    """Check parameters and return them normalised.

    Raises:
        BadPlayError: One of them can't be used; the sentence names it.
    """
    try:
        return model.model_validate(params).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "params"
        raise BadPlayError(
            f"The action {kind} can't be used: {place}: {first['msg'].lower()}."
        ) from error


def owner_name(at: Planning, owner_id: str | None) -> str:
    """Name an owner as the CRM does."""
    if not owner_id:
        return "nobody"
    owner = at.read(RecordRef("owner", owner_id))
    return str((owner and owner.fields.get("name")) or owner_id)
