import json
from collections.abc import Callable
from typing import Any

import narwhals as nw
import pytest
from careless_model import CarelessModel
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool as as_tool

from agent.access import OPERATOR, may_see, refusal, viewer_of
from agent.answer import Answer
from agent.assembly import Weir
from agent.conversation import Conversation, ask, build_conversation
from agent.guarded_tools import AccessMiddleware
from tools.leakage.score import score_id

DANA = "dana.meyer@northpeak.example"
RIO = "rio.tanaka@northpeak.example"
SAM = "sam.okafor@northpeak.example"
Row = dict[str, Any]


@pytest.fixture(scope="session")
def leads(weir: Weir) -> list[Row]:
    columns = ("journey_id", "name", "email", "owner", "account_id")
    with weir.snapshot() as snapshot:
        frame = snapshot.table("journeys").filter(nw.col("is_open")).select(*columns)
        return [dict(row) for row in frame.collect("pyarrow").iter_rows(named=True)]


@pytest.fixture(scope="session")
def sams(leads: list[Row]) -> list[Row]:
    return [row for row in leads if row["owner"] == "Sam Okafor"]


@pytest.fixture(scope="session")
def others(leads: list[Row]) -> list[Row]:
    names = {row["name"] for row in leads if row["owner"] == "Sam Okafor"}
    return [
        row
        for row in leads
        if row["owner"] not in (None, "Sam Okafor") and row["name"] not in names
    ]


@pytest.fixture
def request_as(weir: Weir) -> Callable[..., ToolMessage]:
    """Give what a tool answers a model that calls it, as a careless or captured one may."""

    def run(user: str | None, tool: str, /, **args: Any) -> ToolMessage:
        model = CarelessModel(tool=tool, args=args)
        built = build_conversation(model, weir.tools(), extra=(AccessMiddleware(weir),))
        state = built.graph.invoke(
            {"messages": [("user", "go")]}, {"configurable": {"user": user, "thread_id": "t"}}
        )
        message = state["messages"][-2]
        assert isinstance(message, ToolMessage)
        return message

    return run


def _owners(weir: Weir, answer: Answer) -> list[str]:
    scored = [item["ref"] for item in answer.evidence if item["kind"] == "score"]
    assert scored
    with weir.snapshot() as snapshot:
        rows = snapshot.table("journeys").select("journey_id", "owner").collect("pyarrow")
        owner = {score_id(row["journey_id"]): row["owner"] for row in rows.iter_rows(named=True)}
    return [owner[ref] for ref in scored]


@pytest.mark.parametrize(
    "question",
    [
        "Which of my leads are at risk?",
        "which leads are most at risk",
        "which of my accounts are in danger?",
        "show me my accounts",
        "which leads assigned to me may slip?",
    ],
)
def test_a_rep_is_shown_the_reps_own_leads_at_risk(
    weir: Weir, conversation: Conversation, question: str
) -> None:
    answer = ask(conversation, question, user=SAM)
    assert set(_owners(weir, answer)) == {"Sam Okafor"}
    assert "Most at risk for Sam Okafor" in answer.answer
    assert answer.unsupported == []


def test_a_manager_is_shown_the_leads_of_all(weir: Weir, conversation: Conversation) -> None:
    answer = ask(conversation, "Which leads are most at risk?", user=DANA)
    assert len(set(_owners(weir, answer))) > 1


def test_whoever_owns_no_lead_is_told_so(conversation: Conversation) -> None:
    answer = ask(conversation, "Which of my leads are at risk?", user=RIO)
    assert f"No owner in the CRM has the address {RIO}" in answer.answer
    assert answer.evidence == []


def test_an_operator_without_a_name_sees_everything(weir: Weir, conversation: Conversation) -> None:
    answer = ask(conversation, "Which of my leads are at risk?")
    assert len(set(_owners(weir, answer))) > 1


@pytest.mark.parametrize("question", ["Show me the funnel", "Who is {name}?", "Where do we leak?"])
@pytest.mark.parametrize("user", ["eve@evil.example", "", "  "])
def test_a_stranger_sees_nothing_at_all(
    conversation: Conversation, others: list[Row], user: str, question: str
) -> None:
    answer = ask(conversation, question.format(name=others[0]["name"]), user=user)
    assert "can't show you" in answer.answer
    assert answer.evidence == []


@pytest.mark.parametrize("key", ["name", "email", "journey_id"])
@pytest.mark.parametrize("tool", ["lookup_record", "next_best_content"])
def test_a_rep_cannot_ask_for_a_record_of_others_by_any_handle(
    request_as: Callable[..., ToolMessage], others: list[Row], tool: str, key: str
) -> None:
    row = others[0]
    more = {"kind": "lead"} if tool == "lookup_record" else {}
    message = request_as(SAM, tool, name=row[key], **more)
    assert message.status == "error"
    known = {str(row[other]) for other in ("name", "email", "journey_id", "owner")}
    assert not any(part in message.text for part in known - {str(row[key])})
    missing = request_as(SAM, tool, name="nobody.at.all@nowhere.example", **more)
    assert missing.text.replace("nobody.at.all@nowhere.example", row[key]) == message.text


@pytest.mark.parametrize("tool", ["lookup_record", "next_best_content"])
def test_a_rep_is_shown_the_reps_own_lead(
    request_as: Callable[..., ToolMessage], sams: list[Row], tool: str
) -> None:
    message = request_as(SAM, tool, name=sams[0]["journey_id"])
    assert message.artifact["status"] == "found"
    assert message.artifact["id"] == sams[0]["journey_id"]


