import pytest

from knowledge.warehouse.versions import Snapshot
from tools.crm.directory import UnknownKindError, directory_of


@pytest.mark.parametrize(
    ("query", "identity"),
    [
        ("Hannah Fischer", "crm:p1"),
        ("hannah fischer", "crm:p1"),
        ("Hanna Fischr", "crm:p1"),
        ("hannah.fischer@globex.example", "crm:p1"),
        ("HANNAH.FISCHER@GLOBEX.EXAMPLE", "crm:p1"),
        ("crm:p2", "crm:p2"),
        ("p2", "crm:p2"),
        ("Priya", "crm:p2"),
        ("prya nair", "crm:p2"),
        ("Globex Corp", "crm:a1"),
        ("umbrella health", "crm:a2"),
        ("globex renewal", "crm:d1"),
        ("maria lopez", "crm:o1"),
        ("Zoe O'Neil", "crm:p6"),
    ],
)
def test_names_addresses_ids_and_typing_errors_find_their_record(
    snapshot: Snapshot, query: str, identity: str
) -> None:
    found = directory_of(snapshot).resolve(query)
    assert found.match is not None, found
    assert found.match.id == identity


@pytest.mark.parametrize(
    ("query", "candidates"),
    [
        ("John Smith", {"crm:p3", "crm:p4"}),
        ("Jon Smith", {"crm:p3", "crm:p4"}),
        ("Umbrella", {"crm:a2", "crm:a3"}),
    ],
)
def test_what_fits_several_records_is_not_guessed(
    snapshot: Snapshot, query: str, candidates: set[str]
) -> None:
    found = directory_of(snapshot).resolve(query)
    assert found.match is None
    assert candidates <= {entry.id for entry in found.candidates}


def test_two_records_of_one_person_are_one_match(snapshot: Snapshot) -> None:
    found = directory_of(snapshot).resolve("Hannah Fisher")
    assert found.match is not None
    assert found.match.entity == directory_of(snapshot).resolve("Hannah Fischer").match.entity  # type: ignore[union-attr]


@pytest.mark.parametrize("query", ["Xavier Quux", "", "   ", "?", "z", "him", "and"])
def test_what_fits_nothing_matches_nothing(snapshot: Snapshot, query: str) -> None:
    found = directory_of(snapshot).resolve(query)
    assert found.match is None
    assert not found.candidates


def test_a_kind_narrows_the_search(snapshot: Snapshot) -> None:
    directory = directory_of(snapshot)
    account = directory.resolve("Globex", "account").match
    deal = directory.resolve("Globex", "opportunity").match
    assert account is not None
    assert deal is not None
    assert (account.id, deal.id) == ("crm:a1", "crm:d1")
    assert directory.resolve("Globex Corporation", "owner").match is None


def test_an_unknown_kind_is_bad_input(snapshot: Snapshot) -> None:
    with pytest.raises(UnknownKindError, match="use one of lead, person"):
        directory_of(snapshot).resolve("Globex", "spaceship")


def test_a_version_is_read_once(snapshot: Snapshot) -> None:
    assert directory_of(snapshot) is directory_of(snapshot)
