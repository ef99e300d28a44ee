import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from langchain_core.messages import ToolMessage
from leak_company import Company, Leads, Plan, company, engaged

from tools.leakage.tool import leakage_tools


def _leaking() -> Company:
    def chance(leads: Leads) -> Any:
        return np.where((leads["region"] == "EMEA") & (leads["day"] >= 400), 0.6, 1.0)

    return company(1, Plan(chance=chance))


def call(made: Company, name: str, **args: object) -> ToolMessage:
    @contextmanager
    def provider() -> Iterator[Company]:
        yield made

    tools = {tool.name: tool for tool in leakage_tools(provider)}  # type: ignore[arg-type]
    message = tools[name].invoke({"name": name, "args": args, "id": "1", "type": "tool_call"})
    assert isinstance(message, ToolMessage)
    return message


def test_leaks_come_as_json_with_the_whole_report_beside() -> None:
    message = call(_leaking(), "find_leaks")
    assert json.loads(str(message.content))["findings"] == message.artifact["findings"]
    assert message.artifact["findings"][0]["segment"] == {"region": "EMEA"}


def test_leaks_can_be_narrowed_to_a_transition_or_segment() -> None:
    made = _leaking()
    assert call(made, "find_leaks", transition="accepted->won").artifact["findings"] == []
    assert call(made, "find_leaks", segment="region=NA").artifact["findings"] == []
    assert len(call(made, "find_leaks", segment="region=emea").artifact["findings"]) == 1


def test_scores_are_limited_and_narrowed() -> None:
    message = call(engaged(1), "score_leads", segment="region=EMEA", stage="mql", limit=3)
    rows = json.loads(str(message.content))["scores"]
    assert 0 < len(rows) <= 3
    assert {row["from"] for row in rows} == {"mql"}


@pytest.mark.parametrize(
    ("name", "args", "sentence"),
    [
        ("find_leaks", {"transition": "mql"}, "choose from: mql->accepted, accepted->won"),
        ("find_leaks", {"segment": "colour=red"}, "choose from: lead_source"),
        ("score_leads", {"stage": "sold"}, "choose from: mql, accepted"),
    ],
)
def test_bad_input_is_answered_with_a_sentence(
    name: str, args: dict[str, str], sentence: str
) -> None:
    message = call(company(1, size=200), name, **args)
    assert message.status == "error"
    assert sentence in str(message.content)
