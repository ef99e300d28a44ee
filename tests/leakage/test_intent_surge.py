from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from leak_company import Company

from tools.leakage.fdr import q_values
from tools.leakage.intent import LARGEST_Q, surges, tail, usual_week

AS_OF = datetime(2026, 10, 31, 12)  # noqa: DTZ001 - times inside tables are UTC without zone
ACCOUNTS, PEOPLE = 60, 4


def rows_of(account: int, person: int, back: int, times: int = 1) -> list[dict[str, Any]]:
    return [
        {
            "person_id": f"p{account}-{person}",
            "anonymous_id": None,
            "direction": "inbound",
            "at": AS_OF - timedelta(days=back, minutes=5 * number + 1),
        }
        for number in range(times)
    ]


def quiet(seed: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.0, 0.05, ACCOUNTS)
    return [
        row
        for account in range(ACCOUNTS)
        for person in range(PEOPLE)
        for back in range(7 * 14)
        if rng.random() < rate[account]
        for row in rows_of(account, person, back, int(rng.integers(1, 6)))
    ]


def company_of(touches: list[dict[str, Any]], engine: str = "pandas") -> Company:
    everyone = [
        (f"p{account}-{person}", f"a{account}")
        for account in range(ACCOUNTS)
        for person in range(PEOPLE)
    ]
    ids = [person for person, _ in everyone]
    touch = pd.DataFrame(touches)
    touch["at"] = touch["at"].astype("datetime64[us]")
    frames = {
        "touch": touch,
        "person": pd.DataFrame({"id": ids, "account_id": [account for _, account in everyone]}),
        "identity": pd.DataFrame({"id": ids, "entity": "person", "entity_id": ids}),
        "account": pd.DataFrame(
            {
                "id": [f"a{number}" for number in range(ACCOUNTS)],
                "name": [f"Account {number}" for number in range(ACCOUNTS)],
                "owner_id": [f"o{number % 5}" for number in range(ACCOUNTS)],
            }
        ),
    }
    return Company(frames, as_of=AS_OF, engine=engine)


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_several_people_far_above_their_own_usual_are_a_surge(engine: str) -> None:
    planted = [row for person in range(4) for back in range(5) for row in rows_of(7, person, back)]
    found = surges(company_of(quiet(1) + planted, engine))
    assert found["abstained"] is None
    assert [item["id"] for item in found["accounts"]] == ["a7"]
    surge = found["accounts"][0]
    assert (surge["name"], surge["owner"], surge["people"]) == ("Account 7", "o2", 4)
    assert surge["person_days"] >= 20
    assert surge["expected"] < surge["person_days"] / 2
    assert surge["q_value"] <= LARGEST_Q
    assert "4 people of Account 7" in surge["text"]


def test_a_quiet_week_is_no_surge() -> None:
    assert surges(company_of(quiet(2)))["accounts"] == []


def test_one_eager_reader_is_no_surge() -> None:
    lone = [row for back in range(7) for row in rows_of(7, 0, back, 30)]
    background = [row for row in quiet(3) if not row["person_id"].startswith("p7-")]
    assert surges(company_of(background + lone))["accounts"] == []


def test_what_all_accounts_do_at_once_is_no_surge() -> None:
    webinar = [
        row
        for account in range(ACCOUNTS)
        for person in range(PEOPLE)
        for back in (1, 2)
        for row in rows_of(account, person, back)
    ]
    assert surges(company_of(quiet(4) + webinar))["accounts"] == []


def test_what_we_send_is_not_what_they_do() -> None:
    sent = [row for person in range(4) for back in range(6) for row in rows_of(7, person, back)]
    outbound = [row | {"direction": "outbound"} for row in sent]
    assert surges(company_of(quiet(5) + outbound))["accounts"] == []


def test_too_little_is_said_to_be_too_little() -> None:
    found = surges(company_of(quiet(6)[:20]))
    assert found["accounts"] == []
    assert "too few" in found["abstained"]


def test_a_short_record_is_not_compared() -> None:
    recent = [row for row in quiet(7) if row["at"] > AS_OF - timedelta(days=70)]
    assert "weeks are recorded" in surges(company_of(recent))["abstained"]


@pytest.mark.parametrize("clumping", [0.0, 0.5])
def test_quiet_companies_raise_alarms_at_most_at_the_stated_rate(clumping: float) -> None:
    rng = np.random.default_rng(11)
    companies, alarms = 300, 0
    for _ in range(companies):
        rate = rng.gamma(0.5, 2.0, (150, 1))
        if clumping:
            rate = rate * rng.gamma(1 / clumping, clumping, (150, 13))
        counts = rng.poisson(np.broadcast_to(rate, (150, 13))).astype(float)
        counts = counts[counts.sum(axis=1) > 0]
        alarms += bool((q_values(tail(counts[:, 0], usual_week(counts))) <= LARGEST_Q).any())
    # Two standard errors of a share of 5% in so many companies.
    chance = 2 * np.sqrt(LARGEST_Q * (1 - LARGEST_Q) / companies)
    assert alarms / companies <= LARGEST_Q + chance


def test_most_real_surges_are_found() -> None:
    found = 0
    for seed in range(20, 40):
        planted = [row for who in range(3) for back in range(4) for row in rows_of(9, who, back)]
        background = [row for row in quiet(seed) if not row["person_id"].startswith("p9-")]
        usual = rows_of(9, 0, 20) + rows_of(9, 1, 41) + rows_of(9, 2, 62)
        result = surges(company_of(background + usual + planted))
        found += "a9" in [item["id"] for item in result["accounts"]]
    assert found >= 16
