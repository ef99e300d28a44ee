"""Graders on cases that can be worked out by hand."""

from datetime import timedelta

import numpy as np
import pytest

from evals.calls import right_arguments, right_tools
from evals.discrimination import auc, calibration_error
from evals.matching import Tally, called, grade, names
from evals.ranking import ndcg, recall
from evals.support import stated, unsupported
from evals.timing import Paired

WEBINAR = {
    "transition": ["mql", "accepted"],
    "segment": {"lead_source": "Webinar", "region": "EMEA"},
    "onset": "2026-06-08",
    "driver": "slow_handoff",
    "expected_lost": 100.0,
}
TRUTH = {
    "leaks": [WEBINAR],
    "decoys": [
        {"kind": "mix_shift", "lead_source": "Content Syndication", "onset": "2026-05-04"},
        {"kind": "season", "months": [8, 12]},
    ],
    "tracking_gap": {"from": "2026-02-09", "to": "2026-02-13"},
}


def finding(segment: dict[str, str], since: str = "2026-06-07", *drivers: str) -> dict[str, object]:
    return {
        "from": "mql",
        "to": "accepted",
        "segment": segment,
        "since": since,
        "drivers": [{"driver": driver} for driver in drivers],
    }


def test_ndcg_is_one_for_a_perfect_ranking_and_discounts_by_rank() -> None:
    assert ndcg(["a", "b"], ["a"], 10) == 1
    assert ndcg(["b", "a"], ["a"], 10) == pytest.approx(1 / np.log2(3))
    assert ndcg(["x", "a", "y", "b"], ["a", "b"], 10) == pytest.approx(
        (1 / np.log2(3) + 1 / np.log2(5)) / (1 + 1 / np.log2(3))
    )
    assert ndcg([], ["a"], 10) == 0


def test_recall_and_ndcg_look_no_deeper_than_asked() -> None:
    ranked = ["x"] * 5 + ["a"]
    assert recall(ranked, ["a", "b"], 5) == 0
    assert recall(ranked, ["a", "b"], 6) == 0.5
    assert ndcg(ranked, ["a"], 5) == 0


def test_auc_counts_ordered_pairs_and_halves_ties() -> None:
    happened = np.array([False, True, False, True])
    assert auc(np.array([0.1, 0.9, 0.2, 0.8]), happened) == 1
    assert auc(np.array([0.5, 0.5, 0.5, 0.5]), happened) == 0.5
    assert auc(np.array([0.3, 0.3, 0.1, 0.2]), happened) == pytest.approx(2.5 / 4)
    assert auc(np.array([0.3, 0.4]), np.array([True, True])) is None


def test_calibration_error_is_the_distance_of_said_and_seen() -> None:
    happened = np.array([True, False] * 50)
    assert calibration_error(np.full(100, 0.5), happened) == pytest.approx(0)
    assert calibration_error(np.full(100, 0.8), happened) == pytest.approx(0.3)


def test_a_finding_names_a_leak_by_its_transition_and_one_side_or_all_of_its_segment() -> None:
    assert names(finding({"region": "EMEA"}), WEBINAR)
    assert not names(finding({"region": "EMEA"}), WEBINAR, whole=True)
    assert names(finding(WEBINAR["segment"]), WEBINAR, whole=True)
    assert not names(finding({"region": "APAC"}), WEBINAR)
    assert not names(finding({}), WEBINAR)
    assert not names({**finding({"region": "EMEA"}), "to": "sql"}, WEBINAR)


def test_grading_counts_found_leaks_first_drivers_and_false_findings() -> None:
    tally = Tally()
    hit = finding({"region": "EMEA"}, "2026-06-05", "slow_handoff", "data_gap")
    grade(tally, [finding({"industry": "Retail"}), hit], TRUTH, "one")
    assert (tally.planted, tally.found, tally.found_top, tally.found_whole) == (1, 1, 1, 0)
    assert (tally.driver_first, tally.false, tally.onset_days) == (1, 1, [3])
    grade(tally, [], TRUTH, "two")
    assert (tally.planted, tally.found, tally.companies) == (2, 1, 2)
    assert [miss["what"] for miss in tally.misses] == ["false finding", "not found"]


