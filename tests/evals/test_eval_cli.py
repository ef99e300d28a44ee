"""`weir eval` finds evals by entry point, lists them, prints JSON, and refuses other names."""

import json
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner

from agent.cli.evaluate import register
from evals.figures import Report, version_of
from knowledge.errors import BadInputError

GIVEN = Report(
    name="tiny",
    version=version_of("1", b"data"),
    figures={"recall": 0.5, "unknown": None},
    baselines={"coin": {"recall": 0.25}},
    cases={"questions": 2},
    misses=[{"id": "q1"}, {"id": "q2"}],
)


def run_tiny(progress: Any) -> Report:
    progress("half", 0.5)
    return GIVEN


@pytest.fixture
def weir(monkeypatch: pytest.MonkeyPatch) -> Typer:
    known = [EntryPoint("tiny", f"{__name__}:run_tiny", "weir.evals")]
    declared = {"weir.evals": known}
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: declared[group])
    app = Typer()
    register(app)
    app.callback()(lambda: None)
    return app


def test_without_a_name_the_evals_are_listed(weir: Typer) -> None:
    assert "weir eval tiny" in CliRunner().invoke(weir, ["eval"]).stdout
    assert json.loads(CliRunner().invoke(weir, ["eval", "--json"]).stdout) == {"evals": ["tiny"]}


def test_json_has_the_agreed_keys(weir: Typer) -> None:
    found = json.loads(CliRunner().invoke(weir, ["eval", "tiny", "--json"]).stdout)
    assert {"name", "version", "figures", "baselines"} <= set(found)
    assert found["figures"] == {"recall": 0.5, "unknown": None}
    assert found["baselines"] == {"coin": {"recall": 0.25}}


def test_the_table_shows_the_baseline_beside_the_figure_and_some_misses(weir: Typer) -> None:
    shown = CliRunner().invoke(weir, ["eval", "tiny", "--misses", "1"]).stdout
    line = next(line for line in shown.splitlines() if line.strip().startswith("recall"))
    assert line.split() == ["recall", "0.500", "0.250"]
    assert "id: q1" in shown
    assert "id: q2" not in shown
    assert "1 more failed" in shown


def test_an_unknown_name_is_bad_input_that_lists_the_names(weir: Typer) -> None:
    result = CliRunner().invoke(weir, ["eval", "nothing"])
    assert isinstance(result.exception, BadInputError)
    assert "choose from: tiny" in str(result.exception)


def test_the_version_changes_with_grader_or_data() -> None:
    versions = {
        version_of("1", b"a"),
        version_of("2", b"a"),
        version_of("1", b"b"),
        version_of("1"),
    }
    assert len(versions) == 4
