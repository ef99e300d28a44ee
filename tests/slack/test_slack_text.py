import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.slack import text

HOSTILE = [
    "<!channel> look",
    "<@U1|Dana> and <https://evil.example|your bank>",
    "a & b &lt;!here&gt;",
    "*bold* _slanted_ ~gone~ `code`",
    "\u202eevil\u202c name",
    "\u2067אבג\u2069 😀",
]


@given(st.text() | st.sampled_from(HOSTILE))
def test_data_holds_no_sign_that_slack_gives_a_meaning(given_text: str) -> None:
    shown = text.data(given_text)
    assert "<" not in shown
    assert ">" not in shown
    assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt);)*", shown, re.DOTALL)


@given(st.text(alphabet=st.characters(categories=["L", "N"])))
def test_plain_words_are_shown_as_they_are(word: str) -> None:
    assert text.data(word) == word


@pytest.mark.parametrize("hostile", ["*bold*", "_slanted_", "~gone~", "`code`"])
def test_a_name_can_not_format_itself(hostile: str) -> None:
    assert hostile not in text.data(hostile)
    assert not re.search(r"[*~`]", text.data(hostile))


def test_underscores_within_an_address_stay() -> None:
    assert text.data("ada_lovelace@northpeak.example") == "ada_lovelace@northpeak.example"


def test_marks_that_reorder_text_are_taken_out() -> None:
    assert text.data("\u202eevil\u202c") == "evil"


@pytest.mark.parametrize("name", ["channel", "here", "everyone", "Channel"])
def test_a_broadcast_in_words_calls_nobody(name: str) -> None:
    assert f"@{name}" not in text.data(f"hello @{name}")
    assert f"@{name}" not in text.markdown(f"hello @{name}")


def test_a_link_shows_where_it_leads() -> None:
    assert text.markdown("[your bank](https://evil.example)") == "your bank (https://evil.example)"
    assert text.markdown("![seen](https://evil.example/pixel.png)").startswith("seen (")
    assert "evil" not in text.markdown("[bank][1]\n\n[1]: https://evil.example")


def test_markdown_of_an_answer_keeps_its_form() -> None:
    answer = "## Leaks\n\n> quoted\n\n- **one** of 3\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    assert text.markdown(answer) == answer


@given(st.text())
def test_markdown_holds_no_mention_or_link(given_text: str) -> None:
    shown = text.markdown(given_text)
    assert "<" not in shown
    assert not re.search(r"\[[^\[\]]*\]\([^()]*\)", shown)


@given(st.text(alphabet="a&<>b"), st.integers(min_value=2, max_value=30))
def test_clipping_keeps_the_limit_and_cuts_no_escaped_sign(given_text: str, limit: int) -> None:
    clipped = text.clip(text.escape(given_text), limit)
    assert len(clipped) <= limit
    assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt);)*", clipped, re.DOTALL)
