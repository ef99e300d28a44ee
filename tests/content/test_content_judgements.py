"""Judgements: kept once a person, learned from at once, and taken back."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from knowledge.database import open_database
from knowledge.library.index import Library
from knowledge.warehouse.versions import Snapshot
from tools.content.judgements import METADATA, Judgement, Verdict, judge, read
from tools.content.rank import next_content
from tools.content.reader import read_reader

TODAY = date(2026, 7, 1)
ALL = 99


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield engine
    engine.dispose()


def said(by: str, entity: str, verdict: Verdict = "not_useful", at: int = 1) -> Judgement:
    return Judgement("read-by-nobody", entity, by, verdict, None, f"2026-06-{at:02d}")


def offered(
    snapshot: Snapshot, pieces: Library, judgements: Sequence[Judgement], person: str = "crm:ana"
) -> dict[str, dict[str, Any]]:
    report = next_content(snapshot, pieces, person, limit=ALL, today=TODAY, judgements=judgements)
    return {item["id"]: item for item in report["items"]}


def entity(snapshot: Snapshot, person: str) -> str:
    return read_reader(snapshot, person).entity


def test_the_migration_makes_the_table_that_the_code_uses(ledger: sa.Engine) -> None:
    def ours(_thing: object, name: str | None, kind: str, *_: object) -> bool:
        return kind != "table" or name in METADATA.tables

    with ledger.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, METADATA) == []


def test_a_later_judgement_of_the_same_person_replaces_the_earlier(ledger: sa.Engine) -> None:
    with ledger.begin() as tx:
        judge(tx, "brief", "e1", by="Sam@x.example", verdict="not_useful", at="1", reason="long")
        judge(tx, "brief", "e1", by="sam@x.example", verdict="useful", at="2")
        judge(tx, "brief", "e1", by="rio@x.example", verdict="not_useful", at="3")
    with ledger.connect() as tx:
        assert read(tx) == [
            Judgement("brief", "e1", "sam@x.example", "useful", None, "2"),
            Judgement("brief", "e1", "rio@x.example", "not_useful", None, "3"),
        ]


def test_what_was_not_useful_for_a_person_is_not_offered_to_them_again(
    snapshot: Snapshot, pieces: Library
) -> None:
    ana = entity(snapshot, "crm:ana")
    before = offered(snapshot, pieces, [])
    after = offered(snapshot, pieces, [said("sam", ana)])
    assert set(before) - set(after) == {"read-by-nobody"}
    # The other record of the same person is meant as well.
    assert "read-by-nobody" not in offered(snapshot, pieces, [said("sam", ana)], "crm:ana2")
    # One person's word on Ana takes nothing from anybody else.
    assert offered(snapshot, pieces, [said("sam", ana)], "crm:len") == offered(
        snapshot, pieces, [], "crm:len"
    )


def test_judging_it_useful_later_offers_it_again(snapshot: Snapshot, pieces: Library) -> None:
    ana = entity(snapshot, "crm:ana")
    both = [said("sam", ana), said("rio", ana, "useful", at=2)]
    assert offered(snapshot, pieces, both) == offered(snapshot, pieces, [])


def test_what_several_found_not_useful_for_people_in_the_role_sinks_and_says_so(
    snapshot: Snapshot, pieces: Library
) -> None:
    # Fay has Ana's role.
    fay = entity(snapshot, "crm:fed")
    one = offered(snapshot, pieces, [said("sam", fay)])["read-by-nobody"]
    two = offered(snapshot, pieces, [said("sam", fay), said("rio", fay)])["read-by-nobody"]
    mixed = [said("sam", fay), said("rio", fay), said("kim", fay, "useful")]
    three = offered(snapshot, pieces, mixed)["read-by-nobody"]
    before = offered(snapshot, pieces, [])["read-by-nobody"]
    assert one == before
    assert two["score"] < three["score"] < before["score"]
    assert two["why"][-1] == (
        "2 of 2 reps found it not useful for people in the role Operations Leader."
    )
    assert three["why"][-1].startswith("2 of 3 reps found it not useful")


def test_where_nobody_of_the_role_was_judged_for_those_of_the_stage_speak(
    snapshot: Snapshot, pieces: Library
) -> None:
    john, other = entity(snapshot, "crm:js1"), entity(snapshot, "crm:js2")
    judged = [said("sam", john), said("rio", other)]
    item = offered(snapshot, pieces, judged)["read-by-nobody"]
    assert item["why"][-1] == "2 of 2 reps found it not useful for leads in the stage mql."


def test_many_judgements_of_one_person_count_once(snapshot: Snapshot, pieces: Library) -> None:
    john, other = entity(snapshot, "crm:js1"), entity(snapshot, "crm:js2")
    judged = [said("sam", john), said("sam", other)]
    assert offered(snapshot, pieces, judged) == offered(snapshot, pieces, [])


def test_judgements_of_people_who_left_the_data_do_no_harm(
    snapshot: Snapshot, pieces: Library
) -> None:
    judged = [said("sam", "crm:gone"), said("rio", "crm:gone")]
    assert offered(snapshot, pieces, judged) == offered(snapshot, pieces, [])
