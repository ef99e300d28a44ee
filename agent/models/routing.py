"""Routing: tell what a question wants by the sentences that it resembles."""

import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

import prompts
from agent.models.arguments import mask
from agent.models.vocabulary import Vocabulary

Vectors = npt.NDArray[np.float32]


class Embeds(Protocol):
    """Turn texts into vectors of length one, one row a text."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts."""


@dataclass(frozen=True)
class Route:
    """Say what a question wants.

    Attributes:
        intent: The nearest intent, or ``unknown`` where nothing is near enough.
        score: How much it resembles the intent's examples; about 1 for a copy of one.
        runner_up: The second nearest intent.
        margin: How far ahead of it the nearest is.
    """

    intent: str
    score: float
    runner_up: str
    margin: float


UNKNOWN = "unknown"
# A question that is nearer to no example than this is not understood; with a cue, less will do.
THRESHOLD = 0.42
THRESHOLD_HINTED = 0.33
THRESHOLD_CUED = 0.22
_NEAREST = 3
_RIDGE = 0.3
# Weights of the views: the nearest examples, what all of them taught, and cue words.
_NEAR_WEIGHT = 0.6
_STRONG = 0.3
_WEAK = 0.08
_MOST = 0.45
# On top of all others: what can't be meant otherwise, whatever else the sentence speaks of.
_DECISIVE = 0.5


class Router:
    """Route a question to an intent by its nearest examples, a linear reading of all, and cues.

    The nearest examples alone are swayed by a word in common; the linear view (ridge regression
    on the embeddings, one column an intent) weighs which directions tell intents apart. Sentence
    embeddings tell topics better than they tell "send it" from "what should I send": cue words do.
    """

    def __init__(
        self,
        embedder: Embeds,
        examples: Mapping[str, Sequence[str]],
        cues: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
        domain: Sequence[str] = (),
        cache: Path | None = None,
    ) -> None:
        self._embedder = embedder
        words = "|".join(domain)
        self._domain = re.compile(rf"\b(?:{words})\b", re.IGNORECASE) if words else None
        self._cues = {
            intent: [
                (re.compile(pattern, re.IGNORECASE), weight)
                for strength, weight in (("strong", _STRONG), ("weak", _WEAK))
                for pattern in patterns.get(strength, ())
            ]
            for intent, patterns in (cues or {}).items()
        }
        self._decisive = {
            intent: [re.compile(pattern, re.IGNORECASE) for pattern in patterns["decisive"]]
            for intent, patterns in (cues or {}).items()
            if "decisive" in patterns
        }
        self._intents = list(examples)
        self._labels = np.array(
            [place for place, intent in enumerate(self._intents) for _ in examples[intent]]
        )
        texts = [text for intent in self._intents for text in examples[intent]]
        self._vectors = _embedded(embedder, texts, cache)
        self._weights = _ridge(self._vectors, self._labels, len(self._intents))

    @classmethod
    def standard(cls, embedder: Embeds, cache: Path | None = None) -> "Router":
        """Learn from the examples in ``prompts/routing.yaml``, with names masked.

        Args:
            embedder: Embeds the examples and the questions.
            cache: Folder that keeps the examples' vectors, which take seconds to compute.
        """
        page = prompts.examples("routing")
        vocabulary = Vocabulary(names=frozenset(page["names"]))
        examples = {
            intent: list(dict.fromkeys(mask(text, vocabulary) for text in texts))
            for intent, texts in page["intents"].items()
        }
        return cls(embedder, examples, page["cues"], page["domain"], cache)

    def route(self, text: str, *, named: bool = False) -> Route:
        """Route one question.

        Args:
            text: The question, its name masked.
            named: True where it names something of the company's data.
        """
        vector = _embed(self._embedder, [text])[0]
        similar = self._vectors @ vector
        near = np.array(
            [
                np.sort(similar[self._labels == place])[-_NEAREST:].mean()
                for place in range(len(self._intents))
            ]
        )
        nearest = np.array(
            [similar[self._labels == place].max() for place in range(len(self._intents))]
        )
        learned = np.append(vector, 1.0) @ self._weights
        ours = named or self._domain is None or bool(self._domain.search(text))
        # Without a word of our trade a cue says little: "how do I" asks about taps as well.
        cued = np.array([self._cue(intent, text, ours=ours) for intent in self._intents])
        total = _NEAR_WEIGHT * (near + nearest) / 2 + (1 - _NEAR_WEIGHT) * learned + cued
        first, second = np.argsort(total)[::-1][:2]
        floor = (
            THRESHOLD_CUED
            if cued[first] >= _STRONG
            else THRESHOLD_HINTED
            if cued[first] and ours
            else THRESHOLD
        )
        known = nearest[first] >= floor
        return Route(
            self._intents[first] if known else UNKNOWN,
            float(nearest[first]),
            self._intents[second],
            float(total[first] - total[second]),
        )

    def _cue(self, intent: str, text: str, *, ours: bool) -> float:
        """Add up the cue words that speak for an intent."""
        found = (weight for pattern, weight in self._cues.get(intent, ()) if pattern.search(text))
        if not ours:
            return min(sum(found), _WEAK)
        decisive = any(pattern.search(text) for pattern in self._decisive.get(intent, ()))
        return min(sum(found), _MOST) + (_DECISIVE if decisive else 0.0)


def _embed(embedder: Embeds, texts: Sequence[str]) -> Vectors:
    return np.asarray(embedder.embed(texts), dtype=np.float32)


def _embedded(embedder: Embeds, texts: Sequence[str], cache: Path | None) -> Vectors:
    """Embed the examples, or read their vectors back as the same model left them."""
    if cache is None:
        return _embed(embedder, texts)
    key = "\n".join([str(getattr(embedder, "fingerprint", "")), *texts])
    path = cache / f"router-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npy"
    try:
        return np.asarray(np.load(path, allow_pickle=False), dtype=np.float32)
    except (OSError, ValueError):
        vectors = _embed(embedder, texts)
    cache.mkdir(parents=True, exist_ok=True)
    # Written aside and renamed, so that no other process reads half of it.
    with tempfile.NamedTemporaryFile(dir=cache, suffix=".part", delete=False) as part:
        np.save(part, vectors)
    Path(part.name).replace(path)
    return vectors


def _ridge(vectors: Vectors, labels: npt.NDArray[np.int64], intents: int) -> Vectors:
    """Solve ridge regression to one column an intent, each intent weighing the same in all."""
    targets = np.eye(intents, dtype=np.float32)[labels]
    sizes = np.bincount(labels, minlength=intents)
    weights = (len(labels) / intents / sizes)[labels][:, None].astype(np.float32)
    inputs = np.hstack([vectors, np.ones((len(vectors), 1), dtype=np.float32)])
    gram = inputs.T @ (weights * inputs) + _RIDGE * np.eye(inputs.shape[1], dtype=np.float32)
    return np.asarray(np.linalg.solve(gram, inputs.T @ (weights * targets)), dtype=np.float32)
