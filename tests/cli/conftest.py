"""One demo home for all tests of the command line, and fresh copies of what a test changes."""

import shutil
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from weir_command import Run, weir

SHARED = ("warehouse", "library", "sample", "cache")


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CompletedProcess[str]]:
    """Run the demo once, as a newcomer without a terminal does: its play stays pending."""
    home = tmp_path_factory.mktemp("demo") / "home"
    return home, weir(home, "demo")


@pytest.fixture
def home(demo_run: tuple[Path, CompletedProcess[str]], tmp_path: Path) -> Path:
    """Give a home whose plays and CRM are the test's own; what is only read is shared."""
    made, finished = demo_run
    assert finished.returncode == 0, finished.stderr
    copy = tmp_path / "home"
    copy.mkdir()
    for path in made.iterdir():
        if path.name in SHARED:
            (copy / path.name).symlink_to(path, target_is_directory=True)
        else:
            shutil.copy2(path, copy / path.name)
    return copy


@pytest.fixture
def run(home: Path) -> Run:
    """Run `weir` in the test's home."""
    return lambda *args, **options: weir(home, *args, **options)


@pytest.fixture
def empty(tmp_path: Path) -> Run:
    """Run `weir` where nothing was loaded."""
    return lambda *args, **options: weir(tmp_path / "empty", *args, **options)
