"""The embedded CRM: a small system of record on one SQLite file, seeded from the warehouse."""

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import OperationalError

from knowledge.database import share_between_processes
from tools.crm.port import (
    CrmError,
    CrmUnavailableError,
    Receipt,
    Record,
    RecordRef,
    StaleRecordError,
)

_METADATA = sa.MetaData()

_RECORD = sa.Table(
    "record",
    _METADATA,
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    # True from the first write on: from then the CRM knows better than the warehouse.
    sa.Column("touched", sa.Boolean, nullable=False),
)

# The unique key and the effect commit together: this is what makes a write happen once.
_WRITE = sa.Table(
    "write",
    _METADATA,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("id", sa.String, nullable=False),
    sa.Column("before", sa.JSON, nullable=False),
    sa.Column("after", sa.JSON, nullable=False),
    sa.Column("version", sa.String, nullable=False),
)


class EmbeddedCrm:
    """Keep records of a CRM in a file; several processes may use it at once."""

    name = "embedded"

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Sorted keys make equal fields equal text, so that seeding again changes nothing.
        self._engine = sa.create_engine(
            f"sqlite:///{path}", json_serializer=lambda value: json.dumps(value, sort_keys=True)
        )
        share_between_processes(self._engine)
        if not path.exists() or not sa.inspect(self._engine).has_table("write"):
            with self._engine.begin() as connection:
                _METADATA.create_all(connection)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def seed(self, records: Iterable[tuple[RecordRef, dict[str, Any]]]) -> int:
        """Bring records in from the data, leaving alone what a play or a human has written.

        Args:
            records: Each record with its fields as plain JSON.

        Returns:
            How many records are new or changed.
        """
        rows = [
            {"kind": ref.kind, "id": ref.id, "fields": fields, "version": 1, "touched": False}
            for ref, fields in records
        ]
        if not rows:
            return 0
        statement = insert(_RECORD)
        statement = statement.on_conflict_do_update(
            index_elements=["kind", "id"],
            set_={"fields": statement.excluded.fields, "version": _RECORD.c.version + 1},
            where=sa.and_(
                _RECORD.c.touched.is_(False), _RECORD.c.fields != statement.excluded.fields
            ),
        )
        total = sa.func.sum(_RECORD.c.version)
        with self._engine.begin() as connection:
            before = connection.scalar(sa.select(total)) or 0
            connection.execute(statement, rows)
            return int((connection.scalar(sa.select(total)) or 0) - before)

    def read(self, ref: RecordRef) -> Record | None:
        """Read a record, or None where there is none."""
        try:
            with self._engine.connect() as connection:
                return _read(connection, ref)
        except OperationalError as error:
            raise _unavailable(error) from error

    def update(
        self, ref: RecordRef, changes: dict[str, Any], *, key: str, expected_version: str
    ) -> Receipt:
        """Change fields of a record once."""
        payload = {"verb": "update", "ref": [ref.kind, ref.id], "changes": changes}

        def effect(connection: sa.Connection) -> Receipt:
            record = _at_version(connection, ref, expected_version)
            version = str(int(record.version) + 1)
            connection.execute(
                _RECORD.update()
                .where(_RECORD.c.kind == ref.kind, _RECORD.c.id == ref.id)
                .values(fields={**record.fields, **changes}, version=int(version), touched=True)
            )
            before = {name: record.fields.get(name) for name in changes}
            return Receipt(key, ref, before, dict(changes), version)

        return self._once(key, payload, effect)

    def create(self, kind: str, fields: dict[str, Any], *, key: str) -> Receipt:
        """Create a record once; its id follows from the key."""
        payload = {"verb": "create", "kind": kind, "fields": fields}
        ref = RecordRef(kind, f"{kind}:{hashlib.sha256(key.encode()).hexdigest()[:12]}")

        def effect(connection: sa.Connection) -> Receipt:
            connection.execute(
                _RECORD.insert().values(
                    kind=ref.kind, id=ref.id, fields=fields, version=1, touched=True
                )
            )
            return Receipt(key, ref, {}, dict(fields), "1")

        return self._once(key, payload, effect)

    def delete(self, ref: RecordRef, *, key: str, expected_version: str) -> Receipt:
        """Remove a record once."""
        payload = {"verb": "delete", "ref": [ref.kind, ref.id]}

        def effect(connection: sa.Connection) -> Receipt:
            record = _at_version(connection, ref, expected_version)
            connection.execute(
                _RECORD.delete().where(_RECORD.c.kind == ref.kind, _RECORD.c.id == ref.id)
            )
            return Receipt(key, ref, record.fields, {}, record.version)

        return self._once(key, payload, effect)

    def receipt(self, key: str) -> Receipt | None:
        """Read back whether the write under a key took effect."""
        try:
            with self._engine.connect() as connection:
                found = _find_write(connection, key)
        except OperationalError as error:
            raise _unavailable(error) from error
        return None if found is None else found[1]

    def _once(
        self, key: str, payload: dict[str, Any], effect: Callable[[sa.Connection], Receipt]
    ) -> Receipt:
        try:
            with self._engine.begin() as connection:
                found = _find_write(connection, key)
                if found is not None:
                    if found[0] != payload:
                        raise CrmError(
                            f"The key {key} was already used for another write, "
                            "so nothing was written."
                        )
                    return found[1]
                receipt = effect(connection)
                connection.execute(
                    _WRITE.insert().values(
                        key=key,
                        payload=payload,
                        kind=receipt.ref.kind,
                        id=receipt.ref.id,
                        before=receipt.before,
                        after=receipt.after,
                        version=receipt.version,
                    )
                )
                return receipt
        except OperationalError as error:
            raise _unavailable(error) from error


def _find_write(connection: sa.Connection, key: str) -> tuple[dict[str, Any], Receipt] | None:
    row = connection.execute(sa.select(_WRITE).where(_WRITE.c.key == key)).one_or_none()
    if row is None:
        return None
    ref = RecordRef(row.kind, row.id)
    return row.payload, Receipt(key, ref, row.before, row.after, row.version, replayed=True)


def _read(connection: sa.Connection, ref: RecordRef) -> Record | None:
    row = connection.execute(
        sa.select(_RECORD.c.fields, _RECORD.c.version).where(
            _RECORD.c.kind == ref.kind, _RECORD.c.id == ref.id
        )
    ).one_or_none()
    return None if row is None else Record(ref, row.fields, str(row.version))


def _at_version(connection: sa.Connection, ref: RecordRef, expected: str) -> Record:
    record = _read(connection, ref)
    if record is None:
        raise StaleRecordError(f"The {ref.kind} {ref.id} is no longer in the CRM.")
    if record.version != expected:
        raise StaleRecordError(f"The {ref.kind} {ref.id} changed since it was read.")
    return record


def _unavailable(error: OperationalError) -> CrmUnavailableError:
    return CrmUnavailableError(f"The CRM file could not be reached ({error.orig}).")
