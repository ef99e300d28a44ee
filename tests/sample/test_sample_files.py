import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sample_made import Made

import knowledge.library
from knowledge.errors import BadInputError
from knowledge.sources.sample import generate
from knowledge.sources.sample.catalog import CONTENT_IDS


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def strings(column: pa.ChunkedArray) -> set[str]:
    return {value for value in column.to_pylist() if value is not None}


def json_lines(path: Path) -> tuple[list[dict], int]:
    good, bad = [], 0
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            good.append(json.loads(line))
        except ValueError:
            bad += 1
    return good, bad


def test_same_seed_gives_the_same_bytes(small: Made, tmp_path: Path) -> None:
    generate(tmp_path / "again", truth=tmp_path / "truth", seed=7, scale=0.05)
    assert digests(tmp_path / "again") == digests(small.folder)
    assert digests(tmp_path / "truth") == digests(small.truth)


def test_another_seed_gives_another_company(small: Made, tmp_path: Path) -> None:
    generate(tmp_path / "other", seed=8, scale=0.05)
    ours, theirs = digests(small.folder), digests(tmp_path / "other")
    assert ours.keys() == theirs.keys()
    same = {name for name in ours if ours[name] == theirs[name]}
    assert same <= {"marketing/assets.jsonl", "salesforce/product_2.csv", "salesforce/campaign.csv"}


def test_volumes_at_full_size(whole: Made) -> None:
    rows = whole.rows
    assert 19_500 <= rows["salesforce/lead.csv"] <= 20_500
    assert 1_450 <= rows["salesforce/account.csv"] <= 1_600
    assert 36 <= rows["salesforce/user.csv"] <= 44
    assert rows["marketing/assets.jsonl"] == 20
    views = sum(count for name, count in rows.items() if name.startswith("web/pages"))
    touches = views + sum(
        rows[name]
        for name in (
            "salesforce/task.csv",
            "salesforce/event.csv",
            "marketing/activities.jsonl",
            "product/events.jsonl",
        )
    )
    assert 470_000 <= touches <= 540_000


def test_ids_are_unique_and_references_resolve(small: Made) -> None:
    lead = small.table("lead")
    leads = strings(lead["id"])
    assert len(leads) == lead.num_rows
    owners = strings(small.table("user")["id"])
    accounts = strings(small.table("account")["id"])
    campaigns = strings(small.table("campaign")["id"])
    assert strings(lead["owner_id"]) <= owners
    assert strings(lead["lean_data_matched_account_c"]) <= accounts
    assert strings(lead["source_campaign_c"]) <= campaigns
    assert strings(lead["master_record_id"]) <= leads
    deals = small.table("opportunity")
    assert strings(deals["lead_id_c"]) <= leads
    assert strings(deals["account_id"]) <= accounts
    assert strings(deals["product_2_id_c"]) <= strings(small.table("product_2")["id"])
    assert strings(small.table("opportunity_history")["opportunity_id"]) <= strings(deals["id"])
    for name in ("task", "event"):
        touches = small.table(name)
        assert strings(touches["who_id"]) <= leads
        assert strings(touches["owner_id"]) <= owners
    people = {row["id"] for row in json_lines(small.folder / "marketing/persons.jsonl")[0]}
    activities, _ = json_lines(small.folder / "marketing/activities.jsonl")
    assert {row["leadId"] for row in activities if "assetId" in row} <= people
    users = {row["user_id"] for row in json_lines(small.folder / "product/users.jsonl")[0]}
    events, _ = json_lines(small.folder / "product/events.jsonl")
    assert {row["user_id"] for row in events if "workspace" in row} <= users


def test_history_of_each_lead_is_a_chain_after_its_creation(small: Made) -> None:
    history = small.table("lead_history")
    status = history.filter(pc.equal(history["field"], "Status")).sort_by("created_date")
    lead = small.table("lead")
    created = dict(zip(lead["id"].to_pylist(), lead["created_date"].to_pylist(), strict=True))
    now: dict[str, str] = {}
    for row in status.to_pylist():
        if row["lead_id"] not in created:
            continue  # one of the broken rows
        assert row["old_value"] == now.get(row["lead_id"], "New")
        assert row["created_date"] >= created[row["lead_id"]]
        now[row["lead_id"]] = row["new_value"]
    final = dict(zip(lead["id"].to_pylist(), lead["status"].to_pylist(), strict=True))
    assert all(final[key] == value for key, value in now.items())


