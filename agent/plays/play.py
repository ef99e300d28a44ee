"""What a play is: a typed proposal, and the digest of exactly what a human approves."""

import hashlib
import json
import secrets
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.crm.port import RecordRef


class PlayState(StrEnum):
    """Name where a play stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    RUNNING = "running"
    UNKNOWN = "unknown"
    VERIFIED = "verified"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"
    PARTLY_UNDONE = "partly_undone"


# While a play is in one of these, its targets are spoken for.
OPEN_STATES = frozenset(
    {
        PlayState.PENDING,
        PlayState.APPROVED,
        PlayState.RUNNING,
        PlayState.UNKNOWN,
    }
)


class ActionState(StrEnum):
    """Name where one action of a play stands."""

    WAITING = "waiting"
    STARTED = "started"
    UNKNOWN = "unknown"
    DONE = "done"
    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    STALE = "stale"
    FAILED = "failed"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EvidenceRef(_Frozen):
    """Point at what the play's reason rests on; ``ref`` can be looked up."""

    kind: str
    ref: str
    text: str


class Citation(_Frozen):
    """Quote a section of the library verbatim."""

    id: str
    quote: str


class Why(_Frozen):
    """Say why the play is proposed."""

    finding_id: str | None = None
    text: str
    drivers: tuple[str, ...] = ()
    evidence: tuple[EvidenceRef, ...] = ()


class Target(_Frozen):
    """Name a record that the play is for, and the arm it was assigned to."""

    kind: str
    id: str
    name: str
    arm: Literal["treatment", "holdout"]
    value: float | None = None

    @property
    def ref(self) -> RecordRef:
        """Name the record as the CRM port does."""
        return RecordRef(self.kind, self.id)


class LeftOut(_Frozen):
    """Name a candidate that got no place in the play, and why."""

    id: str
    name: str
    reason: str


class Precondition(_Frozen):
    """State what must still hold in the CRM just before the write.

    Attributes:
        version: The record's version when the play was drafted.
        fields: Values that the action relies on, once earlier actions of the play ran.
    """

    version: str
    fields: dict[str, Any]


class Action(_Frozen):
    """Describe one write: to which record, what it changes, and what it relies on."""

    kind: str
    target: Target
    summary: str
    params: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]
    precondition: Precondition
    undo: str = Field(description="How this is undone, or why it can't be.")


class Effect(_Frozen):
    """Estimate what the play is worth, in ``unit``, and say what the estimate rests on."""

    estimate: float
    low: float
    high: float
    unit: str
    basis: str


class Experiment(_Frozen):
    """Record how targets were assigned, so that the worth can be measured."""

    id: str
    holdout_share: float
    treatment: tuple[str, ...]
    holdout: tuple[str, ...]


class Play(_Frozen):
    """Propose a set of actions to a human."""

    id: str
    revision: int = 1
    title: str
    why: Why
    warehouse_version: int
    policy_version: str
    tier: str
    targets: tuple[Target, ...]
    left_out: tuple[LeftOut, ...] = ()
    actions: tuple[Action, ...]
    expected_effect: Effect
    experiment: Experiment
    citations: tuple[Citation, ...] = ()
    created_by: str
    authors: tuple[str, ...]
    created_at: str
    expires_at: str

    @property
    def digest(self) -> str:
        """Digest everything that a human sees and approves; any edit changes it."""
        return hashlib.sha256(canonical(self.model_dump(mode="json")).encode()).hexdigest()

    def key(self, index: int) -> str:
        """Derive the idempotency key of an action; the same approved play gives the same key."""
        material = f"{self.id}|{self.digest}|{index}"
        return f"weir-{hashlib.sha256(material.encode()).hexdigest()[:32]}"

    @property
    def value(self) -> float:
        """Sum the value of the treated targets, in the CRM's currency."""
        return sum(t.value or 0.0 for t in self.targets if t.arm == "treatment")


def canonical(value: Any) -> str:
    """Write JSON in its one canonical form: sorted keys, no spaces, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def new_play_id() -> str:
    """Make up an id such as ``play_3f9a1c``."""
    return f"play_{secrets.token_hex(3)}"
