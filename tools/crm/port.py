"""The port that every CRM stands behind: read, write once by key, read back."""

from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable


class CrmError(Exception):
    """Report that the CRM could not do what was asked, in one sentence."""


class CrmUnavailableError(CrmError):
    """Report that the CRM did not answer, so that the effect of a write is unknown."""


class StaleRecordError(CrmError):
    """Report that a record changed since it was read, so nothing was written."""


@dataclass(frozen=True)
class RecordRef:
    """Name a record: its kind (``lead``, ``account``, ``task`` ...) and its id in the CRM."""

    kind: str
    id: str


@dataclass(frozen=True)
class Record:
    """Hold a record as it was read.

    Attributes:
        ref: Which record.
        fields: Field values as plain JSON.
        version: Opaque token that changes with every write to the record.
    """

    ref: RecordRef
    fields: dict[str, Any]
    version: str


@dataclass(frozen=True)
class Receipt:
    """Prove a write.

    Attributes:
        key: Idempotency key under which it was made.
        ref: The record that was written or created.
        before: Values of the written fields before the write (empty for a new record).
        after: Values of the written fields after it.
        version: The record's version after the write.
        replayed: True when the key had been used before and nothing was written again.
    """

    key: str
    ref: RecordRef
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    version: str = ""
    replayed: bool = False


@runtime_checkable
class Crm(Protocol):
    """Write to a customer's CRM, each effect once."""

    name: str

    def read(self, ref: RecordRef) -> Record | None:
        """Read a record, or None where there is none."""

    def update(
        self, ref: RecordRef, changes: dict[str, Any], *, key: str, expected_version: str
    ) -> Receipt:
        """Change fields of a record once.

        Raises:
            StaleRecordError: The record is no longer at ``expected_version``.
            CrmUnavailableError: No answer came; ask ``receipt(key)`` what happened.
        """

    def create(self, kind: str, fields: dict[str, Any], *, key: str) -> Receipt:
        """Create a record once; its key finds it again."""

    def delete(self, ref: RecordRef, *, key: str, expected_version: str) -> Receipt:
        """Remove a record that a play created, to undo it."""

    def receipt(self, key: str) -> Receipt | None:
        """Read back whether the write under a key took effect."""
