import pytest

from agent.redact import Redactor, Restorer


@pytest.mark.parametrize(
    "value",
    [
        "ann.lee+x@mail.example.com",
        "+49 170 123 45 67",
        "(415) 555-0132",
        "415-555-0132",
        "4111 1111 1111 1111",
        "192.168.10.7",
    ],
)
def test_personal_data_is_hidden_and_restored(value: str) -> None:
    redactor = Redactor()
    hidden = redactor.hide(f"about {value}, please")
    assert value not in hidden
    assert redactor.restore(hidden) == f"about {value}, please"


@pytest.mark.parametrize(
    "text",
    ["2026-06-01", "1,234,567 leads", "0.4123", "leak_3f2a91", "salesforce:00Q5e0001", "v1.2.3"],
)
def test_figures_dates_and_ids_are_left_alone(text: str) -> None:
    assert Redactor().hide(text) == text


def test_one_value_has_one_token_and_two_processes_have_two() -> None:
    one, other = Redactor(), Redactor()
    assert one.hide("a@b.example") == one.hide("a@b.example")
    assert one.hide("a@b.example") != other.hide("a@b.example")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_a_token_in_pieces_is_restored_in_a_stream(size: int) -> None:
    redactor = Redactor()
    text = f"Write to {redactor.hide('a@b.example')} [see a#b] and [x"
    restorer = Restorer(redactor)
    pieces = [restorer.feed(text[at : at + size]) for at in range(0, len(text), size)]
    assert "".join([*pieces, restorer.close()]) == "Write to a@b.example [see a#b] and [x"
