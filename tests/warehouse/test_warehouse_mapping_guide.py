import re
from pathlib import Path
from typing import Any

import pytest

from knowledge.warehouse.journeys import TWO_WAY_ACTIONS
from knowledge.warehouse.mapping import TARGETS, Mapping, TableMapping, read_mapping
from knowledge.warehouse.schema import PROVENANCE, STANDARD_SEGMENTS, TABLES

GUIDE = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE, flags=re.DOTALL)


@pytest.mark.parametrize("example", range(4))
def test_each_example_of_the_guide_is_a_valid_mapping(tmp_path: Path, example: int) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(EXAMPLES[example], encoding="utf-8")

    assert read_mapping(path).tables


def test_the_guide_lists_every_canonical_column() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|$", GUIDE, flags=re.MULTILINE))
    for name in TARGETS:
        if name in TABLES:
            columns = [c for c in TABLES[name].columns if c not in {"id", *PROVENANCE}]
            assert listed[name] == ", ".join(columns)


def test_the_guide_names_every_setting_segment_and_answer() -> None:
    for model in (Mapping, TableMapping):
        for name in model.model_fields:
            assert f"`{name}`" in GUIDE
    words = " ".join(GUIDE.split())
    assert ", ".join(STANDARD_SEGMENTS) in words
    assert ", ".join(TWO_WAY_ACTIONS) in words


def test_the_first_example_loads_the_rows_that_the_guide_shows(home: Any) -> None:
    home.map(EXAMPLES[0])
    home.write("leads.csv", "lead_id,first_contact,email,channel\nL1,2024-01-08,a@a.example,fair\n")
    home.write("deals.csv", "deal_id,lead_id,won_on,amount\nD1,L1,2024-02-20,1200\n")

    assert home.load().quality_issues == 0
    found = home.rows("SELECT journey_id, current_stage, value, channel FROM {journeys}")
    assert found == [("bakery:L1", "won", 1200.0, "fair")]


def test_the_second_example_loads_the_rows_that_the_guide_shows(home: Any) -> None:
    home.map(EXAMPLES[1])
    home.write("companies.csv", "company,sector,country\nAcme,Food,US\n")
    home.write("reps.csv", "rep,team\nKim,East\n")
    home.write(
        "pipeline.csv",
        "id,rep,company,product,status,opened,closed,amount\n"
        'O1,Kim,Acme,Oven XL,Closed-Won,2024-01-08,2024-02-20,"$1,200"\n'
        "O2,Kim,,Oven XL,Negotiating,2024-02-01,,\n",
    )

    report = home.load()

    assert report.issues_by_reason == {"no account_id": 1}
    found = home.rows("SELECT current_stage, team, industry, value FROM {journeys} ORDER BY id")
    assert found == [("won", "East", "Food", 1200.0), ("negotiation", "East", None, None)]
