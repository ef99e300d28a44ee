"""Rank sections of the library by meaning and by words, fused, and quote them verbatim."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import numpy as np

from knowledge.errors import BadInputError
from knowledge.library.documents import AUDIENCES, FILTERS, Chunk, Document
from knowledge.library.sections import Section

# Rank constant of reciprocal rank fusion: Cormack, Clarke and Buettcher (SIGIR 2009).
FUSION = 60
POOL = 50  # how deep each ranking is read
# Lowest cosine of the best section at which the library speaks to a question. Source: the 40
# questions in scope and 40 out of it in evals/data/retrieval_calibration.jsonl, none of which was
# used to write documents or to choose the ranking. Of the thresholds with the best balance (share
# kept in scope minus share kept out of scope) it is the middle of the widest gap. A test computes
# it anew, so it can't fall behind the documents.
ABSTAIN_BELOW = 0.36

WORD = re.compile(r"[a-z0-9]+")
SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])")
LIST_MARK = re.compile(r"^\s*(?:[-*+]|\d+[.)]|>|\|)\s+")
SHORTEST_QUOTE = 20
STOPPED = (
    "a about after all an and any are as at be been before but by can could did do does for from "
    "had has have how i if in into is it its me my no not of on or our should so that the their "
    "them then there these they this to up us was we were what when where which who why will "
    "with would you your"
)
STOP_WORDS = frozenset(STOPPED.split())


@dataclass(frozen=True)
class Hit:
    """Hold one section that was found.

    Attributes:
        id: ``document#section``, to be cited.
        text: The section, verbatim.
        score: Fused score; only its order means something.
        similarity: Cosine of the section and the question; None where only its words matched.
        quote: The sentence that answers best, verbatim.
        start: Offset of the quote in the document's text.
        metadata: Front matter that a reader needs to judge the hit.
    """

    id: str
    doc_id: str
    title: str
    section: str
    text: str
    score: float
    similarity: float | None
    quote: str
    start: int
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """Give the offset just behind the quote."""
        return self.start + len(self.quote)

    def as_dict(self) -> dict[str, Any]:
        """Give the fields as plain JSON."""
        return asdict(self)


@dataclass(frozen=True)
class SearchResult:
    """Hold the answer to a search.

    Attributes:
        abstained: The library has nothing close enough; ``hits`` is then empty.
        reason: Why it abstained, in one sentence.
        best: Highest cosine that was found, None where nothing was left to search.
    """

    query: str
    hits: tuple[Hit, ...] = ()
    abstained: bool = False
    reason: str | None = None
    best: float | None = None


@dataclass(frozen=True)
class Access:
    """Say what a search may see; both rankings get the same sections.

    Attributes:
        audience: ``internal`` sees all, ``external`` only what may leave the company.
        kind: ``playbook``, ``content`` or None for both.
        filters: Front matter field to the values that are wanted.
        today: Day on which expiry is judged.
    """

    audience: str
    today: date
    kind: str | None = None
    filters: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.audience not in AUDIENCES:
            raise BadInputError(f"No audience `{self.audience}`: use internal or external.")
        if self.kind not in {None, "playbook", "content"}:
            raise BadInputError(f"No kind `{self.kind}` in the library: use playbook or content.")
        unknown = sorted(set(self.filters) - set(FILTERS))
        if unknown:
            raise BadInputError(
                f"The library has no filter `{unknown[0]}`: use {', '.join(FILTERS)}."
            )

    @property
    def is_named(self) -> bool:
        """Tell whether the filters name the subject, so that no closeness is needed."""
        return bool({"leak_kinds", "id"} & set(self.filters))

    def permits(self, document: Document) -> bool:
        """Tell whether a document may be seen."""
        wanted = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in self.filters.items()}
        return (
            (self.audience == "internal" or document.audience == "external")
            and (self.kind is None or document.kind == self.kind)
            and not document.is_expired(self.today)
            and document.matches(wanted)
        )


class Keywords:
    """Rank by words with BM25, in memory: some thousand sections take a moment to index."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        # It brings in scipy: only a process that searches pays for it.
        import bm25s  # noqa: PLC0415

        self._ids = [chunk.id for chunk in chunks]
        tokens = [words(chunk.indexed) for chunk in chunks]
        self._words = dict(zip(self._ids, map(set, tokens), strict=True))
        self._known = {token for row in tokens for token in row}
        self._index = bm25s.BM25()
        if self._known:
            self._index.index(tokens, show_progress=False)

    def rank(self, query: str, allowed: set[str]) -> list[str]:
        """List the permitted sections that share words with the question, best first."""
        tokens = [token for token in dict.fromkeys(words(query)) if token in self._known]
        if not tokens or not allowed:
            return []
        mask = np.array([id_ in allowed for id_ in self._ids], dtype=np.float32)
        scores = self._index.get_scores(tokens, weight_mask=mask)
        order = np.argsort(-scores, kind="stable")[:POOL]
        return [self._ids[i] for i in order if scores[i] > 0]

    def covers(self, query: str, allowed: set[str]) -> bool:
        """Tell whether one permitted section has every word of a question, such as a rare name."""
        asked = set(words(query))
        return bool(asked) and any(asked <= self._words[id_] for id_ in allowed)

    def weight(self, token: str) -> float:
        """Give a word's weight in a quote: rare words say more."""
        vocabulary = self._index.vocab_dict
        return 1.0 if token not in vocabulary else 1.0 / (1.0 + self._spread(vocabulary[token]))

    def _spread(self, token_id: int) -> float:
        pointers = self._index.scores["indptr"]
        return float(np.log1p(pointers[token_id + 1] - pointers[token_id]))


