import gzip
import json
from typing import Any

import pyarrow as pa
from pyarrow import parquet

MAPPING = """
source: shop
time_zone: Europe/Berlin
stages: [inquiry, sql, won]
segments: [shelf]
tables:
  log:
    file: log*.csv
    into: event_log
    columns: {case: ticket, activity: what, at: when, lead_source: came_by, shelf: shelf}
    constant: {channel: shop, direction: inbound}
    values:
      activity: {Asked: inquiry, Offer sent: sql, Signed: won, Heartbeat: ignore}
"""
LOG = """ticket,what,when,came_by,shelf
7,Asked,2024-03-01 09:00,fair,
7,Called,2024-03-02 09:00,,
7,Offer sent,2024-03-03 09:00,,top
7,Signed,2024-07-04 09:00,,
8,Asked,2024-03-05 09:00,web,low
8,Heartbeat,2024-03-05 10:00,,
8,Heartbeat,2024-03-05 10:00,,
9,Lost,2024-03-06,,
"""
JOURNEYS = (
    "SELECT journey_id, current_stage, first_won::VARCHAR, touches, lead_source, shelf "
    "FROM {journeys} ORDER BY journey_id"
)


def test_a_plain_event_log_becomes_journeys_and_touches(home: Any) -> None:
    home.map(MAPPING)
    home.write("log1.csv", LOG)

    report = home.load()

    assert home.rows(JOURNEYS) == [
        ("shop:7", "won", "2024-07-04 07:00:00", 1, "fair", "top"),
        ("shop:8", "inquiry", None, 0, "web", "low"),
        ("shop:9", "lost", None, 0, None, None),
    ]
    assert home.rows("SELECT action, channel, direction FROM {touch}") == [
        ("Called", "shop", "inbound")
    ]
    # The two equal lines are one event; the earlier one is reported.
    assert [(i[1], i[3]) for i in home.issues()] == [
        (7, "duplicate id: a later row of the file has it again")
    ]
    assert report.rejected == 1


def test_a_further_file_of_the_log_goes_on_with_the_same_cases(home: Any) -> None:
    home.map(MAPPING)
    home.write("log1.csv", LOG)
    home.load()
    home.write("log2.csv", "ticket,what,when,came_by,shelf\n8,Signed,2024-04-01 12:00,,\n")

    report = home.load()

    assert home.rows(JOURNEYS)[1] == ("shop:8", "won", "2024-04-01 10:00:00", 0, "web", "low")
    assert report.tables["journeys"] == 1


def test_every_kind_of_file_gives_the_same_rows(home: Any, other_home: Any) -> None:
    lines = [line.split(",") for line in LOG.splitlines()]
    records = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    home.map(MAPPING)
    home.write("log1.csv", LOG)
    home.load()
    expected = {k: v for k, v in home.contents().items() if not k.startswith(("raw_", "quality"))}
    packed = "\n".join(json.dumps(record) for record in records).encode()
    files = {"log1.jsonl": packed, "log1.jsonl.gz": gzip.compress(packed)}
    parquet.write_table(pa.Table.from_pylist(records), other_home.sources / "log1.parquet")
    other_home.map(MAPPING.replace("csv", "parquet"))
    other_home.load()

    assert expected.items() <= other_home.contents().items()
    for name, content in files.items():
        other_home.write(name, content)
        other_home.map(MAPPING.replace("log*.csv", name))
        assert other_home.load().version > 1
        assert expected.items() <= other_home.contents().items()


def test_a_filter_lets_only_rows_pass_that_have_one_of_its_values(home: Any) -> None:
    home.map(
        "source: crm\nstages: [mql, won]\ntables:\n  leads:\n    file: leads.csv\n"
        "    into: person\n    key: id\n    where: {kind: [lead, contact], live: 'yes'}\n"
        "    stages: {mql: moment, won: {from: moment, where: {state: Won}}}\n"
    )
    home.write(
        "leads.csv",
        "id,kind,live,moment,state\n1,lead,yes,2024-01-01,Won\n2,,yes,2024-01-01,Won\n"
        "3,contact,yes,2024-01-01,\n4,lead,,2024-01-01,Won\n5,test,yes,2024-01-01,Won\n",
    )

    assert home.load().quality_issues == 0
    found = home.rows("SELECT journey_id, current_stage FROM {journeys} ORDER BY 1")
    assert found == [("crm:1", "won"), ("crm:3", "mql")]
    # What the filter left out is still kept as received.
    assert home.rows("SELECT count(*), count(_id) FROM {raw_crm__leads}") == [(5, 2)]
