"""A user's mistakes: one sentence, the right exit code, nothing lost."""

from pathlib import Path

import pytest
from weir_command import DANA, Run, answered, one_sentence

COULD_NOT, BAD_INPUT = 1, 2


@pytest.fixture
def loaded(empty: Run, tmp_path: Path) -> Run:
    """Give a home with three leads."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "leads.csv").write_text(
        "id,created,won\n1,2026-01-01,2026-01-05\n2,2026-01-02,\n3,2026-01-03,\n"
    )
    (folder / "mapping.yaml").write_text(
        "source: mine\nstages: [mql, won]\ntables:\n  leads:\n    file: leads.csv\n"
        "    into: person\n    key: id\n    columns: {created_at: created}\n"
        "    stages: {mql: created, won: won}\n"
    )
    assert empty("ingest", str(folder)).returncode == 0
    return empty


@pytest.mark.parametrize(
    "command",
    [["funnel"], ["leaks"], ["score"], ["account", "x"], ["content", "x"], ["lineage", "leak_1"]],
    ids=" ".join,
)
def test_before_anything_is_loaded_each_command_says_what_to_run(
    empty: Run, command: list[str]
) -> None:
    done = empty(*command)
    assert done.returncode == BAD_INPUT
    assert one_sentence(done.stderr), done.stderr
    assert "weir ingest" in done.stderr


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["funnel", "--by", "planet"], "planet"),
        (["funnel", "--version", "9"], "version 9"),
        (["score", "--segment", "planet=mars"], "planet"),
        (["lineage", "nothing"], "nothing"),
        (["plays", "show", "play_x"], "play_x"),
        (["plays", "list", "--state", "odd"], "odd"),
        (["plays", "draft", "leak_x", "--as", DANA], "leak"),
        (["ingest", "nowhere"], "nowhere"),
        (["ingest", ".", "--mapping", "none.yaml"], "none.yaml"),
        (["eval", "luck"], "luck"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_word_gets_one_sentence_that_names_it(
    loaded: Run, command: list[str], words: str
) -> None:
    done = loaded(*command)
    assert done.returncode in (COULD_NOT, BAD_INPUT)
    assert one_sentence(done.stderr), done.stderr
    assert words in done.stderr


def test_an_unknown_setting_of_the_model_is_named(loaded: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("WEIR_MODEL=oracle\n")
    done = loaded("ask", "How is the funnel?")
    assert done.returncode == BAD_INPUT
    assert one_sentence(done.stderr), done.stderr
    assert "oracle" in done.stderr


def test_a_tiny_company_gets_a_funnel_and_no_invented_leak(loaded: Run) -> None:
    transition = answered(loaded("funnel", "--json"))["transitions"][0]
    assert (transition["entered"], transition["converted"]) == (3, 1)
    assert answered(loaded("leaks", "--json"))["findings"] == []
    assert answered(loaded("score", "--json"))["model"]["abstained"]


def test_looking_back_at_an_older_version_shows_what_it_held(loaded: Run, tmp_path: Path) -> None:
    with (tmp_path / "files" / "leads.csv").open("a") as more:
        more.write("4,2026-01-04,\n")
    assert loaded("ingest", str(tmp_path / "files")).returncode == 0
    assert [row["version"] for row in answered(loaded("versions", "--json"))] == [1, 2]
    entered = [
        answered(loaded("funnel", "--version", number, "--json"))["transitions"][0]["entered"]
        for number in ("1", "2")
    ]
    assert entered == [3, 4]


def test_two_sample_companies_are_not_mixed_in_one_home(empty: Run) -> None:
    assert empty("ingest", "sample", "--scale", "0.01").returncode == 0
    other = empty("ingest", "sample", "--scale", "0.01", "--seed", "8")
    assert other.returncode == BAD_INPUT
    assert one_sentence(other.stderr), other.stderr
    assert "another sample" in other.stderr
    assert len(answered(empty("versions", "--json"))) == 1
