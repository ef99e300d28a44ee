"""Documents: front matter is checked, sections keep their place, the packaged ones are whole."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from knowledge.library.documents import DocumentError, markdown_files, read_document, read_documents
from knowledge.library.index import PACKAGED
from knowledge.library.sections import LONGEST, split
from knowledge.sources.sample.catalog import CONTENT, CONTENT_IDS

DRIVERS = {
    "misaligned_scoring",
    "data_gap",
    "governance_gap",
    "slow_handoff",
    "repetitive_handoffs",
    "content_fatigue",
    "channel_fatigue",
    "stalled_engagement",
}
Write = Callable[..., Path]


def test_every_packaged_document_is_valid_and_named_after_its_file() -> None:
    files = markdown_files(PACKAGED)
    documents = read_documents(files)
    assert list(documents) == [file.stem for file in files]
    assert all(
        d.kind == ("playbook" if "playbooks" in f.parts else "content")
        for d, f in zip(documents.values(), files, strict=True)
    )


def test_every_driver_and_situation_has_a_playbook_with_actions() -> None:
    playbooks = read_documents(markdown_files(PACKAGED[:1])).values()
    covered = {kind for p in playbooks if p.actions for kind in p.leak_kinds}
    situations = {"at_risk", "at_risk_account", "high_intent", "stuck_opportunity", "recycled_lead"}
    assert covered >= DRIVERS | situations
    assert len(playbooks) >= 12
    assert all(p.audience == "internal" for p in playbooks)


def test_content_is_what_the_sample_company_sends() -> None:
    content = read_documents(markdown_files(PACKAGED[1:]))
    assert set(content) == set(CONTENT_IDS)
    assert {(id_, title) for id_, title, _, _ in CONTENT} == {
        (d.id, d.title) for d in content.values()
    }
    internal = {d.id for d in content.values() if d.audience == "internal"}
    assert internal == {"champion-kit", "renewal-value-review"}
    assert content["webinar-ops-benchmarks"].is_expired(date(2026, 10, 1))
    assert not content["webinar-ops-benchmarks"].is_expired(date(2026, 9, 30))


def test_playbooks_and_content_have_the_length_of_their_kind() -> None:
    for document in read_documents(markdown_files(PACKAGED)).values():
        words = len(document.body.split())
        low, high = (500, 900) if document.kind == "playbook" else (200, 450)
        assert low <= words <= high, f"{document.id}: {words} words"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "recipe"}, "`kind`"),
        ({"expires": "soon"}, "`expires`"),
        ({"audience": "everyone"}, "`audience`"),
        ({"colour": "red"}, "`colour`"),
        ({"title": "[unclosed"}, "near line"),
        ({"id": "Not An Id"}, "`id`"),
        ({"actions": "[{kind: notify, params: {channel: x, text: y}}]"}, "`actions.0.kind`"),
        ({"actions": "[{kind: create_task, params: {subject: x}}]"}, "subject, due_in_days"),
        ({"actions": "[{kind: create_task, params: {subject: x, due_in_days: soon}}]"}, "due_in_d"),
        ({"text": "overwritten"}, "`text`"),
    ],
)
def test_a_wrong_field_is_named_in_one_sentence_with_the_file(
    write: Write, fields: dict[str, str], said: str
) -> None:
    path = write("broken", "Body.", **fields)
    with pytest.raises(DocumentError) as caught:
        read_document(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert said in message
    assert message.endswith(".")
    assert "\n" not in message


def test_a_file_without_front_matter_text_or_utf8_is_refused(tmp_path: Path) -> None:
    bare, empty, binary = (tmp_path / f"{name}.md" for name in ("bare", "empty", "binary"))
    bare.write_text("# Only a title\n")
    empty.write_text("---\nid: empty\ntitle: E\nkind: content\nowner: x\n---\n\n")
    binary.write_bytes(b"\xff\xfe\x00broken")
    for path, said in ((bare, "front matter"), (empty, "no text"), (binary, "UTF-8")):
        with pytest.raises(DocumentError, match=said):
            read_document(path)


def test_the_examples_of_the_guide_are_valid(tmp_path: Path) -> None:
    guide = Path(__file__).resolve().parents[2] / "docs" / "library.md"
    examples = re.findall(r"```markdown\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    for number, example in enumerate(examples):
        (tmp_path / f"{number}.md").write_text(example, encoding="utf-8")
    kinds = [document.kind for document in read_documents(markdown_files([tmp_path])).values()]
    assert kinds == ["playbook", "content"]


def test_two_files_cannot_share_an_id(write: Write) -> None:
    write("one", "Body.")
    write("two", "Body.", id="one")
    with pytest.raises(DocumentError, match="`one` is taken by"):
        read_documents(markdown_files([write("three", "Body.").parent]))


def test_sections_are_verbatim_at_their_offsets_and_short_enough_to_embed() -> None:
    for document in read_documents(markdown_files(PACKAGED)).values():
        assert len({s.slug for s in document.sections}) == len(document.sections)
        for section in document.sections:
            end = section.start + len(section.text)
            assert document.text[section.start : end] == section.text
            assert len(section.text) <= LONGEST


def test_all_words_of_a_body_land_in_exactly_one_section() -> None:
    for document in read_documents(markdown_files(PACKAGED)).values():
        lines = [line for line in document.body.splitlines() if not line.startswith("#")]
        in_sections = [w for s in document.sections for w in s.text.split()]
        assert in_sections == [w for line in lines for w in line.split()]


def test_headings_in_code_do_not_split_and_equal_headings_get_their_own_slug() -> None:
    text = "Intro.\n\n## Step\n\n```\n# not a heading\n```\n\n## Step\n\nMore.\n"
    assert [(s.slug, s.heading) for s in split(text)] == [
        ("overview", "Overview"),
        ("step", "Step"),
        ("step-2", "Step"),
    ]
