from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from leak_company import DAYS, START, Company, Leads, Plan, company, day_of

from tools.leakage.detect import find_leaks

ONSET = 400


def drop(where: Callable[[Leads], Any], share: float, since: float = ONSET) -> Plan:
    """Lower the chance of leads that entered since by a share."""

    def chance(leads: Leads) -> Any:
        hit = where(leads) & (leads["day"] >= since)
        return np.where(hit, 1 - share, 1.0)

    return Plan(chance=chance)


EMEA = drop(lambda leads: leads["region"] == "EMEA", 0.35)


@pytest.mark.parametrize("seed", range(4))
def test_a_drop_is_found_in_its_segment_and_nowhere_else(seed: int) -> None:
    found = find_leaks(company(seed, EMEA))["findings"]
    assert [(item["from"], item["to"], item["segment"]) for item in found] == [
        ("mql", "accepted", {"region": "EMEA"})
    ]
    since = date.fromisoformat(found[0]["since"])
    assert abs((since - day_of(ONSET)).days) <= 28
    assert found[0]["rate"] < found[0]["baseline_rate"] * 0.8
    assert found[0]["q_value"] <= 0.05


def test_a_finding_counts_what_was_lost_and_what_it_was_worth() -> None:
    finding = find_leaks(company(1, EMEA, size=12_000))["findings"][0]
    lost = finding["entered"] * (finding["baseline_rate"] - finding["rate"])
    assert finding["lost"] == pytest.approx(lost, abs=1)
    assert finding["lost_low"] < finding["lost"] < finding["lost_high"]
    assert finding["value_lost"] == pytest.approx(finding["lost"] * 0.35 * 10_000, rel=0.15)


def test_the_same_leak_keeps_its_id_when_the_data_grows() -> None:
    ids = {find_leaks(company(seed, EMEA))["findings"][0]["id"] for seed in (1, 2)}
    assert len(ids) == 1


def test_the_costlier_leak_comes_first() -> None:
    def chance(leads: Leads) -> Any:
        late = leads["day"] >= ONSET
        partner = late & (leads["lead_source"] == "partner")
        emea = late & (leads["region"] == "EMEA")
        return np.where(partner, 0.5, 1.0) * np.where(emea, 0.65, 1.0)

    found = find_leaks(company(2, Plan(chance=chance), size=12_000))["findings"]
    assert {tuple(item["segment"]) for item in found} == {("region",), ("lead_source",)}
    values = [item["value_lost"] for item in found]
    assert values == sorted(values, reverse=True)


def test_a_drop_everywhere_is_a_finding_of_the_whole() -> None:
    plan = drop(lambda leads: leads["day"] > 0, 0.3, since=440)
    found = find_leaks(company(3, plan, size=10_000))["findings"]
    assert [item["segment"] for item in found] == [{}]


def test_leads_without_a_value_can_be_a_segment() -> None:
    made = company(4, drop(lambda leads: leads["region"] == "EMEA", 0.4))
    region = made.frames["journeys"]["region"]
    made.frames["journeys"]["region"] = region.where(region != "EMEA")
    assert find_leaks(made)["findings"][0]["segment"] == {"region": None}


def test_clean_companies_are_left_alone() -> None:
    found = [item for seed in range(100, 112) for item in find_leaks(company(seed))["findings"]]
    assert found == []


def test_a_shift_of_the_mix_is_no_leak() -> None:
    def shifted(leads: Leads, rng: Any) -> Any:
        late = (leads["day"] >= ONSET) & (rng.random(len(leads["day"])) < 0.6)
        return np.where(late, "outbound", leads["lead_source"])

    for seed in range(5):
        assert find_leaks(company(seed, Plan(sources=shifted), size=9000))["findings"] == []


def test_a_season_is_no_leak() -> None:
    def season(leads: Leads) -> Any:
        return 1 + 0.12 * np.sin(2 * np.pi * leads["day"] / 365)

    for seed in range(6):
        assert find_leaks(company(seed, Plan(chance=season), size=9000))["findings"] == []


def test_a_small_drop_in_a_small_sample_is_not_called() -> None:
    plan = drop(lambda leads: leads["region"] == "APAC", 0.15)
    for seed in range(5):
        assert find_leaks(company(seed, plan, size=1200))["findings"] == []


def test_too_few_leads_are_abstained_from_with_the_reason() -> None:
    found = find_leaks(company(1, size=60))
    assert found["findings"] == []
    reasons = {item["to"]: item["reason"] for item in found["abstained"]}
    assert "at least 30 are needed" in reasons["won"]


def test_conversions_not_recorded_yet_are_no_leak() -> None:
    made = company(6, size=9000)
    frame = made.frames["journeys"]
    early = frame["first_accepted"] < START + timedelta(days=200)
    columns = ["first_accepted", "last_accepted", "first_won", "last_won"]
    frame.loc[early, columns] = None
    found = find_leaks(made)
    assert found["findings"] == []
    assert any("recorded only from" in item["reason"] for item in found["not_comparable"])


def test_records_that_stop_are_no_leak() -> None:
    made = company(7, size=9000)
    frame = made.frames["journeys"]
    late = frame["first_accepted"] > START + timedelta(days=DAYS - 30)
    frame.loc[late, ["first_accepted", "last_accepted", "first_won", "last_won"]] = None
    found = find_leaks(made)
    assert found["findings"] == []
    assert any(
        "no conversion is recorded after" in item["reason"] for item in found["not_comparable"]
    )


def test_pandas_and_duckdb_find_the_same() -> None:
    made = company(1, EMEA)
    other = Company(made.frames, engine="duckdb")
    one, two = find_leaks(made), find_leaks(other)
    assert one["findings"] == two["findings"]
    assert one["compared"] == two["compared"]
