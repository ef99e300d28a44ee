from datetime import date

import pytest

from agent.models.arguments import Segment, extract, find_name, name_after_trigger
from agent.models.periods import find_period
from agent.models.vocabulary import Vocabulary

TODAY = date(2026, 10, 31)


@pytest.mark.parametrize(
    ("text", "since", "last"),
    [
        ("last quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("this quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ("last month", date(2026, 9, 1), date(2026, 9, 30)),
        ("last week", date(2026, 10, 19), date(2026, 10, 25)),
        ("last year", date(2025, 1, 1), date(2025, 12, 31)),
        ("the last 90 days", date(2026, 8, 3), TODAY),
        ("in Q2", date(2026, 4, 1), date(2026, 6, 30)),
        ("in Q4 2025", date(2025, 10, 1), date(2025, 12, 31)),
        ("the second quarter", date(2026, 4, 1), date(2026, 6, 30)),
        ("in May", date(2026, 5, 1), date(2026, 5, 31)),
        ("in December", date(2025, 12, 1), date(2025, 12, 31)),
        ("since May", date(2026, 5, 1), TODAY),
        ("in 2025", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_periods_count_from_the_newest_day_of_the_data(text: str, since: date, last: date) -> None:
    found = find_period(f"funnel {text}", TODAY)
    assert found is not None
    assert (found.since, found.last) == (since, last)


@pytest.mark.parametrize("text", ["who may I call", "the funnel", "the last lead", "stage 3"])
def test_what_is_no_period_is_none(text: str) -> None:
    assert find_period(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "segment"),
    [
        ("funnel for emea", Segment("region", "EMEA")),
        ("north america", Segment("region", "North America")),
        ("webinars", Segment("lead_source", "Webinar")),
        ("EMEA versus APAC", Segment("region")),
        ("by country", Segment("country")),
        ("per lead source", Segment("lead_source")),
        ("across teams", Segment("team")),
        ("which industries convert", Segment("industry")),
        ("who is the owner", None),
        ("the webinarist", None),
        ("webinar against its own past", Segment("lead_source", "Webinar")),
        ("who owns the deal Acme - Webinar", None),
        ("how do our sources convert", Segment("lead_source")),
        ("the funnel in NA", Segment("region", "North America")),
        ("na", None),
    ],
)
def test_segments_are_found_by_value_or_by_column(
    vocabulary: Vocabulary, text: str, segment: Segment | None
) -> None:
    assert extract(text, vocabulary).segment == segment


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("from MQL to accepted", ("mql", "accepted")),
        ("MQL-to-SAL", ("mql", "accepted")),
        ("SQLs that become opportunities", ("sql", "opportunity")),
        ("opportunities that were won", ("opportunity", "won")),
        ("MQL to won", None),
        ("accepted leads", None),
    ],
)
def test_transitions_are_neighbouring_stages(
    vocabulary: Vocabulary, text: str, pair: tuple[str, str] | None
) -> None:
    assert extract(text, vocabulary).transition == pair


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("who is hannah fischer", "Hannah Fischer"),
        ("Hannah Fischer's stage", "Hannah Fischer"),
        ("look up ann.lee@x.example please", "ann.lee@x.example"),
        ("show crm:00Q12", "crm:00Q12"),
        ('find "acme gmbh"', "acme gmbh"),
        ("Is Stark Industries a customer?", "Stark Industries"),
        ("Show me the funnel in EMEA", None),
        ("Which leads are at risk", None),
        ("Where do MQLs leak in North America", None),
    ],
)
def test_names_are_found_and_common_words_are_not(
    vocabulary: Vocabulary, text: str, name: str | None
) -> None:
    assert find_name(text, vocabulary) == name


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("Maria's leads", "Maria Lopez"),
        ("the riskiest deals of Bob Stone", "Bob Stone"),
        ("Globex's deals", None),
        ("tell me about Maria Lopez", None),
        ("Let's see the leads", None),
    ],
)
def test_an_owner_is_whose_leads_are_named(
    vocabulary: Vocabulary, text: str, owner: str | None
) -> None:
    assert extract(text, vocabulary).owner == owner


def test_a_part_of_several_values_means_none_of_them() -> None:
    words = Vocabulary(segments={"persona": ("Student / Researcher", "Student / Intern", "IT")})
    assert extract("researchers", words).segment == Segment("persona", "Student / Researcher")
    assert extract("students", words).segment is None
    assert extract("draft it", words).segment is None
    assert extract("leads in IT", words).segment == Segment("persona", "IT")


def test_a_name_in_lower_case_is_found_where_one_has_to_stand() -> None:
    assert name_after_trigger("who owns acme") == "acme"
    assert name_after_trigger("tell me about the account initech please") == "initech"
    assert name_after_trigger("how is the funnel") is None
