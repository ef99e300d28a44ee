from typing import Any

import numpy as np
from leak_company import Leads, Plan, company

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