def test_nothing_happens_after_the_end_of_the_period(small: Made) -> None:
    for name in ("lead", "lead_history", "opportunity", "opportunity_history", "task", "event"):
        table = small.table(name)
        moment = "start_date_time" if name == "event" else "created_date"
        times = [value for value in table[moment].to_pylist() if value and value[:3] == "202"]
        broken = [value for value in times if value[5:7] > "12" or value[11:13] > "24"]
        assert max(set(times) - set(broken)) < "2026-11-01"
        assert min(times) >= "2025-05-01"


def test_data_are_as_untidy_as_promised(small: Made) -> None:
    lead = small.table("lead")
    whole = lead.num_rows
    persons = pq.read_table(small.truth / "persons.parquet")
    persons = persons.filter(pc.equal(persons["source"], "salesforce"))
    twice = persons.num_rows - len(strings(persons["person"]))
    assert 0.03 <= twice / persons.num_rows <= 0.04
    assert 0.03 <= lead["industry"].null_count / whole <= 0.12
    assert 0.08 <= lead["email_opt_in_explicit_c"].null_count / whole <= 0.25
    merged = lead.filter(pc.equal(lead["is_deleted"], "true"))
    assert merged.num_rows >= 1
    assert merged["master_record_id"].null_count == 0
    companies = [name for name in lead["company"].to_pylist() if name]
    assert any(name.endswith(", Inc.") for name in companies)
    assert any(name.isupper() for name in companies)


def test_broken_lines_are_few_and_in_the_files(small: Made) -> None:
    good = small.rows["marketing/activities.jsonl"]
    rows, bad = json_lines(small.folder / "marketing/activities.jsonl")
    assert (len(rows), bad) == (good + 1, 2)  # one line is JSON with a date that is none
    rows, bad = json_lines(small.folder / "product/events.jsonl")
    assert (len(rows), bad) == (small.rows["product/events.jsonl"] + 1, 1)
    dates = small.table("lead")["created_date"]
    assert sum(not (value or "").startswith("202") for value in dates.to_pylist()) == 2
    lines = (small.folder / "salesforce/lead_history.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) - 1 == small.rows["salesforce/lead_history.csv"] + 3


def test_web_events_have_a_gap_of_five_days_and_strangers(small: Made) -> None:
    files = sorted((small.folder / "web").glob("pages_*.parquet"))
    assert len(files) == 7
    views = pq.read_table(small.folder / "web" / "pages_2026_q1.parquet")
    february = views.filter(pc.equal(pc.month(views["timestamp"]), 2))
    days = set(pc.day(february["timestamp"]).to_pylist())
    assert days & set(range(9, 14)) == set()
    assert {5, 6, 16, 17} <= days
    known = strings(pq.read_table(small.folder / "web" / "identifies.parquet")["anonymous_id"])
    assert strings(views["anonymous_id"]) - known


def test_content_pieces_are_those_of_the_library() -> None:
    folder = Path(knowledge.library.__file__).parent / "content"
    assert {path.stem for path in folder.glob("*.md")} == set(CONTENT_IDS)


def test_truth_is_written_only_on_request_and_never_among_the_sources(
    small: Made, tmp_path: Path
) -> None:
    generate(tmp_path / "sources", scale=0.02)
    assert {path.name for path in tmp_path.iterdir()} == {"sources"}
    assert not {path.name for path in small.folder.rglob("*")} & {
        path.name for path in small.truth.iterdir()
    }
    with pytest.raises(BadInputError, match="outside"):
        generate(tmp_path / "sources", truth=tmp_path / "sources" / "truth", scale=0.02)


def test_a_scale_that_is_too_small_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="at least"):
        generate(tmp_path / "sources", scale=0.0)


def test_progress_moves_forward_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []

    def note(step: str, share: float) -> None:
        told.append((step, share))

    generate(tmp_path / "sources", scale=0.02, progress=note)
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
