"""The demo, and what every command shows of it."""

from pathlib import Path
from subprocess import CompletedProcess

import pytest
from weir_command import DANA, Run, answered, weir

pytestmark = pytest.mark.xdist_group("cli")


def test_the_demo_goes_from_files_to_a_play_that_waits_for_a_human(
    demo_run: tuple[Path, CompletedProcess[str]],
) -> None:
    home, finished = demo_run
    assert finished.returncode == 0, finished.stderr
    for words in ("MQL → accepted", "slow handoff", "Holdout", "Playbook", "weir plays approve"):
        assert words in finished.stdout
    plays = answered(weir(home, "plays", "list", "--json"))
    assert [play["state"] for play in plays] == ["pending"]


def test_the_demo_run_again_shows_the_same_pending_play_and_approves_it_on_yes(run: Run) -> None:
    before = answered(run("plays", "list", "--json"))
    finished = run("demo", "--yes")
    assert finished.returncode == 0, finished.stderr
    assert "Nothing new" in finished.stdout
    assert "hash chain is intact" in finished.stdout
    after = answered(run("plays", "list", "--json"))
    assert [play["id"] for play in after] == [play["id"] for play in before]
    assert after[0]["state"] == "verified"


def test_the_demo_refuses_a_home_with_somebodys_own_data(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "log.csv").write_text("case,event,when\n1,mql,2026-01-01\n2,mql,2026-01-02\n")
    (own / "mapping.yaml").write_text(
        "source: mine\nstages: [mql, won]\ntables:\n  log:\n    file: log.csv\n"
        "    into: event_log\n    columns: {case: case, activity: event, at: when}\n"
    )
    mine = tmp_path / "mine"
    assert weir(mine, "ingest", str(own)).returncode == 0
    finished = weir(mine, "demo")
    assert finished.returncode == 2
    assert "holds your own data" in finished.stderr


def test_funnel_json_has_the_promised_keys(run: Run) -> None:
    report = answered(run("funnel", "--by", "region", "--json"))
    assert {"as_of", "stages", "transitions", "segments"} <= report.keys()
    keys = {
        *("from", "to", "entered", "converted", "open", "rate", "low", "high"),
        *("median_days", "comparable", "note"),
    }
    assert all(keys <= row.keys() for row in report["transitions"])
    assert {segment["by"] for segment in report["segments"]} == {"region"}


def test_leaks_json_has_the_promised_keys_and_can_be_traced(run: Run) -> None:
    report = answered(run("leaks", "--json"))
    assert {"as_of", "findings", "not_comparable"} <= report.keys()
    finding = report["findings"][0]
    keys = {
        *("id", "kind", "from", "to", "segment", "since", "baseline_rate", "rate", "lost"),
        *("value_lost", "q_value", "drivers"),
    }
    assert keys <= finding.keys()
    assert all({"driver", "effect", "evidence"} <= driver.keys() for driver in finding["drivers"])
    chain = answered(run("lineage", finding["id"], "--json"))
    assert [step["kind"] for step in chain][:2] == ["finding", "mart"]
    assert {"raw", "load", "version"} <= {step["kind"] for step in chain}


def test_scores_json_has_the_promised_keys_and_can_be_traced(run: Run) -> None:
    report = answered(run("score", "--limit", "2", "--json"))
    assert {"version", "abstained", "reason", "metrics"} <= report["model"].keys()
    assert len(report["scores"]) == 2
    keys = {"id", "entity", "name", "risk", "reasons", "lower_it"}
    assert all(keys <= row.keys() for row in report["scores"])
    chain = answered(run("lineage", report["scores"][0]["id"], "--json"))
    assert chain[0]["kind"] == "score"
    assert "raw" in {step["kind"] for step in chain}


def test_a_play_is_traced_to_its_document_finding_and_files(run: Run) -> None:
    play = answered(run("plays", "list", "--json"))[0]
    kinds = {step["kind"] for step in answered(run("lineage", play["id"], "--json"))}
    assert {"play", "document", "finding", "journey", "raw", "load", "version"} <= kinds


def test_plays_show_json_has_the_promised_keys(run: Run) -> None:
    play = answered(run("plays", "list", "--json"))[0]
    shown = answered(run("plays", "show", play["id"], "--json"))
    promised = {"id", "state", "digest", "tier", "actions", "approvals", "evidence", "audit"}
    assert promised <= shown.keys()
    action_keys = {"kind", "target", "before", "after", "key", "state"}
    assert all(action_keys <= action.keys() for action in shown["actions"])


def test_ask_answers_with_verbatim_citations_and_supported_numbers(run: Run) -> None:
    question = "Why do we lose leads, and what should we do about it?"
    report = answered(run("ask", question, "--json"))
    promised = {"answer", "citations", "tool_calls", "plays", "evidence", "unsupported"}
    assert promised <= report.keys()
    assert {"find_leaks", "search_library"} <= {call["name"] for call in report["tool_calls"]}
    assert report["unsupported"] == []
    library = Path(__file__).parents[2] / "knowledge" / "library"
    texts = [path.read_text(encoding="utf-8") for path in library.rglob("*.md")]
    assert report["citations"]
    for citation in report["citations"]:
        assert any(citation["quote"] in text for text in texts), citation


def test_chat_remembers_the_thread_in_another_process(run: Run) -> None:
    first = run("chat", "--thread", "t", stdin="How is the funnel for EMEA?\n")
    assert first.returncode == 0, first.stderr
    second = run("chat", "--thread", "t", stdin="and for APAC?\n")
    assert "APAC" in second.stdout
    assert "✓ funnel" in second.stdout


def test_a_content_offer_is_external_and_says_why(run: Run) -> None:
    lead = answered(run("score", "--limit", "1", "--json"))["scores"][0]["entity"]
    report = answered(run("content", lead, "--json"))
    assert {"for", "items"} <= report.keys()
    assert report["items"]
    assert all(item["why"] for item in report["items"])
    internal = {"champion-kit", "renewal-value-review", "webinar-ops-benchmarks"}
    assert not internal & {item["id"] for item in report["items"]}


def test_a_record_is_found_by_a_name_with_a_typo(run: Run) -> None:
    lead = answered(run("score", "--limit", "1", "--json"))["scores"][0]
    first, _, last = lead["name"].partition(" ")
    found = run("account", f"{first[:-1]} {last}", "--kind", "lead", "--json")
    assert lead["name"] in found.stdout
    assert found.returncode in (0, 1)  # 1 where several people bear the name


def test_doctor_lists_what_was_rejected_and_finds_all_in_place(run: Run) -> None:
    report = answered(run("doctor", "--json"))
    assert {check["status"] for check in report["checks"]} == {"ok"}
    assert sum(issue["rows"] for issue in report["quality_issues"]) == 11


def test_a_lead_at_risk_gets_a_play_of_its_own(run: Run) -> None:
    lead = answered(run("score", "--limit", "1", "--json"))["scores"][0]
    play = answered(run("plays", "draft", "--lead", lead["entity"], "--as", DANA, "--json"))
    assert play["state"] == "pending"
    assert [target["id"] for target in play["targets"]] == [lead["entity"]]
