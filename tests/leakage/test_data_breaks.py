from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from leak_company import Company

from tools.leakage.breaks import breaks

AS_OF = datetime(2026, 10, 31, 23)  # noqa: DTZ001 - times inside tables are UTC without zone


def touches(
    seed: int, channel: str, daily: float, *, silent: int = 0, weekdays: bool = False
) -> Any:
    rng = np.random.default_rng(seed)
    rows = [
        {"source": "crm", "channel": channel, "at": AS_OF - timedelta(days=back, minutes=3 * n)}
        for back in range(silent, 90)
        if not weekdays or (AS_OF - timedelta(days=back)).weekday() < 5
        for n in range(rng.poisson(daily))
    ]
    frame = pd.DataFrame(rows)
    frame["at"] = frame["at"].astype("datetime64[us]")
    return frame


def company_of(touch: Any, loads: list[tuple[str, int, int]], engine: str = "pandas") -> Company:
    issues = [load for load, _, count in loads for _ in range(count)]
    frames = {
        "touch": touch,
        "load": pd.DataFrame({"load_id": [x[0] for x in loads], "rows": [x[1] for x in loads]}),
        "quality_issue": pd.DataFrame({"load_id": pd.Series(issues, dtype=object)}),
    }
    return Company(frames, as_of=AS_OF, engine=engine)


def found(company: Company, load: str = "l2") -> list[tuple[str, str]]:
    return [(item["kind"], item["where"]) for item in breaks(company, load)["breaks"]]


CLEAN = [("l1", 1000, 3), ("l2", 1000, 3)]


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_source_that_fell_silent_is_found_and_the_others_are_not(engine: str) -> None:
    both = pd.concat([touches(1, "web", 20, silent=6), touches(2, "email", 20)])
    company = company_of(both.reset_index(drop=True), CLEAN, engine)
    assert found(company) == [("silence", "web (crm)")]
    assert "6 days" in breaks(company, "l2")["breaks"][0]["text"]


def test_weekends_are_no_silence() -> None:
    # The newest day is a Saturday; a source that rests at weekends rests now.
    assert found(company_of(touches(3, "call", 30, weekdays=True), CLEAN)) == []


def test_a_source_that_is_rare_anyway_is_no_silence() -> None:
    assert found(company_of(touches(4, "demo", 0.3, silent=6), CLEAN)) == []


def test_quiet_sources_raise_no_alarm() -> None:
    for seed in range(100):
        assert found(company_of(touches(seed, "web", 2.0), CLEAN)) == []


@pytest.mark.parametrize(
    ("loads", "called"),
    [
        ([("l1", 1000, 3), ("l2", 1000, 60)], True),
        ([("l1", 1000, 40), ("l2", 1000, 60)], False),  # not three times the usual
        ([("l1", 1000, 0), ("l2", 100_000, 60)], False),  # hardly any of its rows
        ([("l1", 1000, 0), ("l2", 100, 10)], False),  # a handful
        ([("l2", 1000, 30)], False),  # a first load may be a little dirty
        ([("l2", 1000, 80)], True),
    ],
)
def test_a_load_is_held_against_the_loads_before(
    loads: list[tuple[str, int, int]], *, called: bool
) -> None:
    expected = [("issues", "l2")] if called else []
    assert found(company_of(touches(5, "web", 20), loads)) == expected
