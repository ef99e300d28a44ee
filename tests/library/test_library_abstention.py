"""Abstention: the threshold is the one that the held-out questions give, and it works."""

import json
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from knowledge.library.index import Library
from knowledge.library.search import ABSTAIN_BELOW

CALIBRATION = Path(__file__).resolve().parents[2] / "evals/data/retrieval_calibration.jsonl"
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def scored(packaged: Library) -> list[tuple[float, bool]]:
    """Best cosine of each calibration question, and whether it is in scope."""
    rows: list[dict[str, Any]] = [
        json.loads(line) for line in CALIBRATION.read_text(encoding="utf-8").splitlines()
    ]
    scores: list[tuple[float, bool]] = []
    for row in rows:
        best = packaged.search(row["question"], today=TODAY).best
        assert best is not None
        scores.append((best, bool(row["relevant"])))
    return sorted(scores)


def calibrate(scored: list[tuple[float, bool]]) -> float:
    """Maximise Youden's J; among equals take the middle of the widest gap between two scores."""
    inside = [score for score, relevant in scored if relevant]
    outside = [score for score, relevant in scored if not relevant]

    def quality(gap: tuple[float, float]) -> tuple[float, float]:
        threshold = sum(gap) / 2
        kept = sum(score >= threshold for score in inside) / len(inside)
        wrong = sum(score >= threshold for score in outside) / len(outside)
        return round(kept - wrong, 9), gap[1] - gap[0]

    low, high = max(list(pairwise([score for score, _ in scored])), key=quality)
    return (low + high) / 2


def test_the_threshold_is_what_the_calibration_gives(scored: list[tuple[float, bool]]) -> None:
    assert pytest.approx(calibrate(scored), abs=0.01) == ABSTAIN_BELOW


def test_questions_out_of_scope_are_mostly_refused_and_those_in_scope_answered(
    scored: list[tuple[float, bool]],
) -> None:
    refused = [score < ABSTAIN_BELOW for score, relevant in scored if not relevant]
    answered = [score >= ABSTAIN_BELOW for score, relevant in scored if relevant]
    assert len(refused) == len(answered) == 40
    assert sum(refused) >= 36
    assert sum(answered) >= 35


def test_an_abstention_has_no_hits_and_says_why(packaged: Library) -> None:
    found = packaged.search("How do I bake sourdough bread?", today=TODAY)
    assert found.abstained
    assert found.hits == ()
    assert found.reason is not None
    assert "Nothing in the library is close" in found.reason
    assert packaged.search("   ").reason == "The question is empty."
    narrow = packaged.search("renewal", kind="playbook", audience="external", today=TODAY)
    assert narrow.reason == "No document of the library fits these filters."