def test_a_leak_behind_the_first_three_findings_is_not_in_the_top() -> None:
    tally = Tally()
    noise = [finding({"industry": name}) for name in ("Retail", "Software", "Education")]
    grade(tally, [*noise, finding({"region": "EMEA"})], TRUTH, "one")
    assert (tally.found, tally.found_top, tally.possible_top) == (1, 0, 1)


def test_a_decoy_is_called_by_its_segment_or_by_its_time() -> None:
    mix, season = TRUTH["decoys"]
    gap = {"kind": "tracking_gap", **TRUTH["tracking_gap"]}
    assert called(finding({"lead_source": "Content Syndication"}), mix)
    assert not called(finding({"lead_source": "Website"}), mix)
    assert called(finding({}, "2026-08-20"), season)
    assert not called(finding({}, "2026-05-20"), season)
    assert called(finding({"region": "APAC"}, "2026-02-12"), gap)
    assert not called(finding({"region": "APAC"}, "2026-06-12"), gap)


def call(tool: str, **args: object) -> dict[str, object]:
    return {"tool": tool, "args": args}


def test_tools_are_right_when_all_and_only_those_expected_were_called() -> None:
    assert right_tools([call("funnel")], [call("funnel", by="region")])
    assert not right_tools([call("funnel")], [])
    assert not right_tools([call("funnel")], [call("funnel"), call("find_leaks")])
    assert not right_tools([call("funnel"), call("find_leaks")], [call("funnel")])
    assert right_tools([call("draft_play")], [call("find_leaks"), call("draft_play")])
    assert right_tools([], [])


def test_arguments_are_right_when_none_that_is_graded_differs() -> None:
    wanted = [call("funnel", by="region", value="EMEA")]
    assert right_arguments(wanted, [call("funnel", by="region", value="emea")])
    assert not right_arguments(wanted, [call("funnel", by="region")])
    assert not right_arguments([call("funnel")], [call("funnel", by="region")])
    assert right_arguments([call("search_library")], [call("search_library", query="anything")])
    either = [call("lookup_record", name=["Jasmin Pinto", "Jasmine Pinto"])]
    assert right_arguments(either, [call("lookup_record", name="Jasmine Pinto")])
    open_end = [call("funnel", until=[None, "2026-10-31"])]
    assert right_arguments(open_end, [call("funnel")])
    assert not right_arguments(open_end, [call("funnel", until="2026-09-30")])


def test_numbers_are_supported_by_rounding_percentages_counts_and_the_question() -> None:
    data = {"rate": 0.4567, "lost": 135.9, "as_of": "2026-10-31", "items": ["a", "b", "c"]}
    fine = "Of 12 leads 45.7% passed, 136 were lost by 2026-10-31, in 3 places; 46%."
    assert unsupported(fine, "Why 12 leads?", [data]) == []
    assert unsupported("It is 44%, 999 leads and 45.6%.", "", [data]) == ["44", "999", "45.6"]


def test_invented_ids_and_dates_are_unsupported_and_list_marks_are_no_numbers() -> None:
    data = {"id": "leak_3f2a91"}
    assert unsupported("1. See leak_3f2a91\n2. or not", "", [data]) == []
    assert unsupported("See leak_000000 of 2026-01-02", "", [data]) == ["leak_000000", "2026-01-02"]
    assert stated("1. See leak_3f2a91 of 2026-01-02: 45%") == 3


def test_a_ratio_is_of_medians_and_its_spread_of_pairs() -> None:
    paired = Paired("ours", "peer", (1.0, 2.0, 9.0), (1.0, 1.0, 3.0))
    assert paired.ratio == 2
    assert paired.spread == (1, 3)


def test_noise_companies_move_by_chance_at_every_age() -> None:
    from evals.noise import DAYS, START, Noise  # noqa: PLC0415 - builds frames

    company = Noise(3)
    journeys = company.frames["journeys"]
    begun = journeys["first_mql"] <= START + timedelta(days=DAYS - 200)
    wait = (journeys["first_accepted"] - journeys["first_mql"])[begun].dt.days
    gone = (journeys["first_disqualified"] - journeys["first_mql"])[begun].dt.days
    end = wait.fillna(np.inf).combine(gone.fillna(np.inf), min)
    early = (wait < 10).sum() / len(end)
    late = ((wait >= 10) & (wait < 20)).sum() / (end >= 10).sum()
    assert early == pytest.approx(late, abs=0.05)
