from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from langchain_core.tools import BaseTool

from agent.conversation import Conversation, ask, build_conversation
from agent.models.offline import OfflineChatModel
from agent.models.vocabulary import Vocabulary
from knowledge.library.embedding import Embedder

PAGE = yaml.safe_load((Path(__file__).parent / "weak_spots.yaml").read_text(encoding="utf-8"))
LEAST = 0.95


@pytest.fixture(scope="module")
def wider(embedder: Embedder, vocabulary: Vocabulary, router_cache: Path) -> OfflineChatModel:
    """Know products, personas of two words, and deals that carry a product in their names."""
    words = replace(
        vocabulary,
        segments={
            **vocabulary.segments,
            "persona": ("Operations Manager", "Student / Researcher"),
            "product_line": ("Flow Core", "Flow Scale"),
        },
        names=vocabulary.names
        | {"Bob Stone", "Initech", "Globex - Flow Core", "Initech - Flow Core"}
        | {"Umbrella Health - Flow Scale"},
    )
    return OfflineChatModel.create(vocabulary=lambda: words, embedder=embedder, cache=router_cache)


@pytest.fixture
def asked(wider: OfflineChatModel, tools: list[BaseTool]) -> Conversation:
    return build_conversation(wider, tools)


def wrong(conversation: Conversation, question: str, expected: dict[str, Any]) -> object:
    """Give the calls made, where they are not those expected."""
    made = {call["name"]: call["args"] for call in ask(conversation, question).tool_calls}
    held = made.keys() == expected.keys() and all(
        made[tool].get(key) == value
        for tool, args in expected.items()
        for key, value in args.items()
    )
    # A segment or an owner that nobody named would narrow the answer unseen.
    unasked = {
        (tool, key)
        for tool in expected.keys() & made.keys()
        for key in ("by", "value", "segment", "owner")
        if key in made[tool] and key not in expected[tool]
    }
    return None if held and not unasked else made


def test_what_once_went_wrong_reaches_the_right_tools(asked: Conversation) -> None:
    rows = [row for group in PAGE.values() for row in group]
    missed = {text: made for text, args in rows if (made := wrong(asked, text, args)) is not None}
    assert len(rows) >= 40
    assert 1 - len(missed) / len(rows) >= LEAST, missed


def test_no_phrasing_of_a_weak_spot_is_an_example() -> None:
    import prompts  # noqa: PLC0415 - read here only

    examples = {
        text.lower().rstrip("?.!")
        for texts in prompts.examples("routing")["intents"].values()
        for text in texts
    }
    assert not examples & {row[0].lower().rstrip("?.!") for rows in PAGE.values() for row in rows}
