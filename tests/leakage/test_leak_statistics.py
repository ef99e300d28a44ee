from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leak_company import company
from scipy.stats import multivariate_normal, norm
from sklearn.metrics import roc_auc_score
from statsmodels.stats.multitest import multipletests

from tools.funnel.metrics import look
from tools.funnel.survival import median_survival
from tools.leakage.cells import collect_cells
from tools.leakage.expected import expected_rate
from tools.leakage.fdr import q_values
from tools.leakage.normal import both_exceed, exceeded, scan_probability
from tools.leakage.scan import candidate_onsets, scan, weekly
from tools.leakage.scoring import separation


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_q_values_are_those_of_statsmodels(p_values: list[float]) -> None:
    expected = multipletests(p_values, method="fdr_bh")[1]
    assert q_values(np.array(p_values)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.4, 0.9, 0.99])
def test_joint_tails_are_those_of_the_bivariate_normal(rho: float) -> None:
    joint = multivariate_normal([0, 0], [[1, rho], [rho, 1]])
    expected = joint.cdf([-2.5, -2.5])
    assert both_exceed(2.5, np.array([rho]))[0] == pytest.approx(expected, rel=1e-3)
    assert exceeded(2.5) == pytest.approx(norm.sf(2.5))


def test_the_scan_bound_holds_and_is_tighter_than_bonferroni() -> None:
    rng = np.random.default_rng(0)
    weeks, onsets = 70, np.arange(17, 68)
    noise = rng.normal(size=(60_000, weeks)).cumsum(axis=1)
    share = onsets / weeks
    recent = noise[:, -1:] - noise[:, onsets - 1]
    gap = noise[:, onsets - 1] / onsets - recent / (weeks - onsets)
    z = gap / np.sqrt(1 / onsets + 1 / (weeks - onsets))
    happened = float((z.max(axis=1) > 3).mean())
    bound = scan_probability(3.0, share)
    assert happened <= bound * 1.05
    assert bound < 0.6 * len(onsets) * exceeded(3.0)


def test_the_area_under_the_curve_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    score = rng.integers(0, 20, 500).astype(float)
    outcome = rng.random(500) < score / 25
    assert separation(score, outcome)[0] == pytest.approx(roc_auc_score(outcome, score))


def test_a_median_that_is_not_reached_is_unknown() -> None:
    times, ones = np.array([1.0, 2.0, 9.0, 9.0]), np.ones(4)
    assert median_survival(times, np.array([1, 1, 0, 0]), ones) == 2.0
    assert median_survival(times, np.array([1, 0, 0, 0]), ones) is None


def test_expected_rates_follow_the_segments_and_not_the_time() -> None:
    made = company(5)
    cells = collect_cells(made, look(made))[0]
    rate = expected_rate(cells)
    assert (cells.entered * rate).sum() == pytest.approx(cells.converted.sum(), rel=0.01)
    for item in cells.dimensions[:2]:
        for code in range(len(item.values)):
            rows = item.codes == code
            expected = (cells.entered * rate)[rows].sum()
            assert expected == pytest.approx(cells.converted[rows].sum(), rel=0.03)
    shuffled = replace(cells, week=cells.week[::-1].copy())
    assert expected_rate(shuffled) == pytest.approx(rate, abs=1e-9)


def test_clean_segments_seldom_look_like_drops() -> None:
    called = looked = 0
    for seed in range(200, 210):
        made = company(seed)
        cells = collect_cells(made, look(made))[0]
        item = next(item for item in cells.dimensions if item.name == "owner")
        group = weekly(cells, expected_rate(cells), item.codes, len(item.values))
        nothing = np.zeros((1, len(candidate_onsets(cells.weeks))))
        for found in scan(group, group.expected, nothing, 1.0):
            looked += 1
            called += found is not None and found.p_value < 0.05
    assert called <= 0.08 * looked
