"""Next best content: what is never offered, what comes first, and why in plain words."""

from datetime import date
from typing import Any

import pytest

from knowledge.errors import BadInputError
from knowledge.library.index import Library
from knowledge.warehouse.versions import Snapshot
from tools.content.offer import content_for
from tools.content.rank import next_content

TODAY = date(2026, 7, 1)
ALL = 99


@pytest.fixture
def for_ana(snapshot: Snapshot, pieces: Library) -> dict[str, dict[str, Any]]:
    report = next_content(snapshot, pieces, "crm:ana", limit=ALL, today=TODAY)
    return {item["id"]: item for item in report["items"]}


def test_what_they_had_expired_is_internal_or_for_others_is_never_offered(
    for_ana: dict[str, dict[str, Any]],
) -> None:
    assert set(for_ana) == {
        "clinic-story",
        "clinic-story-for-it",
        "for-the-next-step",
        "for-customers",
        "read-by-the-won",
        "read-after-the-win",
        "read-by-nobody",
        "third-guide",
    }


def test_a_piece_may_be_sent_on_its_last_day_and_not_after(
    snapshot: Snapshot, pieces: Library
) -> None:
    offered = {
        day: {
            i["id"]
            for i in next_content(snapshot, pieces, "crm:ana", limit=ALL, today=day)["items"]
        }
        for day in (date(2026, 6, 30), TODAY)
    }
    assert offered[date(2026, 6, 30)] - offered[TODAY] == {"old-prices"}


def test_stage_persona_and_industry_that_fit_come_first_with_the_reasons(
    for_ana: dict[str, dict[str, Any]],
) -> None:
    first = next(iter(for_ana.values()))
    assert first["id"] == "clinic-story"
    assert first["why"] == [
        "Made for the stage they are in (mql).",
        "Written for a person in the role Operations Leader.",
        "Written for the industry Healthcare.",
    ]
    assert for_ana["for-the-next-step"]["why"] == ["Prepares the next stage (accepted)."]
    scores = [for_ana[name]["score"] for name in ("clinic-story", "clinic-story-for-it")]
    assert scores[0] > scores[1]
    steps = ("read-by-nobody", "for-the-next-step", "for-customers")
    ranked = [for_ana[name]["score"] for name in steps]
    assert ranked == sorted(ranked, reverse=True)
    assert all(0 <= item["score"] <= 1 for item in for_ana.values())


def test_the_next_stage_is_that_of_the_funnel_that_was_loaded(
    snapshot: Snapshot, pieces: Library
) -> None:
    # Here `won` follows `sql`; in the default funnel `opportunity` stands between them.
    first = next_content(snapshot, pieces, "crm:len", limit=1, today=TODAY)["items"][0]
    assert (first["id"], first["why"]) == ("for-customers", ["Prepares the next stage (won)."])


def test_what_similar_won_leads_read_before_they_were_won_lifts_a_piece(
    for_ana: dict[str, dict[str, Any]],
) -> None:
    read = for_ana["read-by-the-won"]
    assert read["score"] > for_ana["read-by-nobody"]["score"]
    said = "20 of 25 won Healthcare leads had read it, and 2 of 25 that were not won."
    assert said in read["why"]
    late = for_ana["read-after-the-win"]
    assert late["score"] == for_ana["read-by-nobody"]["score"]
    assert not any("won" in reason for reason in late["why"])


def test_a_format_met_again_and_again_ranks_lower_and_says_so(
    for_ana: dict[str, dict[str, Any]],
) -> None:
    guide = for_ana["third-guide"]
    assert guide["score"] < for_ana["read-by-nobody"]["score"]
    assert "They met the format guide 2 times in 60 days, so it ranks lower." in guide["why"]


def test_every_record_of_a_person_gives_the_same_offer(snapshot: Snapshot, pieces: Library) -> None:
    one, other = (
        next_content(snapshot, pieces, record, today=TODAY) for record in ("crm:ana", "crm:ana2")
    )
    assert one == other
    assert one["id"] == "crm:ana"
    assert len(one["items"]) == 5
    assert one["warehouse_version"] == snapshot.version


def test_who_had_everything_is_offered_nothing(snapshot: Snapshot, pieces: Library) -> None:
    report = content_for(snapshot, pieces, "Fay Full")
    assert (report["status"], report["for"], report["items"]) == ("found", "Fay Full", [])


def test_missing_consent_is_said(snapshot: Snapshot, pieces: Library) -> None:
    report = next_content(snapshot, pieces, "crm:shy", today=TODAY)
    assert report["notes"] == [
        "Shea Young has not consented to be contacted: send nothing by e-mail."
    ]


def test_an_unknown_person_is_one_sentence(snapshot: Snapshot, pieces: Library) -> None:
    with pytest.raises(BadInputError) as caught:
        next_content(snapshot, pieces, "crm:nobody")
    assert str(caught.value) == "There is no lead or person crm:nobody in the data."
    report = content_for(snapshot, pieces, "Xavier Quux")
    assert (report["status"], report["candidates"], report["items"]) == ("not_found", [], [])


def test_an_ambiguous_name_gives_the_candidates(snapshot: Snapshot, pieces: Library) -> None:
    report = content_for(snapshot, pieces, "John Smith")
    assert (report["status"], report["items"]) == ("ambiguous", [])
    assert {entry["id"] for entry in report["candidates"]} == {"crm:js1", "crm:js2"}
    assert all("example" in entry["hint"] for entry in report["candidates"])


def test_a_name_with_a_typing_error_finds_the_person(snapshot: Snapshot, pieces: Library) -> None:
    report = content_for(snapshot, pieces, "Ana Ruis", limit=1)
    assert (report["status"], report["for"], len(report["items"])) == ("found", "Ana Ruiz", 1)
