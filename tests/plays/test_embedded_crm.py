from pathlib import Path

import pytest
from plays_harness import LEADS, seeded

from tools.crm.embedded import EmbeddedCrm
from tools.crm.port import Crm, CrmError, CrmUnavailableError, RecordRef, StaleRecordError

LEAD = RecordRef("lead", "l1")


@pytest.fixture
def crm(tmp_path: Path) -> EmbeddedCrm:
    crm = EmbeddedCrm(tmp_path / "crm.db")
    crm.seed([(LEAD, {"name": "Ann", "owner_id": "o1"})])
    return crm


def test_it_is_a_crm(crm: EmbeddedCrm) -> None:
    assert isinstance(crm, Crm)


def test_a_key_used_again_writes_nothing_and_gives_the_first_receipt(crm: EmbeddedCrm) -> None:
    first = crm.update(LEAD, {"owner_id": "o2"}, key="k", expected_version="1")
    again = crm.update(LEAD, {"owner_id": "o2"}, key="k", expected_version="1")
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.before, again.after) == ({"owner_id": "o1"}, {"owner_id": "o2"})
    record = crm.read(LEAD)
    assert record is not None
    assert record.version == first.version == "2"


def test_a_key_used_for_something_else_is_refused(crm: EmbeddedCrm) -> None:
    crm.create("task", {"subject": "a"}, key="k")
    with pytest.raises(CrmError, match="already used for another write"):
        crm.create("task", {"subject": "b"}, key="k")


def test_a_write_to_another_version_is_stale_and_leaves_no_receipt(crm: EmbeddedCrm) -> None:
    crm.update(LEAD, {"owner_id": "o2"}, key="k1", expected_version="1")
    with pytest.raises(StaleRecordError):
        crm.update(LEAD, {"owner_id": "o3"}, key="k2", expected_version="1")
    with pytest.raises(StaleRecordError):
        crm.delete(LEAD, key="k3", expected_version="1")
    with pytest.raises(StaleRecordError):
        crm.update(RecordRef("lead", "nobody"), {}, key="k4", expected_version="1")
    assert [crm.receipt(f"k{i}") is None for i in range(1, 5)] == [False, True, True, True]


def test_a_created_record_can_be_read_and_deleted_once(crm: EmbeddedCrm) -> None:
    made = crm.create("task", {"subject": "a"}, key="k1")
    record = crm.read(made.ref)
    assert record is not None
    assert record.fields == {"subject": "a"}
    crm.delete(made.ref, key="k2", expected_version=made.version)
    assert crm.delete(made.ref, key="k2", expected_version=made.version).replayed
    assert crm.read(made.ref) is None


def test_seeding_again_changes_nothing_and_brings_new_data_in(crm: EmbeddedCrm) -> None:
    assert crm.seed([(LEAD, {"owner_id": "o1", "name": "Ann"})]) == 0
    assert crm.seed([]) == 0
    changed = [(LEAD, {"name": "Anna", "owner_id": "o1"}), (RecordRef("lead", "l2"), {})]
    assert crm.seed(changed) == 2
    record = crm.read(LEAD)
    assert record is not None
    assert (record.fields["name"], record.version) == ("Anna", "2")


def test_seeding_never_overwrites_what_a_play_or_a_human_wrote(crm: EmbeddedCrm) -> None:
    crm.update(LEAD, {"owner_id": "o2"}, key="human", expected_version="1")
    assert crm.seed([(LEAD, {"name": "Anna", "owner_id": "o9"})]) == 0
    record = crm.read(LEAD)
    assert record is not None
    assert record.fields == {"name": "Ann", "owner_id": "o2"}


def test_a_crm_file_that_can_not_be_reached_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.database.sqlite.BUSY_TIMEOUT_MS", 10)
    seeded(tmp_path / "crm.db")
    crm, other = EmbeddedCrm(tmp_path / "crm.db"), EmbeddedCrm(tmp_path / "crm.db")
    lead = RecordRef("lead", str(LEADS[0]["journey_id"]))
    with other._engine.begin():  # noqa: SLF001 -- somebody else holds the file
        with pytest.raises(CrmUnavailableError, match="could not be reached"):
            crm.update(lead, {"name": "x"}, key="k", expected_version="1")
        with pytest.raises(CrmUnavailableError, match="could not be reached"):
            crm.receipt("k")
    assert crm.receipt("k") is None
