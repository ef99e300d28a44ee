"""The packaged library, indexed once: real embeddings, real Chroma."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge.library.embedding import Embedder
from knowledge.library.index import PACKAGED, Library

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Library:
    library = Library(tmp_path_factory.mktemp("library"), embed=embedder)
    library.sync(PACKAGED)
    return library


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a document with good front matter, some of it overridden, into tmp_path/docs."""

    def write_document(name: str, body: str, **fields: str) -> Path:
        folder = tmp_path / "docs"
        folder.mkdir(exist_ok=True)
        front = {"id": name, "title": name.title(), "kind": "playbook", "owner": "RevOps"} | fields
        lines = "\n".join(f"{key}: {value}" for key, value in front.items())
        path = folder / f"{name}.md"
        path.write_text(f"---\n{lines}\n---\n\n{body}\n", encoding="utf-8")
        return path

    return write_document


@pytest.fixture(scope="session")
def questions() -> list[dict[str, Any]]:
    lines = (HERE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
