# ruff: noqa: S608 - queries of tests over their own rows
from datetime import datetime
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import pytest

from knowledge.warehouse.identity import resolve_people
from knowledge.warehouse.journeys import TABLES_READ, journeys
from knowledge.warehouse.schema import TABLES
from knowledge.warehouse.stages import StageMap

KINDS = {
    "text": "object",
    "integer": "Int64",
    "number": "float64",
    "flag": "boolean",
    "time": "datetime64[us]",
}
STAGES = StageMap(("mql", "sql", "won"), "test")


def table(name: str, *rows: dict[str, Any]) -> pd.DataFrame:
    columns = TABLES[name].columns
    frame = pd.DataFrame([{**dict.fromkeys(columns), **row} for row in rows], columns=list(columns))
    return frame.astype({column: KINDS[kind] for column, kind in columns.items()})


def day(number: int) -> datetime:
    return datetime(2024, 1, number, 12)  # noqa: DTZ001 - naive UTC, as in the tables


def move(journey: str, stage: str, number: int) -> dict[str, Any]:
    return {
        "id": f"{journey}-{stage}-{number}",
        "journey_id": journey,
        "to_stage": stage,
        "at": day(number),
    }


def company() -> dict[str, pd.DataFrame]:
    frames = {name: table(name) for name in TABLES_READ}
    frames["owner"] = table("owner", {"id": "o1", "name": "Olga", "team": "North"})
    frames["account"] = table("account", {"id": "a1", "region": "EU", "industry": "Retail"})
    frames["campaign"] = table("campaign", {"id": "c1", "name": "Fair"})
    frames["product"] = table("product", {"id": "p1", "product_line": "Flow"})
    frames["person"] = table(
        "person",
        {
            "id": "l1",
            "name": "Ann",
            "email": "Ann@x.example",
            "owner_id": "o1",
            "campaign_id": "c1",
            "score": 7.5,
            "consent": True,
            "created_at": day(1),
        },
        {"id": "l2", "email": "bob@y.example", "region": "US", "account_id": "a1"},
        {"id": "contact", "email": " ann@X.example", "account_id": "a1", "anonymous_id": "v1"},
    )
    frames["opportunity"] = table(
        "opportunity",
        {"id": "d1", "person_id": "contact", "amount": 90.0, "product_id": "p1"},
        {"id": "d2", "name": "Alone", "amount": 10.0, "stage": "sql", "account_id": "a1"},
    )
    frames["stage_change"] = table(
        "stage_change",
        move("l1", "mql", 2),
        move("l1", "recycled", 4),
        move("l1", "mql", 6),
        {**move("l1", "mql", 6), "id": "told twice"},
        move("l1", "sql", 6),
        move("l1", "unheard of", 9),
        move("l2", "won", 3),
        move("l2", "mql", 5),
    )
    frames["assignment"] = table(
        "assignment",
        {"id": "1", "journey_id": "l1", "to_owner_id": "o2", "at": day(2)},
        {"id": "2", "journey_id": "l1", "to_owner_id": "o1", "at": day(3)},
        {"id": "3", "journey_id": "l1", "at": day(3)},
    )
    frames["touch"] = table(
        "touch",
        {"id": "1", "person_id": "l1", "owner_id": "o1", "direction": "outbound", "at": day(1)},
        {"id": "2", "person_id": "l1", "direction": "outbound", "at": day(2), "action": "mail"},
        {
            "id": "3",
            "person_id": "contact",
            "owner_id": "o1",
            "direction": "Outbound",
            "at": day(7),
        },
        {"id": "4", "anonymous_id": "v1", "direction": "inbound", "action": "visit", "at": day(9)},
        {
            "id": "5",
            "person_id": "contact",
            "direction": "inbound",
            "action": "Reply",
            "at": day(8),
        },
        {"id": "6", "anonymous_id": "unknown", "direction": "inbound", "at": day(9)},
    )
    return frames


