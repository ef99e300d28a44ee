import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knowledge.database.connect import open_database
from knowledge.warehouse.load import ingest
from knowledge.warehouse.mapping import read_mapping
from knowledge.warehouse.versions import Snapshot, Warehouse
from tools.funnel.metrics import funnel
from tools.funnel.tool import funnel_tools
from tools.leakage.detect import find_leaks
from tools.leakage.score import score

MAPPING = Path(__file__).with_name("olist.yaml")

USES = """
import sys
from pathlib import Path
from knowledge.database.connect import open_database
from knowledge.warehouse.versions import Warehouse
from tools.funnel.metrics import funnel
home = Path(sys.argv[1])
warehouse = Warehouse(home / "warehouse", open_database(f"sqlite:///{home}/ledger.db"))
with warehouse.snapshot() as snapshot:
    funnel(snapshot, by=["origin"])
heavy = {"pandas", "scipy", "statsmodels", "sklearn", "langchain_core"}
print(sorted(heavy & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def home(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("olist")
    warehouse = _warehouse(folder)
    ingest(warehouse, read_mapping(MAPPING), real_data / "olist")
    warehouse.database.dispose()
    return folder


def _warehouse(folder: Path) -> Warehouse:
    return Warehouse(folder / "warehouse", open_database(f"sqlite:///{folder}/ledger.db"))


@pytest.fixture(scope="module")
def snapshot(home: Path) -> Iterator[Snapshot]:
    warehouse = _warehouse(home)
    with warehouse.snapshot() as opened:
        yield opened
    warehouse.database.dispose()


@pytest.fixture(scope="module")
def figures(snapshot: Snapshot) -> dict[str, Any]:
    return funnel(snapshot, by=["origin"])


def test_olist_totals_are_what_the_files_hold(figures: dict[str, Any]) -> None:
    row = figures["transitions"][0]
    assert (row["entered"], row["converted"]) == (8000, 842)


def test_olist_cohorts_of_2018_convert_as_known(figures: dict[str, Any]) -> None:
    rates = {item["period"]: item["transitions"][0] for item in figures["cohorts"]}
    found = {month: rates[f"2018-0{month}"] for month in range(1, 6)}
    assert [round(row["rate"], 3) for row in found.values()] == [0.133, 0.145, 0.142, 0.135, 0.1]
    assert all(row["comparable"] for row in found.values())


def test_olist_cohorts_of_2017_are_not_comparable(figures: dict[str, Any]) -> None:
    early = [item for item in figures["cohorts"] if item["period"] < "2018"]
    assert len(early) == 7
    for item in early:
        row = item["transitions"][0]
        assert row["comparable"] is False
        assert "recorded only from 2017-12-05 on" in row["note"]


def test_olist_origins_convert_as_known_with_the_note(figures: dict[str, Any]) -> None:
    rows = {item["value"]: item["transitions"][0] for item in figures["segments"]}
    email, unknown = rows["email"], rows["unknown"]
    assert (email["converted"], email["entered"]) == (15, 493)
    assert (unknown["converted"], unknown["entered"]) == (179, 1099)
    assert email["comparable"] is unknown["comparable"] is False
    assert "can't be judged" in email["note"]


def test_no_leak_is_claimed_from_missing_records(snapshot: Snapshot) -> None:
    found = find_leaks(snapshot)
    assert found["findings"] == []
    assert any(item["period"].startswith("2017-06-14") for item in found["not_comparable"])


def test_olist_holds_nothing_to_score_leads_by(snapshot: Snapshot) -> None:
    found = score(snapshot)
    assert found["model"]["abstained"] is True
    assert found["scores"] == []


def test_the_tool_answers_with_json_and_keeps_the_whole_report(home: Path) -> None:
    tool = funnel_tools(lambda: _warehouse(home).snapshot())[0]
    call = {"name": "funnel", "args": {"by": "origin", "value": "EMAIL"}, "id": "1"}
    message = tool.invoke({**call, "type": "tool_call"})
    assert json.loads(message.content)["segments"][0]["transitions"][0]["entered"] == 493
    assert message.artifact["cohorts"][0]["transitions"][0]["window_days"] > 100


def test_the_tool_answers_bad_input_with_a_sentence(home: Path) -> None:
    tool = funnel_tools(lambda: _warehouse(home).snapshot())[0]
    call = {"name": "funnel", "args": {"by": "colour"}, "id": "1"}
    message = tool.invoke({**call, "type": "tool_call"})
    assert message.status == "error"
    assert message.content == "There is no segment 'colour'; choose from: origin."


def test_the_funnel_imports_nothing_heavy(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", USES, str(home)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
