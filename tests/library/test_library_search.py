"""Search: both rankings contribute, access holds in both, quotes are verbatim."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge.errors import BadInputError
from knowledge.library.documents import Chunk
from knowledge.library.embedding import Embedder
from knowledge.library.index import PACKAGED, Library
from knowledge.library.search import Keywords, fuse, quote, spread
from knowledge.library.sections import Section

TODAY = date(2026, 11, 23)
Write = Callable[..., Path]


def _chunks(library: Library) -> list[Chunk]:
    return [Chunk(doc, section) for doc in library.documents() for section in doc.sections]


def _found(doc_ids: list[str], relevant: list[str], depth: int = 5) -> bool:
    return bool(set(list(dict.fromkeys(doc_ids))[:depth]) & set(relevant))


def test_nearly_every_question_finds_its_document_among_five(
    packaged: Library, questions: list[dict[str, Any]]
) -> None:
    missed = [
        row["question"]
        for row in questions
        if not _found(
            [hit.doc_id for hit in packaged.search(row["question"], today=TODAY).hits],
            row["relevant"],
        )
    ]
    assert len(missed) <= 2, missed


def test_fusion_finds_more_than_meaning_or_words_alone(
    packaged: Library, embedder: Embedder, questions: list[dict[str, Any]]
) -> None:
    chunks = _chunks(packaged)
    keywords = Keywords(chunks)
    vectors = embedder.embed([chunk.indexed for chunk in chunks])
    recall = {"dense": 0, "words": 0, "fused": 0}
    for row in questions:
        similarity = vectors @ embedder.embed([row["question"]])[0]
        dense = [chunks[i].id for i in (-similarity).argsort()[:50]]
        words = keywords.rank(row["question"], {chunk.id for chunk in chunks})
        rankings = {"dense": dense, "words": words, "fused": list(fuse(dense, words))}
        for name, ranking in rankings.items():
            recall[name] += _found([id_.partition("#")[0] for id_ in ranking], row["relevant"])
    assert recall["fused"] > max(recall["dense"], recall["words"])


def test_meaning_finds_what_shares_no_word_and_words_find_a_rare_name(packaged: Library) -> None:
    chain = packaged.search("proof for a chain of clinics", kind="content", today=TODAY)
    assert chain.hits[0].doc_id == "case-study-healthcare-brightwell"
    name = packaged.search("Okoye inspector", today=TODAY)
    assert name.hits[0].doc_id == "case-study-healthcare-brightwell"


def test_quotes_and_texts_stand_in_the_file_exactly_as_quoted(
    packaged: Library, questions: list[dict[str, Any]]
) -> None:
    files = {path.stem: path.read_text("utf-8") for f in PACKAGED for path in f.glob("*.md")}
    seen = 0
    for row in questions:
        for hit in packaged.search(row["question"], today=TODAY).hits:
            assert files[hit.doc_id][hit.start : hit.end] == hit.quote
            assert hit.quote in hit.text
            assert hit.text in files[hit.doc_id]
            seen += 1
    assert seen > 100


def test_a_quote_is_the_sentence_that_shares_the_question_s_words(packaged: Library) -> None:
    hit = packaged.search("How often are encryption keys rotated?", today=TODAY).hits[0]
    assert hit.id == "security-whitepaper#data-at-rest-and-in-transit"
    assert hit.quote == "Keys are kept in a managed key service and rotated every 90 days."


def test_a_quote_keeps_wrapped_lines_and_leaves_list_marks_out(packaged: Library) -> None:
    wrapped = "Opening words that fill a line\nand wrap once."
    text = f"{wrapped} Second sentence here.\n\n- An item with enough words.\n"
    keywords = Keywords(_chunks(packaged))
    section = Section("s", "S", text, 0)
    assert quote(section, "opening wrap", keywords) == (wrapped, 0)
    said, start = quote(section, "item", keywords)
    assert said == "An item with enough words."
    assert text[start : start + len(said)] == said


@pytest.fixture
def guarded(write: Write, tmp_path: Path, embedder: Embedder) -> Library:
    write("open", "Our price list for zebra crossings is public.", audience="external")
    write("secret", "The floor price for zebra crossings is 12 percent.", audience="internal")
    path = write(
        "stale",
        "Old zebra crossings price list.",
        audience="external",
        kind="content",
        expires="2026-09-30",
    )
    library = Library(tmp_path / "index", embed=embedder)
    library.sync([path.parent])
    return library


def test_internal_documents_never_reach_an_external_audience(
    guarded: Library, packaged: Library, questions: list[dict[str, Any]]
) -> None:
    # One question that the vectors answer, one that only its words do.
    for query in (
        "What is the lowest price for a pedestrian crossing?",
        "zebra price floor 12 percent",
    ):
        inside = guarded.search(query, today=TODAY)
        outside = guarded.search(query, audience="external", today=TODAY)
        assert "secret" in {hit.doc_id for hit in inside.hits}
        assert {hit.doc_id for hit in outside.hits} == {"open"}
    for row in questions:
        hits = packaged.search(row["question"], audience="external", today=TODAY).hits
        assert {hit.metadata["audience"] for hit in hits} <= {"external"}


def test_each_ranking_alone_is_held_to_the_filter(guarded: Library) -> None:
    chunks = _chunks(guarded)
    allowed = {chunk.id for chunk in chunks if chunk.document.id == "open"}
    assert Keywords(chunks).rank("floor price zebra crossings", allowed) == ["open#overview"]
    (vector,) = guarded._embed.embed(["floor price"])  # noqa: SLF001 - the dense ranking by itself
    near = guarded._vectors.nearest(guarded._open().collection, vector, allowed, 3)  # noqa: SLF001
    assert set(near) == allowed


def test_an_expired_document_is_not_found_after_its_last_day(guarded: Library) -> None:
    query = "old zebra crossings price list"
    on_the_day = guarded.search(query, today=date(2026, 9, 30))
    after = guarded.search(query, today=date(2026, 10, 1))
    assert "stale" in {hit.doc_id for hit in on_the_day.hits}
    assert "stale" not in {hit.doc_id for hit in after.hits}
    assert guarded.document("stale") is not None


def test_filters_narrow_by_front_matter(packaged: Library) -> None:
    found = packaged.search(
        "case study of a chain of shops",
        kind="content",
        filters={"industry": "Retail", "format": ["case study"]},
        today=TODAY,
    )
    assert {hit.doc_id for hit in found.hits} == {"case-study-retail-marlow"}


@pytest.mark.parametrize(
    ("kwargs", "said"),
    [
        ({"audience": "public"}, "No audience `public`"),
        ({"kind": "recipe"}, "No kind `recipe`"),
        ({"filters": {"colour": "red"}}, "no filter `colour`"),
    ],
)
def test_a_wrong_argument_is_refused(packaged: Library, kwargs: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        packaged.search("anything", **kwargs)


@pytest.mark.parametrize(
    "driver",
    [
        "misaligned_scoring",
        "data_gap",
        "governance_gap",
        "slow_handoff",
        "repetitive_handoffs",
        "content_fatigue",
        "channel_fatigue",
        "stalled_engagement",
        "at_risk",
    ],
)
def test_a_named_driver_always_finds_its_playbook(packaged: Library, driver: str) -> None:
    question = f"What should we do about {driver.replace('_', ' ')}?"
    found = packaged.search(question, kind="playbook", filters={"leak_kinds": driver}, today=TODAY)
    expected = "at-risk-lead" if driver == "at_risk" else driver.replace("_", "-")
    assert found.hits[0].doc_id == expected


def test_fusion_sums_reciprocal_ranks_and_the_best_of_each_document_comes_first() -> None:
    assert fuse(["a", "b"], ["b"]) == pytest.approx({"b": 1 / 62 + 1 / 61, "a": 1 / 61})
    assert spread(["a#1", "a#2", "b#1", "a#3"], 3) == ["a#1", "b#1", "a#2"]
