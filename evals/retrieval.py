"""`retrieval`: does the library find the documents that answer, and stay silent where none does?"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np

from evals.company import deployment
from evals.figures import Progress, Report, mean, share, version_of
from evals.questions import Questions
from evals.ranking import ndcg, recall
from knowledge.library.documents import Chunk
from knowledge.library.embedding import Embedder
from knowledge.library.index import PACKAGED, Library
from knowledge.library.search import Keywords

GRADER = "1"
TODAY = date(2026, 11, 23)  # so that no document expires between two runs
SHALLOW, DEEP = 5, 10
SECTIONS = 50  # deep enough for ten documents

Ranker = Callable[[str], list[str]]


def run(progress: Progress) -> Report:
    """Search the packaged library with questions of people in sales and revenue operations."""
    progress("indexing", 0.0)
    weir = deployment()
    weir.library.sync(PACKAGED)
    questions = Questions("retrieval")
    return evaluate(weir.library, weir.embedder, questions, progress)


def evaluate(
    library: Library, embedder: Embedder, questions: Questions, progress: Progress
) -> Report:
    """Grade a library that holds the packaged documents.

    ``recall_at_5`` and ``ndcg_at_10`` are means over the questions in scope, by document; a
    question on which the library abstains counts as nothing found. The baselines rank the same
    sections by one half of the search each, and never abstain.
    """
    asked = [row for row in questions.rows if row["relevant"]]
    foreign = [row for row in questions.rows if not row["relevant"]]
    ranked, abstained = {}, set()
    for number, row in enumerate(questions.rows):
        progress("asking", number / len(questions.rows))
        found = library.search(row["question"], limit=SECTIONS, today=TODAY)
        ranked[row["id"]] = documents([hit.id for hit in found.hits])
        if found.abstained:
            abstained.add(row["id"])
    chunks = [
        chunk
        for document in library.documents()
        if not document.is_expired(TODAY)
        for chunk in sections_of(document)
    ]
    baselines = {
        name: _grade(asked, {row["id"]: ranker(row["question"]) for row in asked})
        for name, ranker in (("dense", dense(chunks, embedder)), ("bm25", keywords(chunks)))
    }
    kept = [row for row in asked if row["id"] not in abstained]
    return Report(
        name="retrieval",
        version=version_of(GRADER, questions.content),
        figures={
            **_grade(asked, ranked),
            "abstention_recall": share(
                sum(row["id"] in abstained for row in foreign), len(foreign)
            ),
            "false_abstention": share(len(asked) - len(kept), len(asked)),
            "ndcg_at_10_answered": _grade(kept, ranked)["ndcg_at_10"],
        },
        baselines=baselines,
        cases={"in_scope": len(asked), "out_of_scope": len(foreign), "sections": len(chunks)},
        misses=_misses(questions.rows, ranked, abstained),
    )


def documents(sections: Sequence[str]) -> list[str]:
    """Reduce a ranking of sections to one of documents, each at its best section."""
    return list(dict.fromkeys(id_.partition("#")[0] for id_ in sections))


def sections_of(document: Any) -> list[Chunk]:
    """List the sections of a document as the index holds them."""
    return [Chunk(document, section) for section in document.sections]


def dense(chunks: Sequence[Chunk], embedder: Embedder) -> Ranker:
    """Rank by cosine alone."""
    ids = [chunk.id for chunk in chunks]
    vectors = embedder.embed([chunk.indexed for chunk in chunks])

    def rank(question: str) -> list[str]:
        order = np.argsort(-(vectors @ embedder.embed([question])[0]), kind="stable")
        return documents([ids[place] for place in order])

    return rank


def keywords(chunks: Sequence[Chunk]) -> Ranker:
    """Rank by BM25 alone."""
    index = Keywords(chunks)
    ids = {chunk.id for chunk in chunks}
    return lambda question: documents(index.rank(question, ids))


def _grade(rows: Sequence[dict[str, Any]], ranked: dict[str, list[str]]) -> dict[str, float | None]:
    return {
        "recall_at_5": mean([recall(ranked[r["id"]], r["relevant"], SHALLOW) for r in rows]),
        "ndcg_at_10": mean([ndcg(ranked[r["id"]], r["relevant"], DEEP) for r in rows]),
    }


def _misses(
    rows: Sequence[dict[str, Any]], ranked: dict[str, list[str]], abstained: set[str]
) -> list[dict[str, Any]]:
    """List what was not found among the first five, wrongly refused, or wrongly answered."""
    missed = []
    for row in rows:
        silent = row["id"] in abstained
        first = ranked[row["id"]][:SHALLOW]
        wrong = recall(first, row["relevant"], SHALLOW) < 1 if row["relevant"] else not silent
        if wrong:
            missed.append({**row, "abstained": silent, "found": first})
    return missed
