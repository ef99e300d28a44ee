from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.slack import blocks

LONG = "x" * 20_000


def test_texts_are_cut_to_the_limits() -> None:
    assert len(blocks.section(LONG)["text"]["text"]) == 3000
    assert len(blocks.header(LONG)["text"]["text"]) == 150
    assert len(blocks.markdown(LONG)["text"]) == 12_000
    assert len(blocks.button(LONG, "a")["text"]["text"]) == 75
    assert len(blocks.option(LONG, "1")["text"]["text"]) == 75
    assert len(blocks.modal(LONG, [], callback_id="c")["title"]["text"]) == 24
    assert len(blocks.image("F1", LONG)["alt_text"]) == 2000


def test_an_empty_text_becomes_one_that_slack_takes() -> None:
    assert blocks.section("")["text"]["text"]
    assert blocks.header("")["text"]["text"]
    assert blocks.table(["a"], [[""]])["rows"][1][0]["text"]


@pytest.mark.parametrize("number", [0, 1, 98, 99, 100, 250])
def test_a_table_shows_or_counts_every_row(number: int) -> None:
    rows = blocks.table(["a", "b"], [[f"r{place}", place] for place in range(number)])["rows"]
    assert len(rows) <= 100
    last = rows[-1][0]["text"]
    shown = len(rows) - 1
    if last.startswith("…"):
        shown = shown - 1 + int("".join(char for char in last if char.isdigit()))
    assert shown == number


@given(
    st.lists(st.lists(st.text(max_size=700), min_size=3, max_size=3), max_size=120),
)
def test_a_table_stays_within_slack_s_characters(rows: list[list[str]]) -> None:
    built = blocks.table(["a", "b", "c"], rows)
    assert sum(len(cell["text"]) for row in built["rows"] for cell in row) <= 10_000
    assert all(len(row) == 3 for row in built["rows"])


@pytest.mark.parametrize(("number", "most"), [(50, 50), (51, 50), (300, 100)])
def test_blocks_that_are_left_out_are_counted(number: int, most: int) -> None:
    many: list[dict[str, Any]] = [blocks.divider()] * number
    kept = blocks.fit(many, most)
    assert len(kept) == min(number, most)
    if number > most:
        assert str(number - most + 1) in kept[-1]["elements"][0]["text"]


def test_a_modal_refuses_more_private_data_than_slack_carries() -> None:
    with pytest.raises(ValueError, match="3,000"):
        blocks.modal("t", [], callback_id="c", private="x" * 3001)