def words(text: str) -> list[str]:
    """Split a text into words that carry meaning, plurals as singulars."""
    return [_singular(word) for word in WORD.findall(text.lower()) if word not in STOP_WORDS]


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):  # noqa: PLR2004 - shorter words are names
        return word[:-3] + "y" if word.endswith("ies") else word[:-1]
    return word


def fuse(*rankings: Iterable[str]) -> dict[str, float]:
    """Fuse rankings by reciprocal rank, best first.

    Returns:
        Id to the sum over rankings of ``1 / (60 + rank)``.
    """
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, id_ in enumerate(ranking, start=1):
            scores[id_] = scores.get(id_, 0.0) + 1 / (FUSION + rank)
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def spread(ids: Iterable[str], limit: int) -> list[str]:
    """Take the best section of each document first, then further sections in order."""
    firsts: dict[str, str] = {}
    rest: list[str] = []
    for id_ in ids:
        doc_id = id_.partition("#")[0]
        if doc_id in firsts:
            rest.append(id_)
        else:
            firsts[doc_id] = id_
    return [*firsts.values(), *rest][:limit]


def quote(section: Section, query: str, keywords: Keywords) -> tuple[str, int]:
    """Pick the sentence of a section that shares the weightiest words with a question.

    Returns:
        The sentence exactly as in the file, and its offset there.
    """
    asked = set(words(query))

    def worth(span: tuple[int, int]) -> float:
        shared = asked & set(words(section.text[span[0] : span[1]]))
        return sum(keywords.weight(word) for word in shared)

    spans = list(_sentences(section.text))
    # The first of equals: authors put the point first.
    begin, end = max(spans, key=worth) if spans else (0, len(section.text))
    return section.text[begin:end], section.start + begin


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Find sentences; an item of a list starts one, a wrapped line does not."""
    for block in re.finditer(r"(?:^|(?<=\n)).+(?:\n(?!\s*(?:[-*+>|]|\d+[.)]|\n)).+)*", text):
        mark = LIST_MARK.match(block[0])
        begin = block.start() + (mark.end() if mark else 0)
        ends = [block.start() + end.start() for end in SENTENCE_END.finditer(block[0])]
        for end in [*ends, block.end()]:
            stripped = text[begin:end].rstrip()
            lead = len(stripped) - len(stripped.lstrip())
            if len(stripped) - lead >= SHORTEST_QUOTE:
                yield begin + lead, begin + len(stripped)
            if len(stripped) - lead >= SHORTEST_QUOTE or end == block.end():
                begin = end
