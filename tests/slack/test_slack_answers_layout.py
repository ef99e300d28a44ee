"""An answer's text is laid out for Slack without a change of what it says."""

from agent.slack.answers.layout import laid_out


def test_what_follows_a_list_is_a_paragraph_of_its_own() -> None:
    assert laid_out("Why:\n- one\n  more\n- two\nAlso seen: three.") == (
        "Why:\n\n- one\n  more\n- two\n\nAlso seen: three."
    )


def test_ids_are_code_and_days_are_written_as_people_do() -> None:
    assert laid_out("Since 2026-06-07 [leak_aae96e], see [salesforce:00Q8].") == (
        "Since 7 June 2026 `leak_aae96e`, see `salesforce:00Q8`."
    )


def test_quotations_code_and_tables_stay_as_they_are() -> None:
    text = "> On 2026-06-07 [leak_aae96e]\n\n```\n- 2026-06-07\nb.\nc\n```\n\n| a | b |\n|---|---|"
    assert laid_out(text) == text
    assert laid_out("`2026-06-07 [leak_aae96e]`") == "`2026-06-07 [leak_aae96e]`"
