from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.conversation import Conversation, ask
from agent.models.offline import OfflineChatModel
from agent.models.routing import Router
from agent.models.understanding import understand
from agent.models.vocabulary import Vocabulary
from knowledge.library.embedding import Embedder

PAGE = yaml.safe_load((Path(__file__).parent / "paraphrases.yaml").read_text(encoding="utf-8"))
TOOLS = {
    "funnel": "funnel",
    "leaks": "find_leaks",
    "scores": "score_leads",
    "lookup": "lookup_record",
    "library": "search_library",
    "content": "next_best_content",
    "draft": "draft_play",
}
# The held-out part reached 0.97, 0.95 and 0.95 the first time it was run.
LEAST_TOOLS, LEAST_ARGUMENTS, LEAST_ABSTENTION = 0.95, 0.93, 0.90


def cases(page: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for intent, tool in TOOLS.items():
        for question, args in page.get(intent, []):
            yield question, tool, args


def right(answer_calls: list[dict[str, Any]], tool: str) -> dict[str, Any] | None:
    """Find the expected call: the first, or the last where a leak has to be found before."""
    if not answer_calls:
        return None
    chosen = answer_calls[-1 if tool == "draft_play" else 0]
    return chosen if chosen["name"] == tool else None


@pytest.mark.parametrize("part", ["written_first", "held_out"])
def test_unseen_paraphrases_reach_the_right_tool_with_the_right_arguments(
    conversation: Conversation, part: str
) -> None:
    wrong, misread, total = [], [], 0
    for question, tool, args in cases(PAGE[part]):
        total += 1
        call = right(ask(conversation, question).tool_calls, tool)
        if call is None:
            wrong.append(question)
        elif any(call["args"].get(key) != value for key, value in args.items()):
            misread.append((question, call["args"]))
    assert total >= 60
    assert 1 - len(wrong) / total >= LEAST_TOOLS, wrong
    assert 1 - (len(wrong) + len(misread)) / total >= LEAST_ARGUMENTS, (wrong, misread)


@pytest.mark.parametrize("part", ["written_first", "held_out"])
def test_irrelevant_questions_call_nothing_and_forbidden_ones_are_refused(
    conversation: Conversation, part: str
) -> None:
    wrong = []
    for question, kind in PAGE[part]["none"]:
        answer = ask(conversation, question)
        refused = "I can't" in answer.answer or "I don't share" in answer.answer
        good = not answer.tool_calls and (kind in ("irrelevant", "help") or refused)
        if not good:
            wrong.append((question, kind, answer.tool_calls))
    assert 1 - len(wrong) / len(PAGE[part]["none"]) >= LEAST_ABSTENTION, wrong


def test_no_paraphrase_is_an_example() -> None:
    import prompts  # noqa: PLC0415 - read here only

    examples = {
        text.lower().rstrip("?.!")
        for texts in prompts.examples("routing")["intents"].values()
        for text in texts
    }
    ours = {
        row[0].lower().rstrip("?.!")
        for part in PAGE.values()
        for rows in part.values()
        for row in rows
    }
    assert not examples & ours


def test_vectors_kept_on_disk_route_as_fresh_ones_do(
    embedder: Embedder, offline: OfflineChatModel, tmp_path: Path
) -> None:
    assert offline.folder is not None
    kept = Router.standard(embedder, offline.folder)
    (file,) = offline.folder.glob("router-*.npy")
    broken = tmp_path / file.name
    broken.write_bytes(b"not an array")
    again = Router.standard(embedder, tmp_path)
    for text in ("where do we lose leads", "tell me a joke"):
        assert kept.route(text) == again.route(text)
    assert broken.stat().st_size == file.stat().st_size


def test_two_wishes_in_one_message_are_both_understood(
    offline: OfflineChatModel, vocabulary: Vocabulary, embedder: Embedder
) -> None:
    router = Router.standard(embedder, offline.folder)
    wants = understand(
        "Show me the funnel for EMEA, and which 3 leads are most at risk?", [], vocabulary, router
    )
    assert [want.intent for want in wants] == ["funnel", "scores"]
    assert wants[1].arguments.limit == 3
