# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""Load a folder of source files into a new version of the warehouse, whole or not at all."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
from filelock import FileLock, Timeout

from knowledge.errors import BadInputError, WeirError
from knowledge.sources.files import SUFFIXES
from knowledge.sources.sql import connect, literal
from knowledge.sources.survey import digest
from knowledge.warehouse.mapping import Mapping
from knowledge.warehouse.quality import ISSUES, make_issue_table, rejected_rows
from knowledge.warehouse.schema import TABLES
from knowledge.warehouse.staging import SourceFile, Stage, Staged
from knowledge.warehouse.versions import Warehouse, WarehouseVersion, now
from knowledge.warehouse.write import write_load

LOCK_SECONDS = 60.0
STAGING = "staging-"

Progress = Callable[[str, float], None]


class LoadBusyError(WeirError):
    """Report that another process is loading."""


@dataclass(frozen=True)
class LoadReport:
    """Say what a load did.

    Attributes:
        load_id: The load; the one that made the current version where nothing changed.
        version: Warehouse version after the load.
        tables: Canonical and mart table to rows written, changed or removed.
        rejected: Source rows that could not be kept.
        quality_issues: Issues found in what was read, rejected rows included.
        unchanged: Whether there was nothing new, so that no version was made.
        issues_by_reason: Reason to number of issues.
    """

    load_id: str
    version: int
    tables: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    quality_issues: int = 0
    unchanged: bool = False
    issues_by_reason: dict[str, int] = field(default_factory=dict)


def ingest(
    warehouse: Warehouse,
    mapping: Mapping,
    folder: Path,
    *,
    progress: Progress | None = None,
) -> LoadReport:
    """Load the files that a mapping names into the warehouse.

    Files that were loaded before with the same mapping are left alone; changed and new ones are
    read and merged by id. Readers in other processes see the version before until the new one is
    whole. A load that was killed leaves nothing behind: the next one begins from the last version.

    Args:
        warehouse: Where to load.
        mapping: What the files mean.
        folder: Where the files lie.
        progress: Called with what is being done and the share done, 0 to 1.

    Raises:
        BadInputError: A file or the mapping can't be used; the warehouse is as it was.
        WeirError: Another load runs.
    """
    say = progress or (lambda _text, _share: None)
    files = find_files(mapping, folder)
    warehouse.folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(warehouse.folder / "load.lock"))
    try:
        with lock.acquire(timeout=LOCK_SECONDS):
            return _load(warehouse, mapping, files, say)
    except Timeout:
        raise LoadBusyError(
            f"Another load has been running for over {LOCK_SECONDS:.0f} s in {warehouse.folder}; "
            "wait until it is done and run this again."
        ) from None


def find_files(mapping: Mapping, folder: Path) -> list[SourceFile]:
    """Find the files that a mapping names, in the order of the mapping and of their names.

    Raises:
        BadInputError: There is no such folder, or a name matches no file.
    """
    if not folder.is_dir():
        raise BadInputError(f"There is no folder {folder}; check the path.")
    found: list[SourceFile] = []
    for label, table in mapping.tables.items():
        for pattern in table.file:
            paths = sorted(path for path in folder.glob(pattern) if path.is_file())
            if not paths:
                raise BadInputError(
                    f"{mapping.name}, table {label}: no file '{pattern}' in {folder}; put it there "
                    "or correct the name."
                )
            for path in paths:
                if not path.name.endswith(SUFFIXES):
                    raise BadInputError(
                        f"{mapping.name}, table {label}: {path.name} is of no kind that can be "
                        f"read; use one of {', '.join(SUFFIXES)}."
                    )
                name = path.relative_to(folder).as_posix()
                found.append(SourceFile(label, path, name, digest(path)))
    return found


def _load(
    warehouse: Warehouse, mapping: Mapping, files: list[SourceFile], say: Progress
) -> LoadReport:
    pinned = warehouse.newest()
    pending = _pending(warehouse, pinned, mapping, files)
    if not pending and pinned is not None:
        return LoadReport(pinned.load_id, pinned.version, unchanged=True)
    if pinned is not None:
        _check_stages(pinned, mapping)
    warehouse.lake.restore({} if pinned is None else pinned.tables)
    for leftover in warehouse.folder.glob(f"{STAGING}*"):
        shutil.rmtree(leftover)
    started = now()
    load_id = f"load_{started:%Y%m%dT%H%M%S}_{uuid4().hex[:6]}"
    with tempfile.TemporaryDirectory(prefix=STAGING, dir=warehouse.folder) as scratch:
        connection = connect()
        try:
            connection.execute("SET TimeZone = 'UTC'")
            # What memory can't hold is kept there while the load runs.
            connection.execute(f"SET temp_directory = {literal(scratch)}")
            make_issue_table(connection)
            latest = max(started, mapping.as_of_time or started) + timedelta(days=1)
            stage = Stage(connection, mapping, load_id, latest)
            staged = _stage(stage, pending, say)
            written, meta = write_load(
                stage, warehouse.lake, pinned, staged=staged, pending=pending, say=say
            )
            rejected = rejected_rows(connection)
            reasons = _reasons(connection)
        finally:
            connection.close()
    tables = {
        path.name: version
        for path in sorted(warehouse.lake.tables.iterdir())
        if (version := warehouse.lake.version(path.name)) is not None
    }
    committed = warehouse.commit(load_id, "load", tables, meta)
    say("Done", 1.0)
    return LoadReport(
        load_id,
        committed.version,
        written,
        rejected,
        sum(reasons.values()),
        issues_by_reason=reasons,
    )


def _pending(
    warehouse: Warehouse,
    pinned: WarehouseVersion | None,
    mapping: Mapping,
    files: list[SourceFile],
) -> list[SourceFile]:
    """Leave out the files that the warehouse already holds as this mapping reads them."""
    if pinned is None or "load" not in pinned.tables:
        return files
    query = warehouse.lake.select("load", TABLES["load"].columns, pinned.tables["load"])
    with connect() as connection:
        rows = connection.execute(
            'SELECT "table", file, arg_max(sha256, loaded_at), arg_max(mapping_sha256, loaded_at) '
            f"FROM ({query}) l WHERE source = ? GROUP BY 1, 2",
            [mapping.source],
        ).fetchall()
    held = {(label, file): (sha, said) for label, file, sha, said in rows}
    return [f for f in files if held.get((f.label, f.name)) != (f.sha256, mapping.digest)]


def _check_stages(pinned: WarehouseVersion, mapping: Mapping) -> None:
    others = [name for name in pinned.meta["sources"] if name != mapping.source]
    stages: list[str] = pinned.meta["stages"]
    if not others:
        return
    known = iter(stages)
    if not all(stage in known for stage in mapping.stages):
        raise BadInputError(
            f"{mapping.name}: stages {', '.join(mapping.stages)} do not fit the warehouse, whose "
            f"funnel from {', '.join(others)} is {', '.join(stages)}; use those names in that "
            "order (all or some of them), or load into another WEIR_HOME."
        )


def _stage(stage: Stage, pending: list[SourceFile], say: Progress) -> list[Staged]:
    labels = list(dict.fromkeys(file.label for file in pending))
    staged = []
    for place, label in enumerate(labels):
        say(f"Reading {label}", 0.5 * place / len(labels))
        staged.append(stage.add(label, [file for file in pending if file.label == label]))
    return staged


def _reasons(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    rows: list[tuple[Any, ...]] = connection.execute(
        f"SELECT reason FROM {ISSUES} UNION ALL SELECT reason FROM staged_reference_issues"
    ).fetchall()
    return dict(Counter(str(reason) for (reason,) in rows).most_common())
