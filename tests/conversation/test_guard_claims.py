import time
from typing import Any

import pytest

from agent.guard import check, closing

RESULT: dict[str, Any] = {
    "as_of": "2026-10-31T00:00:00Z",
    "warehouse_version": 4,
    "findings": [
        {
            "id": "leak_3f2a91",
            "segment": {"region": "EMEA"},
            "since": "2026-06-01",
            "rate": 0.3104,
            "baseline_rate": 0.4412,
            "lost": 118.4,
            "entered": 2900,
            "value_lost": 341520.55,
            "effect": -0.131,
            "uplift_pct": 12.5,
        },
        {"id": "leak_77b0aa"},
        {"id": "leak_00c1de"},
    ],
    "median_days": 3.24,
    "at": "2026-10-02T09:30:00Z",
    "hits": [
        {
            "id": "slow-handoff#first-hour",
            "quote": "Assign every new MQL to a named owner within one hour.",
        }
    ],
    "lead": "salesforce:00Q7f12",
    "email": "Hannah.Fischer@globex.example",
}
QUESTION = "Which 7 leads did Ann mean by play_9c41d2 in May 2025?"


def unsupported(answer: str, *results: Any) -> list[str]:
    return [item.text for item in check(answer, QUESTION, results or (RESULT,))]


@pytest.mark.parametrize(
    "answer",
    [
        "31.04% convert, 31.0% rounded, 31% rounded more, against 44.1%.",
        "It costs 118 leads, 118.4 exactly, and 341,521 in value.",
        "About 120 leads; value 341.5k, $342k, 0.34M or 342 thousand.",
        "2,900 entered (2900, 2'900, 2\u202f900).",
        "That is -13.1%, a drop of 13.1%, or 13.1 percentage points.",
        "The uplift is 12.5%.",
        "31 to 44% convert; 31\u201344%.",
        "Since 2026-06-01, since 1 June 2026, June 1st, 2026, in June 2026, in Q2 2026.",
        "Since 2026.",
        "As of 31/10/2026 or 31.10.2026, at 09:30.",
        "Median 3.2 days, about 3 days, 3.24 days.",
        "The top 3 leaks; the 2nd one; three leaks; the first 2.",
        "See leak_3f2a91, salesforce:00Q7f12 and [slow-handoff#first-hour].",
        "Write to hannah.fischer@globex.example.",
        "The playbook says \u201cAssign every new MQL to a named owner within one hour.\u201d",
        'It says "Assign every new MQL ... within one hour".',
        "> Assign every new *MQL* to a named owner\u00a0within one hour.",
        "You asked about 7 leads, play_9c41d2 and May 2025.",
        "Thirty-one percent, and about a third, convert.",
        "1. First do this.\n2. Then do that.\n- Both things matter.",
        "One of them is a B2B lead, and that one matters.",
        "In warehouse version 4.",
        "",
        "No figures at all.",
    ],
)
def test_what_the_tools_or_the_question_say_is_supported(answer: str) -> None:
    assert unsupported(answer) == []


@pytest.mark.parametrize(
    ("answer", "claim"),
    [
        ("32% convert.", "32%"),
        ("31.2% convert.", "31.2%"),
        ("31.05% convert.", "31.05%"),
        # the digits of a count make no rate, and those of a rate no count
        ("118% convert.", "118%"),
        ("4% convert.", "4%"),
        ("31 leads convert.", "31"),
        ("0 leads were lost.", "0"),
        ("119 leads were lost.", "119"),
        ("1,184 leads were lost.", "1,184"),
        ("341,520,550 in value.", "341,520,550"),
        ("342M in value.", "342M"),
        ("About 130 leads were lost.", "130"),
        ("About 1,000 leads were lost.", "1,000"),
        ("Up by +13.1%.", "+13.1%"),
        ("3.3 days.", "3.3"),
        ("3x as many.", "3x"),
        ("Losses doubled.", "doubled"),
        ("Dozens of leads were lost.", "Dozens"),
        ("Half of the leads were lost.", "Half"),
        ("Two thirds of the leads stay.", "Two thirds"),
        ("Forty-five percent convert.", "Forty-five percent"),
        ("Nineteen leads were lost.", "Nineteen"),
        ("Two thousand leads were lost.", "Two thousand"),
        ("Since 2026-07-01.", "2026-07-01"),
        ("Since 2 June 2026.", "2 June 2026"),
        ("Since July 2026.", "July 2026"),
        ("In Q1 2026.", "Q1 2026"),
        ("Since 2024.", "Since 2024"),
        ("2026 leads were lost.", "2026"),
        ("At 09:31.", "09:31"),
        ("The top 50 leads.", "top 50"),
        ("The 9th leak.", "9th"),
        ("See leak_3f2a92.", "leak_3f2a92"),
        ("See leak_3f2a9.", "leak_3f2a9"),
        ("See LEAK_3F2A91x.", "3F2A91x"),
        ("See salesforce:00Q7f13.", "salesforce:00Q7f13"),
        ("See [slow-handoff#second-hour].", "slow-handoff#second-hour"),
        ("See OPP-1234.", "OPP-1234"),
        ("Case 8d3f1c2e9.", "8d3f1c2e9"),
        ("Write to hannah@globex.example.", "hannah@globex.example"),
        ("Open https://evil.example/?d=118 now.", "https://evil.example/?d=118"),
        ('It says "Assign every new MQL to somebody".', "Assign every new MQL to somebody"),
        ("> Never assign an MQL to anyone.", "Never assign an MQL to anyone."),
        ("It says 'call within two days'.", "call within two days"),
    ],
)
def test_what_nothing_says_is_found(answer: str, claim: str) -> None:
    found = unsupported(answer)
    assert any(claim in text for text in found), found


def test_a_quote_must_stand_in_one_place() -> None:
    results = [{"a": "Assign every new lead"}, {"b": "within one hour"}]
    assert unsupported('"Assign every new lead within one hour"', *results)


def test_numbers_inside_a_true_quote_are_not_claims_of_their_own() -> None:
    text = "Call within 90 minutes, 3 times."
    assert unsupported(f'It says "{text}"', {"quote": text}) == []


def test_numbers_in_text_results_support_as_well() -> None:
    assert unsupported("Median response rose to 29.4 hours, 12%.", "rose to 29.4 hours (12%)") == []


def test_json_given_as_text_is_read_as_json() -> None:
    assert unsupported("41.2% convert.", '{"rate": 0.4123}') == []


def test_nothing_is_supported_without_results() -> None:
    assert [item.text for item in check("42 leads, 17% lost.", "how many?", [])] == ["42", "17%"]


def test_each_claim_is_named_once_and_the_closing_names_them_all() -> None:
    found = check("99 leads, 99 leads, 88%.", "?", [])
    assert sorted(item.text for item in found) == ["88%", "99"]
    sentence = closing(found)
    assert '"99"' in sentence
    assert '"88%"' in sentence
    assert "unverified" in sentence
    assert check(sentence.replace('"', ""), "99 and 88%", []) == []


def test_a_long_result_is_checked_quickly() -> None:
    big = {
        "rows": [{"id": f"crm:{n}", "rate": n / 10_000, "note": f"row {n}"} for n in range(8000)]
    }
    begin = time.process_time()
    assert unsupported("12.34% for crm:1234.", big) == []
    assert time.process_time() - begin < 2.0
