"""Fill the embedded CRM from the warehouse, as if it were the customer's own."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from knowledge.warehouse.versions import Snapshot
from tools.crm.embedded import EmbeddedCrm
from tools.crm.port import RecordRef

# Kind in the CRM: table of the warehouse, its id column, and CRM field -> column.
_KINDS: dict[str, tuple[str, str, dict[str, str]]] = {
    "owner": (
        "owner",
        "id",
        {
            column: column
            for column in ("name", "email", "team", "region", "manager_id", "is_active")
        },
    ),
    "account": (
        "account",
        "id",
        {column: column for column in ("name", "domain", "industry", "region", "owner_id")},
    ),
    "lead": (
        "journeys",
        "journey_id",
        {
            "name": "name",
            "email": "email",
            "consent": "consent",
            "owner_id": "owner_id",
            "account_id": "account_id",
            "status": "current_stage",
            "score": "score",
        },
    ),
    "opportunity": (
        "opportunity",
        "id",
        {
            column: column
            for column in ("name", "account_id", "owner_id", "person_id", "stage", "amount")
        },
    ),
}


def seed_crm(crm: EmbeddedCrm, snapshot: Snapshot) -> int:
    """Bring the records of a warehouse version into the embedded CRM.

    Records that a play has written stay as the play left them.

    Returns:
        How many records are new or changed.
    """
    return sum(crm.seed(_records(snapshot, kind)) for kind in _KINDS)


def _records(snapshot: Snapshot, kind: str) -> Iterator[tuple[RecordRef, dict[str, Any]]]:
    table, key, fields = _KINDS[kind]
    frame = snapshot.table(table).select(key, *dict.fromkeys(fields.values())).collect()
    for row in frame.iter_rows(named=True):
        yield (
            RecordRef(kind, row[key]),
            {field: _plain(row[column]) for field, column in fields.items()},
        )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
