"""Fixtures that every room's tests share."""

import os
from pathlib import Path

import pytest

# State that LangGraph can't keep as plain data must fail here, not in somebody's ledger.
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Locate the folder of real data sets, which lies beside the checkout.

    Their licences do not let us ship them, so a checkout without them skips what needs them;
    continuous integration has them and must not skip.
    """
    folder = Path(os.environ.get("WEIR_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        assert not os.environ.get("CI"), f"no real data at {folder}; set WEIR_DATA"
        pytest.skip(f"the real data sets are not at {folder}; set WEIR_DATA to try them")
    return folder
