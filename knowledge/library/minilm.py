"""The forward pass of a MiniLM sentence encoder in NumPy, on one thread.

Importing sentence-transformers costs 5 to 8 s of CPU, which a single question would wait for. This
kernel loads in 0.2 s, gives the same vectors (cosine above 0.9999, held by a test) and takes about
as much CPU a text, so that a library of common size is indexed sooner here as well.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

Floats = NDArray[np.float32]

LAYERS = 6
HEADS = 12
WIDTH = 384
MAX_TOKENS = 256  # sentence_bert_config.json of the model
BATCH = 4
BLOCK = 16_384  # values of GELU at a time
NORM_EPSILON = np.float32(1e-12)

# Abramowitz and Stegun 7.1.26; its error, 1.5e-7, is that of single precision.
ERF = tuple(np.float32(c) for c in (0.254829592, -0.284496736, 1.421413741, -1.453152027))
ERF_LAST = np.float32(1.061405429)
ERF_P = np.float32(0.3275911)


class MiniLm:
    """Encode texts with the weights of a six-layer MiniLM.

    Args:
        folder: Folder with ``model.safetensors`` and ``tokenizer.json``.
    """

    def __init__(self, folder: Path) -> None:
        # Only processes that embed should pay for these.
        from safetensors.numpy import load_file  # noqa: PLC0415
        from tokenizers import Tokenizer  # noqa: PLC0415

        self._weights: dict[str, Floats] = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()
        self._threads = ThreadpoolController()

    def encode(self, texts: list[str]) -> Floats:
        """Give one unit vector a text.

        Returns:
            Array of shape ``[len(texts), 384]``.
        """
        vectors = np.empty((len(texts), WIDTH), dtype=np.float32)
        # Texts of like length share a batch, so that little of it is padding.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        # The products are too small to share: on a busy machine several threads spin in wait for
        # each other and take six times the CPU.
        with self._threads.limit(limits=1, user_api="blas"):
            for start in range(0, len(order), BATCH):
                rows = order[start : start + BATCH]
                vectors[rows] = self._batch([texts[i] for i in rows])
        return vectors

    def _batch(self, texts: list[str]) -> Floats:
        encodings = self._tokenizer.encode_batch(texts)
        ids = np.array([e.ids for e in encodings])
        mask = np.array([e.attention_mask for e in encodings], dtype=np.float32)
        weights = self._weights
        hidden = (
            weights["embeddings.word_embeddings.weight"][ids]
            + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._normalise(hidden, "embeddings.LayerNorm")
        blocked = ((1 - mask) * np.float32(-1e9))[:, None, None, :]
        for layer in range(LAYERS):
            hidden = self._layer(hidden, blocked, f"encoder.layer.{layer}.")
        pooled = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1)[:, None]
        return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), dtype=np.float32)

    def _layer(self, hidden: Floats, blocked: Floats, name: str) -> Floats:
        texts, tokens, width = hidden.shape

        def heads(part: str) -> Floats:
            projected = self._linear(hidden, f"{name}attention.self.{part}")
            return projected.reshape(texts, tokens, HEADS, width // HEADS).transpose(0, 2, 1, 3)

        weights: Floats = heads("query") @ heads("key").transpose(0, 1, 3, 2)
        weights *= np.float32((width // HEADS) ** -0.5)
        weights += blocked
        weights -= weights.max(axis=-1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= weights.sum(axis=-1, keepdims=True)
        mixed: Floats = (weights @ heads("value")).transpose(0, 2, 1, 3)
        mixed = mixed.reshape(texts, tokens, width)
        attended = self._linear(mixed, f"{name}attention.output.dense")
        attended += hidden
        attended = self._normalise(attended, f"{name}attention.output.LayerNorm")
        output = self._linear(
            _gelu(self._linear(attended, f"{name}intermediate.dense")), f"{name}output.dense"
        )
        output += attended
        return self._normalise(output, f"{name}output.LayerNorm")

    def _linear(self, values: Floats, name: str) -> Floats:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        # One product over all tokens; with three dimensions NumPy would make one a text.
        product = values.reshape(-1, values.shape[-1]) @ weight.T
        product += bias
        return np.asarray(product.reshape(*values.shape[:-1], -1), dtype=np.float32)

    def _normalise(self, values: Floats, name: str) -> Floats:
        """Normalise each token in place."""
        values -= values.mean(axis=-1, keepdims=True)
        squares = np.einsum("btw,btw->bt", values, values)[:, :, None]
        values /= np.sqrt(squares / np.float32(WIDTH) + NORM_EPSILON)
        values *= self._weights[f"{name}.weight"]
        values += self._weights[f"{name}.bias"]
        return values


def _gelu(values: Floats) -> Floats:
    """Apply the exact GELU, x * Phi(x), in place, in blocks that stay in the cache."""
    flat = values.reshape(-1)
    for start in range(0, flat.size, BLOCK):
        block = flat[start : start + BLOCK]
        scaled = np.abs(block)
        scaled *= np.float32(0.5**0.5)
        t = 1 / (1 + ERF_P * scaled)
        series = t * ERF_LAST
        for coefficient in reversed(ERF):
            series += coefficient
            series *= t
        scaled *= scaled
        np.negative(scaled, out=scaled)
        series *= np.exp(scaled, out=scaled)
        erf = np.copysign(np.subtract(1, series, out=series), block)
        erf += 1
        erf *= np.float32(0.5)
        block *= erf
    return values
