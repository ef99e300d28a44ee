"""The team under load, small: nothing is lost, done twice, or kept that was for nobody."""

from pathlib import Path

import pytest

from evals.slack_load.process import Sample
from evals.slack_load.report import body, percentile, slope
from evals.slack_load.run import Load, Result, run

SMALL = Load(seconds=12, rate=8, outage=3, quiet=3, retries=(0.5, 3.0, 5.0))


@pytest.fixture
def loaded(northpeak: Path) -> Result:
    return run(northpeak, SMALL, lambda _line: None)


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_busy_team_loses_nothing_gets_nothing_twice_and_leaves_no_chatter(
    loaded: Result,
) -> None:
    assert loaded.done.counts["chatter"] > 0
    for name, tally in loaded.tallies.items():
        assert tally.done > 0, name
        assert (tally.lost, tally.doubled) == (0, 0), name
    assert loaded.unacknowledged == 0
    assert loaded.violations == []
    assert loaded.rows_for_nobody == 0
    assert loaded.traces == []
    assert {state for _kind, _name, state in loaded.inbox} == {"done"}
    assert "nan" not in body(loaded)


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile([3.0], 0.95) == 3


def test_growth_is_in_mebibytes_a_minute() -> None:
    samples = [
        Sample(at=10.0 + 30 * n, mebibytes=500.0 + 2 * n, files=1, threads=1, seconds=0.0)
        for n in range(5)
    ]
    assert slope(samples) == pytest.approx(4.0)
