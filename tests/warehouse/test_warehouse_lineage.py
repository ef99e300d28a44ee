from typing import Any

import pytest

from knowledge.errors import BadInputError
from knowledge.warehouse.lineage import trace

MAPPING = """
source: crm
stages: [mql, won]
tables:
  leads: {file: leads.csv, into: person, key: id, columns: {name: name}, stages: {mql: mql}}
  deals:
    {file: deals.csv, into: opportunity, key: id, columns: {person_id: lead}, journey: lead,
     stages: {won: won}}
  touches:
    {file: touches.jsonl, into: touch, key: id, columns: {person_id: lead, at: moment}}
"""


@pytest.fixture
def loaded(home: Any) -> Any:
    home.map(MAPPING)
    home.write("leads.csv", "id,name,mql\n6,Zed,2024-01-01\n7,Ann,2024-01-02\n")
    home.write("deals.csv", "id,lead,won\n7,7,2024-02-02\n")
    home.write("touches.jsonl", '{"id": "t", "lead": "7", "moment": "2024-01-03"}\n')
    home.load()
    return home


def refs(home: Any, id_: str) -> list[tuple[str, str]]:
    with home.warehouse.snapshot() as snapshot:
        return [(step.kind, step.ref) for step in trace(snapshot, id_)]


def test_a_journey_leads_back_to_lines_of_files_a_load_and_a_version(loaded: Any) -> None:
    load = loaded.warehouse.newest().load_id
    found = refs(loaded, "crm:7")

    assert found[0] == ("journey", "journeys crm:7")
    assert ("canonical", "person crm:7") in found
    assert ("canonical", "stage_change crm:deals:7#won") in found
    assert [ref for kind, ref in found if kind == "raw"] == ["deals.csv line 2", "leads.csv line 3"]
    assert [ref for kind, ref in found if kind == "load"] == [
        f"{load} leads.csv",
        f"{load} deals.csv",
    ]
    assert found[-1] == ("version", "1")


@pytest.mark.parametrize(
    ("id_", "line"),
    [
        ("crm:touches:t", "touches.jsonl line 1"),
        ("crm:leads:6#mql", "leads.csv line 2"),
        ("crm:deals:7#won", "deals.csv line 2"),
    ],
)
def test_a_canonical_row_leads_back_to_the_line_it_came_from(
    loaded: Any, id_: str, line: str
) -> None:
    assert [ref for kind, ref in refs(loaded, id_) if kind == "raw"] == [line]


def test_a_load_shows_its_files(loaded: Any) -> None:
    kinds = [kind for kind, _ in refs(loaded, loaded.warehouse.newest().load_id)]
    assert kinds == ["load", "load", "load", "version"]


@pytest.mark.parametrize("id_", ["crm:99", "'; DROP TABLE x; --", ""])
def test_an_unknown_id_is_one_sentence(loaded: Any, id_: str) -> None:
    with loaded.warehouse.snapshot() as snapshot, pytest.raises(BadInputError, match="has the id"):
        trace(snapshot, id_)
