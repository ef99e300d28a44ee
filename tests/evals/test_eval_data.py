"""The questions of the evals are well formed."""

from collections import Counter

import pytest

from evals.calls import GRADED
from evals.questions import Questions
from knowledge.library.documents import markdown_files, read_documents
from knowledge.library.index import PACKAGED

TOOLS = {*GRADED, "search_library", "draft_play"}


@pytest.mark.parametrize("name", ["retrieval", "routing"])
def test_ids_and_questions_are_unique(name: str) -> None:
    rows = Questions(name).rows
    for key in ("id", "question"):
        repeated = [value for value, n in Counter(row[key] for row in rows).items() if n > 1]
        assert repeated == []


def test_retrieval_asks_enough_in_and_out_of_scope_about_every_current_document() -> None:
    rows = Questions("retrieval").rows
    documents = read_documents(markdown_files(PACKAGED))
    relevant = {doc for row in rows for doc in row["relevant"]}
    assert relevant <= set(documents)
    assert sum(bool(row["relevant"]) for row in rows) >= 60
    assert sum(not row["relevant"] for row in rows) >= 25
    # Whoever adds a document adds a question; an expired one is never found.
    assert {"webinar-ops-benchmarks"} >= set(documents) - relevant


def test_retrieval_asks_nothing_that_the_threshold_was_set_on() -> None:
    asked = {row["question"].casefold() for row in Questions("retrieval").rows}
    known = {row["question"].casefold() for row in Questions("retrieval_calibration").rows}
    assert asked & known == set()


def test_routing_asks_for_every_tool_with_arguments_that_are_graded() -> None:
    rows = Questions("routing").rows
    calls = [call for row in rows for call in row["calls"]]
    assert sum(bool(row["calls"]) for row in rows) >= 80
    assert {call["tool"] for call in calls} == TOOLS
    assert [
        call for call in calls if not set(call["args"]) <= set(GRADED.get(call["tool"], ()))
    ] == []
    assert any(not row["calls"] for row in rows)
