from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from funnel_frames import START, Frames, journeys, steady, times
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from knowledge.errors import BadInputError
from tools.funnel.clock import epoch_seconds, seconds
from tools.funnel.intervals import wilson
from tools.funnel.metrics import funnel

NONE = np.nan


def few() -> Frames:
    """Six leads: converted, skipped a stage, lost, open, converted before entering, recycled."""
    frame = journeys(
        mql=[0, 1, 2, 3, 4, 5],
        accepted=[2, NONE, NONE, NONE, 3.5, NONE],
        won=[NONE, 11, NONE, NONE, NONE, NONE],
        lost=[NONE, NONE, 9, NONE, NONE, NONE],
        recycled=[NONE, NONE, NONE, NONE, NONE, 8],
        region=["EMEA", "EMEA", None, "NA", "NA", "NA"],
    )
    return Frames({"journeys": frame}, START + timedelta(days=100), ("region",))


def test_leads_are_converted_exited_or_open() -> None:
    row = funnel(few())["transitions"][0]
    assert (row["entered"], row["converted"], row["exited"], row["open"]) == (6, 3, 1, 2)
    assert row["rate"] == 0.5


def test_reaching_a_later_stage_counts_as_passing() -> None:
    rows = funnel(few(), by=["region"])["segments"]
    emea = next(item for item in rows if item["value"] == "EMEA")
    assert emea["transitions"][0]["converted"] == 2


def test_a_conversion_before_the_entry_took_no_time() -> None:
    assert funnel(few())["transitions"][0]["median_days"] == 2.0  # of 0, 2 and 10


def test_a_missing_segment_value_is_a_group_of_its_own() -> None:
    values = {item["value"] for item in funnel(few(), by=["region"])["segments"]}
    assert values == {"EMEA", "NA", None}


def test_a_fixed_window_counts_only_what_came_within_it() -> None:
    row = funnel(few(), window_days=5)["transitions"][0]
    assert (row["converted"], row["window_days"]) == (2, 5)


def test_the_period_bounds_the_day_of_entering_at_both_ends() -> None:
    row = funnel(few(), since=date(2026, 1, 2), until=date(2026, 1, 4))["transitions"][0]
    assert row["entered"] == 3


def test_nothing_after_the_as_of_time_is_seen() -> None:
    data = few()
    data.as_of = START + timedelta(days=2.5)
    row = funnel(data)["transitions"][0]
    assert (row["entered"], row["converted"]) == (3, 1)


def test_recycled_leads_are_counted() -> None:
    assert funnel(few())["recycle"] == {"leads": 6, "recycled": 1, "rate": round(1 / 6, 4)}


def test_unanswered_leads_lengthen_the_response_time() -> None:
    hours = np.array([1.0, 2.0, 3.0, NONE, NONE])
    frame = journeys(mql=np.zeros(5), response=hours / 24)
    found = funnel(Frames({"journeys": frame}, START + timedelta(days=9)))["response"]
    assert found == {"leads": 5, "answered": 3, "median_hours": 3.0}


def test_velocity_multiplies_open_rate_and_value_over_time() -> None:
    won = [10.0, 10.0, NONE, NONE]
    frame = journeys(mql=np.zeros(4), accepted=np.zeros(4), won=won, value=[100, 300, 9, 9])
    found = funnel(Frames({"journeys": frame}, START + timedelta(days=90)))["velocity"]
    assert found["value_per_day"] == pytest.approx(2 * 0.5 * 200 / 10)


def test_pandas_and_duckdb_give_the_same_figures() -> None:
    frame = steady()
    as_of = START + timedelta(days=300)
    one, other = (
        funnel(Frames({"journeys": frame}, as_of, ("region",), engine=engine), by=["region"])
        for engine in ("pandas", "duckdb")
    )
    assert one == other


def test_an_unknown_segment_lists_those_that_exist() -> None:
    with pytest.raises(BadInputError, match="choose from: region"):
        funnel(few(), by=["regoin"])


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(BadInputError, match="swap them"):
        funnel(few(), since=date(2026, 2, 1), until=date(2026, 1, 1))


@given(st.integers(1, 4000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_that_of_statsmodels(counts: tuple[int, int]) -> None:
    expected = proportion_confint(*counts, method="wilson")
    assert wilson(*counts) == pytest.approx(expected, abs=1e-12)


@given(st.datetimes(min_value=pd.Timestamp("1900-01-01"), max_value=pd.Timestamp("2200-01-01")))
def test_epoch_seconds_agree_with_the_standard_library(moment: pd.Timestamp) -> None:
    import narwhals as nw  # noqa: PLC0415 - one test reads an expression directly

    moment = moment.replace(microsecond=0)
    frame = nw.from_native(pd.DataFrame({"at": [moment]}).astype("datetime64[us]")).lazy()
    assert frame.select(seconds(nw.col("at"))).collect().rows()[0][0] == epoch_seconds(moment)


def test_days_become_times_in_the_test_frames() -> None:
    assert times([1.5])[0] == pd.Timestamp("2026-01-02 12:00")
