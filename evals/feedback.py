"""`feedback`: what do people think of the answers they got?"""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from agent.assembly import Weir
from agent.slack.tables import ANSWER, FEEDBACK
from evals.figures import Progress, Report, share
from knowledge.database import reading

GRADER = "1"
GOOD, BAD = "good", "bad"


def run(progress: Progress) -> Report:
    """Read the verdicts from the ledger of this deployment."""
    progress("reading the ledger", 0.0)
    database = Weir.open().warehouse.database
    return evaluate(answered(database), verdicts(database))


def evaluate(answers: int, rows: Iterable[dict[str, Any]]) -> Report:
    """Count verdicts; ``satisfied`` is the share of good ones among all of them.

    Args:
        answers: How many answers were given.
        rows: One verdict of one person on one answer each.
    """
    rows = list(rows)
    bad = [row for row in rows if row["verdict"] == BAD]
    by_reason = Counter(row["reason"] or "no_reason" for row in bad)
    return Report(
        name="feedback",
        version=GRADER,
        figures={
            "answers": float(answers),
            "rated": float(len({row["answer_id"] for row in rows})),
            "satisfied": share(len(rows) - len(bad), len(rows)),
            **{f"by_reason_{reason}": float(count) for reason, count in sorted(by_reason.items())},
        },
        baselines={},
        cases={"verdicts": len(rows)},
        misses=[
            {
                "question": row["question"],
                "reason": row["reason"] or "no reason",
                "words": row["answer"].get("words") or "",
            }
            for row in bad
        ],
    )


def answered(database: sa.Engine) -> int:
    """Count the answers that were given."""
    query = sa.select(sa.func.count()).select_from(ANSWER).where(ANSWER.c.finished_at.is_not(None))
    with reading(database).connect() as connection:
        return int(connection.execute(query).scalar_one())


def verdicts(database: sa.Engine) -> list[dict[str, Any]]:
    """Read every verdict, the oldest first."""
    with reading(database).connect() as connection:
        rows = connection.execute(sa.select(FEEDBACK).order_by(FEEDBACK.c.at)).mappings()
        return [dict(row) for row in rows]


def candidates(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the badly rated questions as candidates for the ``routing`` eval.

    Each has the calls that were made; a human puts right what was wrong with them.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["verdict"] == BAD and row["question"]:
            calls = row["answer"].get("tool_calls") or []
            found[row["answer_id"]] = {
                "id": f"f_{row['answer_id'].removeprefix('ans_')}",
                "question": row["question"],
                "calls": [{"tool": call["name"], "args": call.get("args") or {}} for call in calls],
            }
    return list(found.values())


def export(path: Path) -> int:
    """Write the badly rated questions as lines of JSON; gives how many."""
    found = candidates(verdicts(Weir.open().warehouse.database))
    lines = (json.dumps(item, ensure_ascii=False) + "\n" for item in found)
    path.write_text("".join(lines), encoding="utf-8")
    return len(found)


def main() -> None:
    """Write the badly rated questions to the file that is named."""
    if len(sys.argv) != len(("program", "file")):
        raise SystemExit("Name the file to write: python -m evals.feedback questions.jsonl")
    sys.stdout.write(f"{export(Path(sys.argv[1]))} questions\n")


if __name__ == "__main__":
    main()
