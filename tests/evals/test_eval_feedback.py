"""Verdicts as figures, and badly rated questions as candidates for an eval."""

from typing import Any

from evals.feedback import candidates, evaluate


def verdict(answer: str, by: str, what: str, reason: str | None = None) -> dict[str, Any]:
    calls = [{"name": "funnel", "args": {"by": "region"}, "seconds": 0.2}]
    return {
        "answer_id": f"ans_{answer}",
        "by": by,
        "verdict": what,
        "reason": reason,
        "question": f"Question {answer}?",
        "answer": {"answer": "41%", "tool_calls": calls, "words": ""},
    }


ROWS = [
    verdict("1", "a", "good"),
    verdict("1", "b", "bad", "too_long"),
    verdict("2", "a", "bad"),
]


def test_satisfaction_is_the_share_of_good_verdicts() -> None:
    assert evaluate(5, ROWS).figures == {
        "answers": 5.0,
        "rated": 2.0,
        "satisfied": 0.3333,
        "by_reason_no_reason": 1.0,
        "by_reason_too_long": 1.0,
    }


def test_without_verdicts_there_is_no_satisfaction() -> None:
    assert evaluate(0, []).figures == {"answers": 0.0, "rated": 0.0, "satisfied": None}


def test_badly_rated_questions_have_the_shape_of_routing_questions() -> None:
    assert candidates(ROWS) == [
        {
            "id": "f_1",
            "question": "Question 1?",
            "calls": [{"tool": "funnel", "args": {"by": "region"}}],
        },
        {
            "id": "f_2",
            "question": "Question 2?",
            "calls": [{"tool": "funnel", "args": {"by": "region"}}],
        },
    ]
