"""A small company for the conversation: tools with the shapes of the real ones, and its words."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from company import build_tools
from langchain_core.tools import BaseTool

from agent.conversation import Conversation, build_conversation
from agent.models.offline import OfflineChatModel
from agent.models.vocabulary import Vocabulary
from knowledge.library.embedding import Embedder


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return Vocabulary(
        segments={
            "lead_source": ("Paid Search", "Referral", "Webinar"),
            "region": ("APAC", "EMEA", "North America"),
            "country": ("France", "Germany"),
            "industry": ("Healthcare", "Manufacturing", "Software"),
            "owner": ("Bob Stone", "Maria Lopez"),
            "team": ("Enterprise", "Mid-market"),
        },
        names=frozenset(
            {"Globex", "Hannah Fischer", "Umbrella Health", "Priya Nair", "Maria Lopez"}
        ),
        as_of=date(2026, 10, 31),
    )


@pytest.fixture(scope="session")
def router_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("router")


@pytest.fixture(scope="session")
def offline(embedder: Embedder, vocabulary: Vocabulary, router_cache: Path) -> OfflineChatModel:
    return OfflineChatModel.create(
        vocabulary=lambda: vocabulary, embedder=embedder, cache=router_cache
    )


@pytest.fixture
def tools() -> list[BaseTool]:
    return build_tools()


@pytest.fixture
def conversation(offline: OfflineChatModel, tools: Sequence[BaseTool]) -> Conversation:
    return build_conversation(offline, tools)
