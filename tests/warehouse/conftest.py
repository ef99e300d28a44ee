# ruff: noqa: S608 - queries of tests over their own rows
"""A warehouse of its own for each test, and short ways to load and look."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knowledge.database import open_database
from knowledge.warehouse.load import LoadReport, ingest
from knowledge.warehouse.mapping import read_mapping
from knowledge.warehouse.versions import Warehouse

MAPPINGS = Path(__file__).parent / "mappings"


class Home:
    """A folder with sources, a mapping and a warehouse."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources = folder / "sources"
        self.sources.mkdir(parents=True)
        self.mapping = folder / "mapping.yaml"
        self.engine = open_database(f"sqlite:///{folder / 'ledger.db'}")
        self.warehouse = Warehouse(folder / "warehouse", self.engine)

    def write(self, name: str, content: str | bytes) -> None:
        path = self.sources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def map(self, text: str) -> None:
        self.mapping.write_text(text, encoding="utf-8")

    def load(self) -> LoadReport:
        return ingest(self.warehouse, read_mapping(self.mapping), self.sources)

    def rows(self, query: str, version: int | None = None) -> list[tuple[Any, ...]]:
        """Run SQL in which {name} stands for a table of the newest version."""
        with self.warehouse.snapshot(version) as snapshot:
            names = (*snapshot.names(), *snapshot.raw_names())
            tables = {name: f"({snapshot.select(name)})" for name in names}
            return snapshot.connection.execute(query.format(**tables)).fetchall()

    def issues(self) -> list[tuple[Any, ...]]:
        return self.rows(
            'SELECT file, line, "column", reason, severity FROM {quality_issue} '
            "ORDER BY file, line, reason"
        )

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all tables, without what differs from load to load."""
        found = {}
        with self.warehouse.snapshot() as snapshot:
            for name in (*snapshot.names(), *snapshot.raw_names()):
                if name == "load":
                    continue
                columns = [
                    c for c in snapshot.relation(name).columns if c not in {"load_id", "_load_id"}
                ]
                listed = ", ".join(f'"{c}"' for c in sorted(columns))
                query = f"SELECT {listed} FROM ({snapshot.select(name)}) t"
                rows = snapshot.connection.execute(query).fetchall()
                found[name] = sorted(rows, key=repr)
        return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    yield made
    made.engine.dispose()


@pytest.fixture
def other_home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "other")
    yield made
    made.engine.dispose()


@pytest.fixture
def mappings() -> Path:
    return MAPPINGS
