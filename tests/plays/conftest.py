"""Fixtures of the play tests: a home whose database is migrated only once."""

import shutil
from pathlib import Path

import pytest
from plays_harness import Clock, PlayDesk, open_desk, seeded

from knowledge.database import open_database


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    open_database(f"sqlite:///{home / 'ledger.db'}").dispose()
    seeded(home / "crm.db").close()
    return home


@pytest.fixture
def home(empty_home: Path, tmp_path: Path) -> Path:
    for name in ("ledger.db", "crm.db"):
        shutil.copy(empty_home / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(home: Path, clock: Clock) -> PlayDesk:
    return open_desk(home, clock=clock)
