from datetime import timedelta
from typing import Any

import numpy as np
from leak_company import START, Leads, Plan, company

from tools.leakage.detect import find_leaks

ONSET = 400


def late_emea(leads: Leads) -> Any:
    return (leads["region"] == "EMEA") & (leads["day"] >= ONSET)


SLOW = Plan(wait_hours=lambda leads: np.where(late_emea(leads), 60.0, 6.0), effect_of_wait=3.0)
UNOWNED = Plan(unowned=lambda leads: np.where(late_emea(leads), 0.5, 0.02))
UNEXPLAINED = Plan(chance=lambda leads: np.where(late_emea(leads), 0.6, 1.0))


def test_slow_answers_explain_the_loss_that_they_cause() -> None:
    finding = find_leaks(company(1, SLOW, size=8000))["findings"][0]
    driver = finding["drivers"][0]
    assert (finding["segment"], driver["driver"]) == ({"region": "EMEA"}, "slow_handoff")
    assert driver["effect"] > 0.6
    assert "correlation" in driver["text"]


def test_missing_owners_explain_the_loss_that_they_cause() -> None:
    finding = find_leaks(company(2, UNOWNED, size=8000))["findings"][0]
    assert finding["drivers"][0]["driver"] == "governance_gap"
    assert finding["drivers"][0]["explained_loss"] <= finding["lost"]


def test_evidence_leads_back_to_the_finding_and_to_leads_of_its_segment() -> None:
    made = company(1, SLOW, size=8000)
    finding = find_leaks(made)["findings"][0]
    figure, *records = finding["drivers"][0]["evidence"]
    assert (figure["kind"], figure["ref"], figure["version"]) == ("figure", finding["id"], 3)
    frame = made.frames["journeys"].set_index("journey_id")
    for record in records:
        assert frame.loc[record["ref"], "region"] == "EMEA"
        assert not frame.loc[record["ref"], "first_accepted"] > frame["first_mql"].max()


def test_a_loss_that_nothing_recorded_explains_has_no_driver() -> None:
    for seed in range(4):
        finding = find_leaks(company(seed, UNEXPLAINED, size=8000))["findings"][0]
        assert finding["drivers"] == []


def test_scores_that_rise_where_conversion_falls_are_named_misaligned() -> None:
    made = company(3, UNEXPLAINED, size=8000)
    frame = made.frames["journeys"]
    raised = (frame["region"] == "EMEA") & (frame["first_mql"] >= START + timedelta(days=ONSET))
    noise = np.random.default_rng(3).normal(50, 12, len(frame))
    made.frames["journeys"] = frame.assign(score=noise + 20 * raised)
    driver = find_leaks(made)["findings"][0]["drivers"][0]
    assert driver["driver"] == "misaligned_scoring"
    assert driver["effect"] > 0.5


def test_scores_that_stay_explain_nothing() -> None:
    made = company(3, UNEXPLAINED, size=8000)
    frame = made.frames["journeys"]
    noise = np.random.default_rng(3).normal(50, 12, len(frame))
    made.frames["journeys"] = frame.assign(score=noise)
    assert find_leaks(made)["findings"][0]["drivers"] == []


def test_slow_answers_are_told_from_missing_owners() -> None:
    finding = find_leaks(company(2, UNOWNED, size=8000))["findings"][0]
    assert "slow_handoff" not in {item["driver"] for item in finding["drivers"]}
