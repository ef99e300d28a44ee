"""Small runs of the evals, of the page and of the picture."""

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import CalledProcessError

import narwhals as nw
import pandas as pd
import pytest
from langchain_core.tools import tool

from evals import document
from evals.dashboard import red_months
from evals.noise import START, Noise
from evals.past import Past
from evals.picture import picture, record
from evals.questions import Questions
from evals.retrieval import evaluate
from evals.routing import by_description, most_frequent, remembered
from knowledge.library.embedding import Embedder
from knowledge.library.index import PACKAGED, Library

KEPT = ("slow-handoff", "governance-gap")


def quiet(_step: str, _share: float) -> None:
    pass


class Some(Questions):
    """Questions about a few documents, and some about none."""

    @property
    def rows(self) -> list[dict[str, object]]:
        every = Questions("retrieval").rows
        return [row for row in every if set(row["relevant"]) <= set(KEPT)][:20]


def test_retrieval_on_a_few_documents_is_above_a_sanity_floor(tmp_path: Path) -> None:
    embedder = Embedder()
    library = Library(tmp_path, embed=embedder)
    library.sync([PACKAGED[0] / f"{name}.md" for name in KEPT])
    report = evaluate(library, embedder, Some("retrieval"), quiet)
    assert report.cases["in_scope"] > 5
    assert report.cases["out_of_scope"] > 5
    for name in ("ndcg_at_10", "recall_at_5", "abstention_recall"):
        assert (report.figures[name] or 0) > 0.6, report.misses
    assert set(report.baselines) == {"dense", "bm25"}
    assert json.loads(json.dumps(report.as_dict()))["name"] == "retrieval"


def test_the_routing_baselines_need_nothing_but_words() -> None:
    @tool
    def funnel(by: str) -> str:
        """Compute conversion of the funnel by a segment."""
        return by

    @tool
    def find_leaks() -> str:
        """Find leaks and their drivers."""
        return ""

    rows = [
        {"id": "a", "question": "Conversion by segment?", "calls": [{"tool": "funnel"}]},
        {"id": "b", "question": "Any leaks?", "calls": [{"tool": "find_leaks"}]},
        {"id": "c", "question": "Pizza?", "calls": []},
        {"id": "d", "question": "More leaks?", "calls": [{"tool": "find_leaks"}]},
    ]
    made = by_description(rows, [funnel, find_leaks])
    assert [[call["tool"] for call in made[id_]] for id_ in "abc"] == [
        ["funnel"],
        ["find_leaks"],
        [],
    ]
    assert {call["tool"] for calls in most_frequent(rows).values() for call in calls} == {
        "find_leaks"
    }


def test_a_remembered_tool_runs_once_for_the_same_arguments() -> None:
    asked: list[str] = []

    @tool
    def look(name: str) -> str:
        """Look up."""
        asked.append(name)
        return name.upper()

    kept = remembered(look)
    assert [kept.invoke({"name": name}) for name in ("a", "b", "a")] == ["A", "B", "A"]
    assert asked == ["a", "b"]


def test_the_past_shows_nothing_that_came_later() -> None:
    noise = Noise(1)
    then = START + timedelta(days=245)
    past = Past(noise, then)
    whole = noise.frames["journeys"].assign(current_since=noise.frames["journeys"]["created_at"])
    noise.frames["journeys"] = whole
    journeys = past.table("journeys").collect("pandas").to_native()
    assert 0 < len(journeys) < len(whole)
    times = [name for name in journeys if name.startswith(("first_", "last_"))]
    assert journeys[[*times, "created_at"]].max().max() <= then
    assert past.table("touch").select(nw.col("at").max()).collect().to_native().iloc[0, 0] <= then


class Month:
    """A company that converts every lead, until June converts one in two."""

    as_of = datetime(2026, 9, 30)  # noqa: DTZ001 - as tables hold it
    stage_map = Noise(1).stage_map
    segments = ("region",)

    def table(self, _name: str) -> nw.LazyFrame[pd.DataFrame]:
        start = pd.Series(pd.date_range("2026-03-01", "2026-07-31", freq="8h")).astype(
            "datetime64[us]"
        )
        missed = (start >= "2026-06-01") & (start.index % 2 == 0)
        accepted = (start + pd.Timedelta(days=2)).where(~missed)
        none = pd.Series(pd.NaT, index=start.index, dtype="datetime64[us]")
        columns = {
            "first_mql": start,
            "first_accepted": accepted,
            "first_sql": none,
            "region": "EMEA",
        }
        return nw.from_native(pd.DataFrame(columns)).lazy()


def test_the_dashboard_turns_red_in_the_month_of_the_drop() -> None:
    found = red_months(Month())
    assert [(item["from"], item["segment"], item["since"]) for item in found] == [
        ("mql", {}, "2026-06-01"),
        ("mql", {"region": "EMEA"}, "2026-06-01"),
    ]
    assert found[0]["lost"] == pytest.approx(45, abs=1)


def test_each_part_of_the_page_is_replaced_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "PATH", tmp_path / "docs" / "benchmarks.md")
    document.write("bench", "How fast", "make bench", "of yesterday")
    document.write("evals", "How good", "make evals", "kept")
    page = document.write("bench", "How fast", "make bench", "second").read_text()
    assert "of yesterday" not in page
    assert page.index("kept") < page.index("\n\nsecond\n")
    assert page.count("## How fast") == 1
    assert str(Path.home()) not in page


def test_a_picture_shows_what_a_command_printed_in_its_colours_and_fetches_nothing() -> None:
    code = "import sys; print('\\x1b[31mred\\x1b[0m', sys.stdout.isatty()); sys.stderr.write('x')"
    shown = record([sys.executable, "-c", code])
    assert "\x1b[31mred" in shown
    assert "True" in shown
    svg = picture(shown, "a run")
    assert svg.startswith("<svg")
    assert ">red<" in svg.replace("&#160;", " ")
    assert "url(http" not in svg.replace('url("http', "url(http")


def test_a_command_that_fails_makes_no_picture() -> None:
    with pytest.raises(CalledProcessError) as caught:
        record([sys.executable, "-c", "import sys; sys.exit('no')"])
    assert b"no" in caught.value.stderr
