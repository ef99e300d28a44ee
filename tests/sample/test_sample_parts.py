from datetime import UTC, datetime

import numpy as np

from knowledge.sources.sample.clock import working
from knowledge.sources.sample.columns import NEVER, calibrate, spread
from knowledge.sources.sample.ids import record_ids


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def passed(start: str, hours: float, offset: int = 0) -> datetime:
    end = working(np.array([moment(start)]), np.array([hours]), np.array([offset]))
    return datetime.fromtimestamp(int(end[0]), UTC).replace(tzinfo=None)


def test_working_hours_pass_within_a_day() -> None:
    assert passed("2026-06-08T09:00", 2) == datetime(2026, 6, 8, 11)  # noqa: DTZ001 - naive UTC


def test_working_hours_wait_for_monday() -> None:
    assert passed("2026-06-05T16:30", 1) == datetime(2026, 6, 8, 8, 30)  # noqa: DTZ001
    assert passed("2026-06-06T12:00", 1) == datetime(2026, 6, 8, 9)  # noqa: DTZ001


def test_working_hours_are_local() -> None:
    # 20:00 UTC is 14:00 in Chicago (UTC-6): three hours are left that day.
    assert passed("2026-06-08T20:00", 4, offset=-6) == datetime(2026, 6, 9, 15)  # noqa: DTZ001


def test_what_never_comes_stays_so() -> None:
    result = working(np.array([NEVER]), np.array([5.0]), np.array([0]))
    assert result[0] == NEVER


def test_record_ids_carry_salesforces_case_guard() -> None:
    ids = record_ids("00Q", 1_000)
    assert len(set(ids.tolist())) == 1_000
    for identity in ids[:50].tolist():
        guard = ""
        for part in (identity[:5], identity[5:10], identity[10:15]):
            bits = sum(1 << place for place, letter in enumerate(part) if letter.isupper())
            guard += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]
        assert identity[15:] == guard


def test_spread_repeats_rows_and_counts_within() -> None:
    rows, place = spread(np.array([2, 0, 3]))
    assert rows.tolist() == [0, 0, 2, 2, 2]
    assert place.tolist() == [0, 1, 0, 1, 2]


def test_calibration_meets_its_target() -> None:
    logit = np.random.default_rng(1).normal(0, 2, 5_000)
    chance = calibrate(logit, 0.23)
    assert abs(chance.mean() - 0.23) < 1e-6
    assert (np.argsort(chance) == np.argsort(logit)).all()
