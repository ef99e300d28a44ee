"""Fixtures that every room's tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Locate the folder of real data sets, which lies beside the checkout."""
    folder = Path(os.environ.get("WEIR_DATA", ROOT.parent / "shared" / "data"))
    assert folder.is_dir(), f"no real data at {folder}; set WEIR_DATA"
    return folder
