import pytest

from tools.experiments.assign import assign

IDS = [f"lead{i}" for i in range(20_000)]


def test_the_share_held_out_is_the_share_asked_for() -> None:
    held = sum(arm == "holdout" for arm in assign("exp_1", IDS, holdout=0.10).values())
    assert abs(held / len(IDS) - 0.10) < 0.01  # 4.7 standard errors


def test_an_arm_depends_on_experiment_and_target_alone() -> None:
    whole = assign("exp_1", IDS)
    assert assign("exp_1", reversed(IDS)) == whole
    assert assign("exp_1", IDS[7:8]) == {IDS[7]: whole[IDS[7]]}


def test_experiments_are_independent_of_one_another() -> None:
    first, second = assign("exp_1", IDS, holdout=0.5), assign("exp_2", IDS, holdout=0.5)
    both = sum(first[i] == second[i] == "holdout" for i in IDS)
    assert abs(both / len(IDS) - 0.25) < 0.015


def test_a_larger_share_holds_out_the_same_targets_and_more() -> None:
    small, large = (
        {i for i, arm in assign("exp_1", IDS, holdout=share).items() if arm == "holdout"}
        for share in (0.05, 0.2)
    )
    assert small < large


@pytest.mark.parametrize("share", [-0.1, 1.0, 2])
def test_a_share_that_makes_no_sense_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="from 0 to below 1"):
        assign("exp_1", IDS, holdout=share)