def test_an_account_shared_with_others_names_own_leads_only(
    request_as: Callable[..., ToolMessage], sams: list[Row], others: list[Row]
) -> None:
    shared = {row["account_id"] for row in sams} & {row["account_id"] for row in others} - {None}
    assert shared, "the sample has no account with leads of Sam and of others"
    account = min(shared)
    whole = request_as(DANA, "lookup_record", name=account)
    narrowed = request_as(SAM, "lookup_record", name=account)
    own = {row["journey_id"] for row in sams}
    assert {row["id"] for row in whole.artifact["leads"]} - own
    assert {row["id"] for row in narrowed.artifact["leads"]} <= own
    for row in whole.artifact["leads"]:
        if row["id"] not in own:
            assert row["id"] not in narrowed.text


def test_a_colleague_is_shown_without_the_colleagues_leads(
    request_as: Callable[..., ToolMessage], others: list[Row]
) -> None:
    message = request_as(SAM, "lookup_record", name=others[0]["owner"], kind="owner")
    assert message.artifact["name"] == others[0]["owner"]
    assert message.artifact["leads"] == []


def test_me_is_whoever_asks(request_as: Callable[..., ToolMessage]) -> None:
    assert request_as(SAM, "lookup_record", name="me").artifact["name"] == "Sam Okafor"


@pytest.mark.parametrize("args", [{}, {"owner": "me"}, {"mine": True}, {"owner": "Sam Okafor"}])
def test_scores_for_a_rep_are_the_reps_whatever_a_model_asks(
    request_as: Callable[..., ToolMessage], sams: list[Row], args: Row
) -> None:
    message = request_as(SAM, "score_leads", limit=500, **args)
    found = {row["entity"] for row in message.artifact["scores"]}
    assert found
    assert found <= {row["journey_id"] for row in sams}


def test_scores_of_a_colleague_are_refused(
    request_as: Callable[..., ToolMessage], others: list[Row]
) -> None:
    message = request_as(SAM, "score_leads", owner=others[0]["owner"])
    assert message.status == "error"
    assert message.text == "You see your own leads only; ask a manager about those of others."


def test_a_rep_drafts_for_own_leads_only(
    request_as: Callable[..., ToolMessage], sams: list[Row], others: list[Row]
) -> None:
    refused = request_as(
        SAM, "draft_play", journey_ids=[sams[0]["journey_id"], others[0]["journey_id"]]
    )
    assert refused.text.startswith("1 of these 2 leads are not yours")
    whole = request_as(SAM, "draft_play", finding_id="leak_000000")
    assert "names leads of others" in whole.text


def test_leaks_give_a_rep_rates_but_no_records_of_others(weir: Weir, sams: list[Row]) -> None:
    ours = sams[0]["journey_id"]
    records = [{"kind": "record", "ref": ref, "text": "slow"} for ref in (ours, "crm:theirs")]
    evidence = [{"kind": "figure", "ref": "leak_1", "text": "slower"}, *records]
    found = {"findings": [{"id": "leak_1", "drivers": [{"driver": "x", "evidence": evidence}]}]}

    @as_tool(response_format="content_and_artifact")
    def find_leaks() -> tuple[str, dict[str, Any]]:
        """Find leaks."""
        return json.dumps(found), found

    model = CarelessModel(tool="find_leaks", args={})
    built = build_conversation(model, [find_leaks], extra=(AccessMiddleware(weir),))
    for user, shown in ((SAM, ["leak_1", ours]), (DANA, ["leak_1", ours, "crm:theirs"])):
        state = built.graph.invoke({"messages": [("user", "go")]}, {"configurable": {"user": user}})
        message = state["messages"][-2]
        for read in (message.artifact, json.loads(message.text)):
            kept = read["findings"][0]["drivers"][0]["evidence"]
            assert [row["ref"] for row in kept] == shown


def test_a_tool_that_nobody_classified_is_refused_to_a_rep(weir: Weir) -> None:
    @as_tool
    def export_everything() -> str:
        """Export everything."""
        return "Hannah Fischer, hannah@customer.example"

    model = CarelessModel(tool="export_everything", args={})
    built = build_conversation(model, [export_everything], extra=(AccessMiddleware(weir),))
    for user, shown in ((SAM, False), (DANA, True)):
        state = built.graph.invoke({"messages": [("user", "go")]}, {"configurable": {"user": user}})
        assert ("Hannah" in state["messages"][-2].text) is shown


def test_roles_come_from_the_policy_and_ownership_from_the_crm(weir: Weir) -> None:
    assert viewer_of(weir, DANA).sees == "all"
    sam = viewer_of(weir, " Sam.Okafor@northpeak.example ")
    assert (sam.sees, sam.roles, sam.name) == ("own", frozenset({"sales"}), "Sam Okafor")
    assert sam.owner_id is not None
    unlisted = viewer_of(weir, "thomas.hassan@northpeak.example")
    assert (unlisted.sees, unlisted.roles) == ("own", frozenset({"sales"}))
    nobody = viewer_of(weir, None)
    assert nobody.sees == "nothing"
    assert refusal(nobody) is not None
    assert refusal(OPERATOR) is None


def test_a_record_may_be_asked_about_by_other_surfaces(
    weir: Weir, sams: list[Row], others: list[Row]
) -> None:
    sam, eve = viewer_of(weir, SAM), viewer_of(weir, "eve@evil.example")
    with weir.snapshot() as snapshot:
        assert may_see(snapshot, sam, "lead", sams[0]["journey_id"])
        assert not may_see(snapshot, sam, "lead", others[0]["journey_id"])
        assert may_see(snapshot, viewer_of(weir, DANA), "lead", others[0]["journey_id"])
        assert not may_see(snapshot, eve, "lead", sams[0]["journey_id"])
