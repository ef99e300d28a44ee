from datetime import timedelta

import numpy as np
from funnel_frames import START, Frames, journeys, steady

from tools.funnel.metrics import funnel, look

DAYS = 300


def _data(frame: object) -> Frames:
    return Frames({"journeys": frame}, START + timedelta(days=DAYS))  # type: ignore[dict-item]


def _accepted(frame: object) -> dict[str, dict[str, object]]:
    found = funnel(_data(frame))
    return {item["period"]: item["transitions"][0] for item in found["cohorts"]}


def test_the_window_holds_nine_in_ten_conversions() -> None:
    window = look(_data(steady(size=8000)))[0].window
    assert abs(window - 6 * np.log(10)) <= 2  # the 90th percentile of the exponential lags


def test_the_window_is_a_week_at_least() -> None:
    assert look(_data(steady(lag=0.2)))[0].window == 7


def test_young_leads_do_not_shorten_the_window() -> None:
    young = steady(size=8000)
    young = young[young["first_mql"] > young["first_mql"].max() - timedelta(days=40)]
    assert look(_data(young))[0].window >= 10


def test_an_immature_cohort_is_not_compared_and_says_from_when() -> None:
    cohorts = _accepted(steady())
    newest, older = cohorts["2026-10"], cohorts["2026-05"]
    assert older["comparable"] is True
    assert newest["comparable"] is False
    assert "compare once it is" in str(newest["note"])


def test_the_total_rate_leaves_young_leads_out() -> None:
    row = funnel(_data(steady()))["transitions"][0]
    assert row["mature"] < row["entered"]
    assert row["rate"] == round(row["mature_converted"] / row["mature"], 4)
    assert f"{row['entered'] - row['mature']} leads are younger" in row["note"]


def test_records_that_began_late_spoil_the_cohorts_before() -> None:
    frame = steady(size=6000)
    began = START + timedelta(days=100)
    lost = frame["first_accepted"] < began
    frame.loc[lost, ["first_accepted", "last_accepted", "first_won", "last_won"]] = None
    cohorts = _accepted(frame)
    assert [cohorts[f"2026-0{month}"]["comparable"] for month in (1, 2, 3, 4)] == [False] * 4
    assert "recorded only from 2026-04-1" in str(cohorts["2026-02"]["note"])
    assert cohorts["2026-05"]["comparable"] is True
    assert funnel(_data(frame))["transitions"][0]["comparable"] is False


def test_a_long_natural_lag_is_no_truncation() -> None:
    rng = np.random.default_rng(3)
    mql = np.sort(rng.uniform(0, DAYS, 4000))
    accepted = mql + rng.normal(60, 5, 4000)
    accepted[(accepted > DAYS) | (rng.random(4000) > 0.3)] = np.nan
    observation = look(_data(journeys(mql=mql, accepted=accepted)))[0]
    assert observation.gaps == ()


def test_a_pause_in_the_records_spoils_only_what_it_touches() -> None:
    frame = steady(size=9000)
    first, last = START + timedelta(days=120), START + timedelta(days=150)
    lost = frame["first_accepted"].between(first, last) | frame["first_won"].between(first, last)
    frame.loc[lost, ["first_accepted", "last_accepted", "first_won", "last_won"]] = None
    cohorts = _accepted(frame)
    assert cohorts["2026-05"]["comparable"] is False
    assert "no conversion is recorded from 2026-05-01" in str(cohorts["2026-05"]["note"])
    assert cohorts["2026-02"]["comparable"] is True
    assert cohorts["2026-08"]["comparable"] is True


def test_weekends_without_conversions_are_no_gap() -> None:
    frame = steady(size=20_000)
    day = frame["first_accepted"].dt.day_of_week
    for weekday, shift in ((5, 2), (6, 1)):
        late = day == weekday
        frame.loc[late, "first_accepted"] += timedelta(days=shift)
    assert look(_data(frame))[0].gaps == ()


def test_a_transition_that_nobody_made_is_not_compared() -> None:
    row = funnel(_data(journeys(mql=np.arange(50.0))))["transitions"][0]
    assert (row["comparable"], row["rate"]) == (False, 0.0)
    assert "nobody has converted yet" in row["note"]
