import json

from agent.models.vocabulary import vocabulary_of
from knowledge.warehouse.versions import Snapshot, Warehouse
from tools.crm.lookup import lookup
from tools.crm.tool import build_tools


def test_a_lead_shows_stage_owner_touches_deal_and_account(snapshot: Snapshot) -> None:
    found = lookup(snapshot, "Hannah Fischer")
    details = found["details"]
    assert (found["status"], found["kind"], found["id"]) == ("found", "lead", "crm:p1")
    assert found["warehouse_version"] == snapshot.version
    assert details["stage"] == "accepted"
    assert details["in stage since"] == "2026-03-09T00:00:00Z"
    assert details["owner"] == "Maria Lopez"
    assert details["account"] == "Globex Corporation"
    assert details["opportunity"] == "Globex Renewal"
    assert details["amount"] == 48000
    assert details["score"] == 71
    assert found["references"]["account_id"] == "crm:a1"


def test_touches_and_content_cover_every_record_of_the_person_newest_first(
    snapshot: Snapshot,
) -> None:
    found = lookup(snapshot, "hannah.fischer@globex.example")
    assert [touch["at"] for touch in found["touches"]] == [
        "2026-06-07T09:00:00Z",
        "2026-06-05T11:30:00Z",
        "2026-06-02T10:00:00Z",
    ]
    assert [item["id"] for item in found["content"]] == ["crm:c2", "crm:c1"]


def test_an_account_shows_its_open_leads(snapshot: Snapshot) -> None:
    found = lookup(snapshot, "Globex Corporation")
    assert found["kind"] == "account"
    assert found["details"]["owner"] == "Maria Lopez"
    assert found["details"]["open leads"] == 2
    assert {lead["id"] for lead in found["leads"]} == {"crm:p1", "crm:p3"}
    assert found["touches"][0]["channel"] == "phone"


def test_an_owner_shows_team_and_load(snapshot: Snapshot) -> None:
    found = lookup(snapshot, "Bob Stone", "owner")
    assert found["details"]["team"] == "Mid-market"
    assert found["details"]["open leads"] == 3


def test_an_opportunity_shows_stage_amount_and_person(snapshot: Snapshot) -> None:
    found = lookup(snapshot, "crm:d1")
    assert found["details"]["stage"] == "sql"
    assert found["details"]["person"] == "Hannah Fischer"
    assert found["references"]["owner_id"] == "crm:o1"


def test_an_ambiguous_name_lists_candidates_with_what_tells_them_apart(snapshot: Snapshot) -> None:
    found = lookup(snapshot, "John Smith")
    assert found["status"] == "ambiguous"
    hints = {item["id"]: item["hint"] for item in found["candidates"]}
    assert "john.smith@globex.example" in hints["crm:p3"]
    assert "jsmith@umbrella.example" in hints["crm:p4"]


def test_an_unknown_name_is_not_found(snapshot: Snapshot) -> None:
    assert lookup(snapshot, "Xavier Quux")["status"] == "not_found"


def test_the_tool_gives_the_same_as_text_and_as_data(crm: Warehouse) -> None:
    (tool,) = build_tools(crm.snapshot)
    call = {"name": "lookup_record", "args": {"name": "Priya Nair"}, "id": "1", "type": "tool_call"}
    message = tool.invoke(call)
    assert json.loads(message.content) == message.artifact
    assert message.artifact["details"]["owner"] == "Bob Stone"


def test_the_vocabulary_holds_the_words_of_the_data(crm: Warehouse) -> None:
    vocabulary = vocabulary_of(crm.snapshot)()
    assert vocabulary.stages == ("mql", "accepted", "sql", "won")
    assert vocabulary.segments["lead_source"] == ("Paid Search", "Referral", "Webinar")
    assert vocabulary.values["emea"] == ("region", "EMEA")
    assert vocabulary.known_names["hannah fischer"] == "Hannah Fischer"
