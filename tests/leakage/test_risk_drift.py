from datetime import timedelta

import numpy as np
import pandas as pd
from leak_company import Company, company

from tools.leakage.drift import SHIFTED, drift, stability_index


def with_touches(seed: int, *, silent_since: int | None = None) -> Company:
    """Touch every lead about weekly; since some days ago nobody touches any."""
    made = company(seed)
    rng = np.random.default_rng(seed)
    leads = made.frames["journeys"]
    count = 6 * len(leads)
    who = rng.integers(0, len(leads), count)
    at = leads["first_mql"].to_numpy()[who] + pd.to_timedelta(rng.uniform(0, 40, count), unit="D")
    touch = pd.DataFrame(
        {
            "person_id": leads["person_id"].to_numpy()[who],
            "at": at,
            "direction": "outbound",
            "action": "email",
        }
    )
    touch["at"] = touch["at"].astype("datetime64[us]")
    if silent_since is not None:
        touch = touch[touch["at"] < made.as_of - timedelta(days=silent_since)]
    people = leads["person_id"].unique()
    made.frames["touch"] = touch.reset_index(drop=True)
    made.frames["identity"] = pd.DataFrame({"id": people, "entity": "person", "entity_id": people})
    return made


def test_leads_like_those_of_four_weeks_ago_have_not_drifted() -> None:
    for seed in range(5):
        found = drift(with_touches(seed))
        assert found["abstained"] is None
        assert [item["feature"] for item in found["compared"] if item["shifted"]] == []


def test_a_feature_that_moved_is_named_in_words() -> None:
    found = drift(with_touches(1, silent_since=20))
    moved = {item["feature"]: item for item in found["compared"] if item["shifted"]}
    assert "last_touch" in moved
    assert moved["last_touch"]["index"] >= SHIFTED
    assert "of the open leads" in moved["last_touch"]["text"]
    assert "days_in_stage" not in moved


def test_few_leads_are_not_compared() -> None:
    found = drift(company(1, size=300))
    assert found["abstained"]
    assert found["compared"] == []


def test_the_index_of_equal_shares_is_zero_and_of_few_leads_no_proof() -> None:
    same, _ = stability_index(np.array([300.0, 700.0]), np.array([30.0, 70.0]))
    assert same < 0.001
    index, p_value = stability_index(np.array([3.0, 1.0]), np.array([1.0, 3.0]))
    assert index > SHIFTED
    assert p_value > 0.05
    large, p_large = stability_index(np.array([300.0, 100.0]), np.array([100.0, 300.0]))
    assert large > SHIFTED
    assert p_large < 1e-6
