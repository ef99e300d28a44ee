from collections import Counter
from pathlib import Path
from typing import Any

from knowledge.warehouse.load import ingest
from knowledge.warehouse.mapping import read_mapping


def test_olist_has_8000_leads_of_which_842_were_won(
    home: Any, mappings: Path, real_data: Path
) -> None:
    report = ingest(home.warehouse, read_mapping(mappings / "olist.yaml"), real_data / "olist")

    assert (report.rejected, report.tables["person"], report.tables["journeys"]) == (0, 8000, 8000)
    counted = "SELECT count(first_mql), count(first_won), count(*) FILTER (is_open) FROM {journeys}"
    assert home.rows(counted) == [(8000, 842, 7158)]
    assert home.rows("SELECT count(*) FROM {journeys} WHERE current_stage = 'won'") == [(842,)]
    by_origin = (
        "SELECT round(100.0 * count(first_won) / count(*), 1) FROM {journeys} "
        "WHERE origin IN ('email', 'unknown') GROUP BY origin ORDER BY origin"
    )
    assert home.rows(by_origin) == [(3.0,), (16.3,)]
    with home.warehouse.snapshot() as snapshot:
        assert snapshot.segments == ("origin",)
        assert snapshot.stage_map.stages == ("mql", "won")
        assert snapshot.as_of.isoformat() == "2018-11-15T01:59:59.999999"


def test_olist_dates_are_read_in_brazilian_time(home: Any, mappings: Path, real_data: Path) -> None:
    ingest(home.warehouse, read_mapping(mappings / "olist.yaml"), real_data / "olist")

    # 15 October 2017 began at one o'clock in Brazil: the clocks skipped midnight.
    offsets = home.rows("SELECT DISTINCT extract(hour FROM first_mql) FROM {journeys} ORDER BY 1")
    assert offsets == [(2,), (3,)]


def test_maven_opportunities_load_with_their_orphans_reported(
    home: Any, mappings: Path, real_data: Path
) -> None:
    report = ingest(home.warehouse, read_mapping(mappings / "maven.yaml"), real_data / "maven_crm")

    stages = Counter(stage for (stage,) in home.rows("SELECT current_stage FROM {journeys}"))
    assert stages == {"won": 4238, "lost": 2473, "engaging": 1589, "prospecting": 500}
    assert report.rejected == 0
    assert report.tables["opportunity"] == 8800
    assert report.issues_by_reason == {
        "refers to a row that is not there": 1480,
        "no account_id": 1425,
    }
    orphans = home.rows(
        'SELECT DISTINCT "table", file, "column", "value", severity FROM {quality_issue} '
        'WHERE "value" IS NOT NULL'
    )
    assert orphans == [
        ("opportunity", "sales_pipeline.csv", "product_id", "maven:GTXPro", "warning")
    ]
    first = home.rows(
        "SELECT min(line) FROM {quality_issue} WHERE reason = 'refers to a row that is not there'"
    )
    assert first == [(3,)]
