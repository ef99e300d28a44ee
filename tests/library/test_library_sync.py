"""Sync: only differences are embedded, a stopped sync is invisible, other processes may read."""

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from knowledge.library.catalog import Catalog, LibraryError
from knowledge.library.documents import DocumentError
from knowledge.library.embedding import Embedder
from knowledge.library.index import Library
from knowledge.library.minilm import Floats

ROOT = Path(__file__).resolve().parents[2]
Write = Callable[..., Path]


class Counting(Embedder):
    """Count the texts that are embedded."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Floats:
        self.texts += texts
        return super().embed(texts)


@pytest.fixture
def docs(write: Write) -> Path:
    write("speed", "Call within four hours.\n\n## Undo\n\nSwitch the routing rule off again.")
    write("scoring", "Cap the points for downloads.")
    return write("consent", "Never call without consent.").parent


def test_a_second_sync_does_nothing(docs: Path, tmp_path: Path) -> None:
    library = Library(tmp_path / "index", embed=Counting())
    first = library.sync([docs])
    assert set(first.added) == {"speed", "scoring", "consent"}
    assert first.embedded == 4
    again = Counting()
    report = Library(tmp_path / "index", embed=again).sync([docs])
    assert set(report.unchanged) == {"speed", "scoring", "consent"}
    assert (report.added, report.changed, report.removed, again.texts) == ((), (), (), [])


def test_a_change_and_a_deletion_are_found_and_only_new_text_is_embedded(
    docs: Path, tmp_path: Path
) -> None:
    embed = Counting()
    library = Library(tmp_path / "index", embed=embed)
    library.sync([docs])
    assert library.search("points for downloads").hits[0].doc_id == "scoring"
    (docs / "scoring.md").unlink()
    speed = docs / "speed.md"
    speed.write_text(speed.read_text().replace("four hours", "two hours"))
    embed.texts.clear()
    report = library.sync([docs])
    assert (report.added, report.changed, report.removed) == ((), ("speed",), ("scoring",))
    assert embed.texts == ["Speed > Overview\n\nCall within two hours."]
    assert library.document("scoring") is None
    found = library.search("points for downloads", filters={"id": ["scoring", "speed"]})
    assert {hit.doc_id for hit in found.hits} == {"speed"}
    assert "two hours" in library.search("call within how many hours?").hits[0].text


def test_changed_front_matter_counts_as_a_change_without_embedding(
    docs: Path, tmp_path: Path, write: Write
) -> None:
    embed = Counting()
    library = Library(tmp_path / "index", embed=embed)
    library.sync([docs])
    embed.texts.clear()
    write("consent", "Never call without consent.", audience="external")
    assert library.sync([docs]).changed == ("consent",)
    assert embed.texts == []
    found = library.search("may I call without consent?", audience="external")
    assert [hit.doc_id for hit in found.hits] == ["consent"]


def test_a_broken_document_leaves_the_index_as_it_was(
    docs: Path, tmp_path: Path, write: Write
) -> None:
    library = Library(tmp_path / "index", embed=Embedder())
    library.sync([docs])
    write("broken", "Body.", kind="nonsense")
    with pytest.raises(DocumentError, match=r"broken\.md"):
        library.sync([docs])
    assert library.search("call within how many hours?").hits[0].doc_id == "speed"


def test_a_sync_killed_before_its_last_step_is_invisible_and_heals(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(tmp_path / "index", embed=Embedder())
    library.sync([docs])
    (docs / "scoring.md").unlink()

    def die(_catalog: Catalog, _path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "write", die)
        with pytest.raises(KeyboardInterrupt):
            library.sync([docs])
    assert library.search("points for downloads").hits[0].doc_id == "scoring"
    assert library.sync([docs]).removed == ("scoring",)
    assert library.document("scoring") is None


def test_an_index_of_another_model_is_refused_with_what_to_do(docs: Path, tmp_path: Path) -> None:
    Library(tmp_path / "index", embed=Embedder()).sync([docs])
    other = Library(tmp_path / "index", embed=Embedder("other/model"))
    for attempt in (lambda: other.search("call"), lambda: other.sync([docs]), other.documents):
        with pytest.raises(LibraryError) as caught:
            attempt()
        assert "all-MiniLM-L6-v2@53aa51172d14, not other/model" in str(caught.value)
        assert "delete that folder" in str(caught.value)


def test_a_library_that_was_never_synced_says_how(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="not indexed yet; run `weir"):
        Library(tmp_path / "index", embed=Embedder()).search("anything")


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 99}', '{"format": 1}'])
def test_a_damaged_catalogue_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "catalog.json").write_text(content)
    with pytest.raises(LibraryError, match="damaged or of another version; delete that folder"):
        Library(tmp_path, embed=Embedder()).search("anything")


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no library folder or file at"):
        Library(tmp_path / "index", embed=Embedder()).sync([tmp_path / "absent"])


def test_searches_in_another_process_see_whole_libraries_while_one_syncs(
    docs: Path, tmp_path: Path, write: Write
) -> None:
    library = Library(tmp_path / "index", embed=Embedder())
    library.sync([docs])
    reader = textwrap.dedent(
        """
        import json, sys
        from pathlib import Path
        from knowledge.library.embedding import Embedder
        from knowledge.library.index import Library
        library = Library(Path(sys.argv[1]), embed=Embedder())
        seen = []
        while True:
            hits = library.search("how fast must I call a lead?", filters={"id": "speed"}).hits
            wanted = library.document("speed").text.split("within ")[1].split(".")[0]
            (text,) = [hit.text for hit in hits if hit.section == "Overview"]
            seen.append(text)
            if not seen[1:]:
                print("ready", flush=True)
            if "9 minutes" in text:
                break
        print(json.dumps(sorted(set(seen))))
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", reader, str(tmp_path / "index")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for minutes in range(10):
            write("speed", f"Call within {minutes} minutes.")
            library.sync([docs])
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, err
    versions = json.loads(out)
    allowed = {f"Call within {n} minutes." for n in range(10)} | {"Call within four hours."}
    assert set(versions) <= allowed
    assert "Call within 9 minutes." in versions
