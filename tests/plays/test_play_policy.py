from pathlib import Path

import pytest
import yaml
from plays_harness import PlayDesk, draft, with_policy

from agent.plays.errors import PolicyError
from agent.plays.policy import DEFAULT_POLICY, load_policy, read_policy


def write(path: Path, **changes: object) -> Path:
    content = yaml.safe_load(DEFAULT_POLICY.read_text())
    content.update(changes)
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def test_a_policy_of_ones_own_takes_the_place_of_the_default(tmp_path: Path) -> None:
    assert load_policy(tmp_path).version == 1
    write(tmp_path / "policy.yaml", version=2)
    assert load_policy(tmp_path).version == 2


def test_equal_policies_have_equal_labels_and_different_ones_do_not(tmp_path: Path) -> None:
    default = read_policy(DEFAULT_POLICY)
    assert read_policy(write(tmp_path / "same.yaml")).label == default.label
    other = read_policy(write(tmp_path / "other.yaml", undo=["manager"]))
    assert other.label != default.label


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"people": []}, "needs 1 approvals, but only 0 people"),
        ({"undo": None}, "undo: input should be"),
        ({"surprise": 1}, "surprise: extra inputs are not permitted"),
        ({"tiers": {}}, "tiers: dictionary should have at least 1 item"),
        (
            {"people": [{"email": "dana", "name": "Dana", "roles": []}]},
            "people.0.email: string should match",
        ),
        (
            {"people": [{"email": e, "name": "D", "roles": ["manager"]} for e in ("d@x", "D@X")]},
            "d@x is listed twice",
        ),
    ],
)
def test_a_broken_policy_is_told_in_one_sentence(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    path = write(tmp_path / "policy.yaml", **changes)
    with pytest.raises(PolicyError) as caught:
        read_policy(path)
    sentence = str(caught.value)
    assert words.lower() in sentence.lower()
    assert str(path) in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("text", ["people: [", "\x00", "just words"])
def test_a_file_that_is_no_policy_is_told_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    with pytest.raises(PolicyError) as caught:
        read_policy(path)
    assert "\n" not in str(caught.value)


def test_it_is_said_when_nobody_could_approve(desk: PlayDesk, tmp_path: Path) -> None:
    one = [{"email": "rio@x.example", "name": "Rio", "roles": ["manager", "revops"]}]
    content = yaml.safe_load(DEFAULT_POLICY.read_text())
    content["tiers"]["high"]["quorum"] = 1
    policy = read_policy(write(tmp_path / "p.yaml", people=one, tiers=content["tiers"]))
    play = draft(with_policy(desk, policy), by="rio@x.example")
    assert policy.explain(play).startswith("Nobody can approve this play as things stand")
