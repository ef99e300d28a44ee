from datetime import timedelta

import numpy as np
import pytest
from leak_company import START, Company, company, engaged, times

from knowledge.errors import BadInputError
from tools.leakage.score import score
from tools.leakage.validation import calibration_error


@pytest.fixture(scope="module")
def answering() -> Company:
    return engaged(1)


def test_a_score_that_tells_more_than_the_stage_is_used(answering: Company) -> None:
    model = score(answering)["model"]
    assert (model["abstained"], model["reason"]) == (False, None)
    assert model["metrics"]["auc"] > model["metrics"]["baseline_auc"] + 0.05
    assert model["metrics"]["calibration_error"] < 0.05


def test_without_any_signal_it_abstains_and_says_why() -> None:
    made = engaged(2, strength=0.0)
    for name in ("first_accepted", "last_accepted"):  # no lag either: age tells nothing
        accepted = made.frames["journeys"][name].notna()
        soon = made.frames["journeys"]["first_mql"] + timedelta(hours=1)
        made.frames["journeys"][name] = soon.where(accepted)
    for name in ("first_won", "last_won"):
        made.frames["journeys"][name] = times(np.full(6000, np.nan))
    found = score(made)
    assert found["scores"] == []
    assert found["model"]["abstained"] is True
    assert found["model"]["reason"]


def test_scores_are_ranked_and_carry_reasons_in_words(answering: Company) -> None:
    rows = score(answering, limit=30, stage="mql")["scores"]
    risks = [row["risk"] for row in rows]
    assert risks == sorted(risks, reverse=True)
    assert all(row["from"] == "mql" for row in rows)
    worst = rows[0]
    assert worst["id"].startswith("score_")
    assert all(reason["effect"] > 0 and reason["text"] for reason in worst["reasons"])


def test_the_counterfactual_names_a_lower_risk(answering: Company) -> None:
    rows = score(answering, limit=50, stage="mql")["scores"]
    advised = [row for row in rows if row["lower_it"]]
    assert advised
    assert "instead of" in advised[0]["lower_it"]


def test_what_comes_after_the_as_of_time_changes_no_score(answering: Company) -> None:
    now = START + timedelta(days=430)
    full = Company(answering.frames, as_of=now)
    cut = {name: frame.copy() for name, frame in answering.frames.items()}
    journeys = cut["journeys"]
    cut["journeys"] = journeys = journeys[journeys["first_mql"] <= now].reset_index(drop=True)
    for name in [name for name in journeys if name.startswith(("first_", "last_"))]:
        journeys[name] = journeys[name].where(journeys[name] <= now)
    cut["touch"] = cut["touch"][cut["touch"]["at"] <= now].reset_index(drop=True)
    cut["identity"] = cut["identity"].iloc[: len(journeys)]
    assert score(full, limit=500)["scores"] == score(Company(cut, as_of=now), limit=500)["scores"]


def test_leads_can_be_chosen_by_owner_segment_and_id(answering: Company) -> None:
    frame = answering.frames["journeys"].set_index("journey_id")
    rows = score(answering, owner="Owner 3", limit=99)["scores"]
    assert {row["owner"] for row in rows} == {"owner 3"}
    rows = score(answering, segment="region=emea", limit=99)["scores"]
    assert {frame.loc[row["entity"], "region"] for row in rows} == {"EMEA"}
    some = [row["entity"] for row in rows[:2]]
    assert {row["entity"] for row in score(answering, journey_ids=some)["scores"]} == set(some)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"segment": "colour=red"}, "choose from: lead_source"),
        ({"segment": "red"}, "write column=value"),
        ({"stage": "won"}, "choose from: mql, accepted"),
        ({"limit": -1}, "at least 1"),
    ],
)
def test_bad_input_is_answered_with_what_to_do(
    answering: Company, wanted: dict[str, object], sentence: str
) -> None:
    with pytest.raises(BadInputError, match=sentence):
        score(answering, **wanted)  # type: ignore[arg-type]


def test_too_little_history_is_abstained_from() -> None:
    found = score(company(3, size=80))
    assert found["model"]["abstained"] is True


def test_pandas_and_duckdb_give_the_same_scores(answering: Company) -> None:
    other = Company(answering.frames, engine="duckdb")
    assert score(answering, limit=200) == score(other, limit=200)


def test_calibration_error_is_the_distance_from_what_happened() -> None:
    outcome = np.repeat([0.0, 1.0], 500)
    assert calibration_error(np.full(1000, 0.5), np.tile([0.0, 1.0], 500)) == pytest.approx(0)
    assert calibration_error(np.repeat([0.2, 0.9], 500), outcome) == pytest.approx(0.15)
