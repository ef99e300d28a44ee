"""Graders of a ranking: recall and normalised discounted cumulative gain."""

from collections.abc import Collection, Sequence
from math import log2


def recall(ranked: Sequence[str], relevant: Collection[str], depth: int) -> float:
    """Give the share of the relevant documents among the first ``depth`` of a ranking."""
    return len(set(ranked[:depth]) & set(relevant)) / len(relevant)


def ndcg(ranked: Sequence[str], relevant: Collection[str], depth: int) -> float:
    """Give nDCG of a ranking without repetition, all relevant documents of equal gain.

    Jaervelin and Kekaelaeinen, TOIS 2002, with the discount ``1 / log2(rank + 1)``.
    """
    gain = sum(1 / log2(rank + 2) for rank, doc in enumerate(ranked[:depth]) if doc in relevant)
    best = sum(1 / log2(rank + 2) for rank in range(min(depth, len(relevant))))
    return gain / best