def on_pandas(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    lazy = {name: nw.from_native(frame).lazy() for name, frame in frames.items()}
    lazy["identity"] = resolve_people(lazy["person"])
    return journeys(lazy, STAGES).collect(backend="pandas").to_native()


def on_duckdb(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    with duckdb.connect() as connection:
        lazy = {}
        for name, frame in frames.items():
            nothing = {
                column: "VARCHAR" for column, kind in TABLES[name].columns.items() if kind == "text"
            }
            connection.register(f"{name}_frame", frame)
            casts = ", ".join(
                f'CAST("{c}" AS VARCHAR) AS "{c}"' if c in nothing else f'"{c}"'
                for c in frame.columns
            )
            connection.execute(f"CREATE TABLE {name} AS SELECT {casts} FROM {name}_frame")
            lazy[name] = nw.from_native(connection.table(name)).lazy()
        lazy["identity"] = resolve_people(lazy["person"])
        return journeys(lazy, STAGES).collect(backend="pandas").to_native()


ENGINES = {"pandas": on_pandas, "duckdb": on_duckdb}


def rows(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return {row["journey_id"]: row for row in plain.to_dict("records")}


@pytest.fixture(params=ENGINES)
def mart(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    return rows(ENGINES[request.param](company()))


def test_pandas_and_duckdb_give_the_same_mart() -> None:
    assert rows(on_pandas(company())) == rows(on_duckdb(company()))


def test_a_journey_is_a_person_whose_stages_moved_or_an_opportunity_without_a_person(
    mart: dict[str, dict[str, Any]],
) -> None:
    assert sorted(mart) == ["d2", "l1", "l2"]


def test_stages_are_pivoted_to_first_and_last_times(mart: dict[str, dict[str, Any]]) -> None:
    lead = mart["l1"]
    assert (lead["first_mql"], lead["last_mql"]) == (day(2), day(6))
    assert (lead["first_sql"], lead["first_won"], lead["recycles"]) == (day(6), None, 1)


def test_of_changes_at_one_time_the_furthest_is_where_the_journey_stands(
    mart: dict[str, dict[str, Any]],
) -> None:
    assert (mart["l1"]["current_stage"], mart["l1"]["current_since"]) == ("sql", day(6))
    assert mart["l1"]["is_open"]


def test_won_stays_won_when_an_earlier_stage_follows(mart: dict[str, dict[str, Any]]) -> None:
    assert (mart["l2"]["current_stage"], mart["l2"]["current_since"]) == ("won", day(3))
    assert not mart["l2"]["is_open"]


def test_an_opportunity_without_stage_changes_stands_where_the_crm_says(
    mart: dict[str, dict[str, Any]],
) -> None:
    alone = mart["d2"]
    assert (alone["current_stage"], alone["current_since"], alone["value"]) == ("sql", None, 10.0)
    assert (alone["name"], alone["region"], alone["person_id"]) == ("Alone", "EU", None)


def test_touches_of_all_records_and_devices_of_a_person_count(
    mart: dict[str, dict[str, Any]],
) -> None:
    lead = mart["l1"]
    assert (lead["touches"], lead["last_touch_at"]) == (5, day(9))
    assert lead["last_two_way_at"] == day(8)
    assert lead["person_id"] == "contact"


def test_the_first_response_is_an_owners_outbound_touch_after_the_mql(
    mart: dict[str, dict[str, Any]],
) -> None:
    assert mart["l1"]["first_response_at"] == day(7)
    assert mart["l2"]["first_response_at"] is None


def test_handoffs_are_owner_changes_after_the_first(mart: dict[str, dict[str, Any]]) -> None:
    assert (mart["l1"]["handoffs"], mart["l1"]["first_assigned_at"]) == (1, day(2))
    assert mart["l2"]["handoffs"] == 0


def test_segments_come_from_the_person_then_from_what_it_is_linked_to(
    mart: dict[str, dict[str, Any]],
) -> None:
    ann, bob = mart["l1"], mart["l2"]
    assert (ann["owner"], ann["team"], ann["campaign"]) == ("Olga", "North", "Fair")
    assert (ann["account_id"], ann["region"], ann["industry"]) == ("a1", "EU", "Retail")
    assert (ann["product_line"], ann["value"], ann["score"]) == ("Flow", 90.0, 7.5)
    assert (bob["region"], bob["created_at"]) == ("US", day(3))


def test_a_part_of_the_mart_equals_the_same_part_of_the_whole() -> None:
    lazy = {name: nw.from_native(frame).lazy() for name, frame in company().items()}
    lazy["identity"] = resolve_people(lazy["person"])
    only = nw.from_native(pd.DataFrame({"journey_id": ["l1", "not there"]})).lazy()

    part = journeys(lazy, STAGES, (), only).collect(backend="pandas").to_native()

    assert rows(part) == {"l1": rows(on_pandas(company()))["l1"]}
