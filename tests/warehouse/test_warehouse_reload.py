# ruff: noqa: S608 - queries of tests over their own rows
from pathlib import Path
from typing import Any

import pytest

from knowledge.errors import BadInputError
from knowledge.warehouse.journeys import TABLES_READ, journeys
from knowledge.warehouse.load import ingest
from knowledge.warehouse.mapping import read_mapping
from knowledge.warehouse.mart import mart_columns
from knowledge.warehouse.stages import StageMap

CRM = """
source: crm
stages: [mql, sql, won]
segments: [origin]
tables:
  owners: {file: owners.csv, into: owner, key: id, columns: {name: name, team: team}}
  accounts: {file: accounts.csv, into: account, key: id, columns: {name: name, region: region}}
  leads:
    file: leads.csv
    into: person
    key: id
    columns:
      {email: email, owner_id: owner, account_id: account, origin: origin, created_at: created,
       anonymous_id: visitor}
    stages: {mql: mql, sql: sql}
  deals:
    file: deals.csv
    into: opportunity
    key: id
    columns: {person_id: lead, amount: amount, account_id: account}
    journey: lead
    stages: {won: won}
  owner_changes:
    file: changes.csv
    into: assignment
    key: id
    columns: {journey_id: lead, to_owner_id: owner, at: moment}
  touches:
    file: touches.csv
    into: touch
    key: id
    columns:
      {person_id: lead, anonymous_id: visitor, owner_id: owner, at: moment, action: action,
       direction: direction}
"""
FILES = {
    "owners.csv": "id,name,team\no1,Olga,North\no2,Otto,South\n",
    "accounts.csv": "id,name,region\na1,Acme,EU\na2,Bolt,US\n",
    "leads.csv": (
        "id,email,owner,account,origin,created,mql,sql,visitor\n"
        "1,ann@x.example,o1,a1,web,2024-01-01,2024-01-02,2024-01-09,v1\n"
        "2,ANN@x.example,o2,a1,fair,2024-01-03,2024-01-04,,\n"
        "3,bob@y.example,o1,a2,web,2024-01-05,2024-01-06,2024-01-08,v3\n"
        "4,,o2,,fair,2024-01-07,2024-01-08,,\n"
        "5,eve@z.example,o2,a2,fair,2024-01-07,2024-01-08,,\n"
        "6,fay@z.example,o2,a2,fair,2024-01-07,2024-01-08,,\n"
        "7,gus@z.example,o2,a2,fair,2024-01-07,2024-01-08,,\n"
        "8,hal@z.example,o2,,fair,2024-01-07,2024-01-08,,\n"
        "9,ida@z.example,,,web,2024-01-07,2024-01-08,,\n"
    ),
    "deals.csv": "id,lead,amount,account,won\nd1,1,100,a1,2024-02-01\nd2,,50,a2,2024-02-02\n",
    "changes.csv": "id,lead,owner,moment\nc1,1,o2,2024-01-02\nc2,1,o1,2024-01-03\n",
    "touches.csv": (
        "id,lead,visitor,owner,moment,action,direction\n"
        "t1,1,,o1,2024-01-03T10:00:00Z,email,outbound\n"
        "t2,1,,,2024-01-04T10:00:00Z,reply,inbound\n"
        "t3,,v3,,2024-01-05T10:00:00Z,page_viewed,inbound\n"
        "t4,2,,o2,2024-01-06T10:00:00Z,call,outbound\n"
    ),
}
CHANGES = {
    "a stage date is moved": ("leads.csv", "2024-01-08,v3", "2024-01-18,v3"),
    "a stage date is taken back": ("leads.csv", "2024-01-02,2024-01-09,v1", "2024-01-02,,v1"),
    "a lead gets an e-mail that another has": ("leads.csv", "4,,o2", "4,bob@y.example,o2"),
    "a lead loses the e-mail it shared": ("leads.csv", "2,ANN@x.example", "2,sol@x.example"),
    "a visitor turns out to be somebody else": ("leads.csv", "-18,v3\n4", "-18,v9\n4"),
    "an owner is renamed": ("owners.csv", "Olga", "Olga Orlova"),
    "an account moves": ("accounts.csv", "Bolt,US", "Bolt,APAC"),
    "a deal finds its lead": ("deals.csv", "d2,,50", "d2,3,50"),
    "a deal moves to another lead": ("deals.csv", "d1,1,100", "d1,3,100"),
    "a touch belongs to another lead": ("touches.csv", "t4,2,", "t4,4,"),
    "a touch is added": ("touches.csv", "t4,4", "t5,3,,o1,2024-01-07,call,outbound\nt4,4"),
    "an owner change is added": ("changes.csv", "c2,1", "c3,3,o2,2024-01-20\nc2,1"),
    "a lead is added": (
        "leads.csv",
        "5,eve",
        "10,zoe@x.example,o1,a1,web,2024-02-01,2024-02-02,,\n5,eve",
    ),
}


def fill(home: Any, files: dict[str, str] = FILES) -> None:
    home.map(CRM)
    for name, content in files.items():
        home.write(name, content)


@pytest.fixture
def loaded(home: Any) -> Any:
    fill(home)
    assert home.load().rejected == 0
    return home


def test_loading_the_same_files_twice_changes_nothing(loaded: Any) -> None:
    before = loaded.contents()

    again = loaded.load()

    assert again.unchanged
    assert (again.version, again.tables) == (1, {})
    assert [v.version for v in loaded.warehouse.versions()] == [1]
    assert loaded.contents() == before


def whole_mart(home: Any) -> list[tuple[Any, ...]]:
    """Compute the mart of a version from its canonical tables, all journeys at once."""
    with home.warehouse.snapshot() as snapshot:
        frames = {name: snapshot.table(name) for name in TABLES_READ}
        mart = journeys(frames, snapshot.stage_map, ("origin",)).sort("journey_id")
        return mart.collect().rows()


def test_refreshing_after_each_change_equals_computing_everything_anew(
    loaded: Any, other_home: Any
) -> None:
    files = dict(FILES)
    for version, (what, (name, old, new)) in enumerate(CHANGES.items(), start=2):
        assert files[name].count(old) == 1, what
        files[name] = files[name].replace(old, new)
        loaded.write(name, files[name])

        report = loaded.load()

        assert (report.version, report.unchanged) == (version, False)
        assert sum(report.tables.values()) > 0, what
        names = ", ".join(mart_columns(StageMap(("mql", "sql", "won")), ("origin",)))
        query = f"SELECT {names} FROM {{journeys}} ORDER BY journey_id"
        assert loaded.rows(query) == whole_mart(loaded), what

    fill(other_home, files)
    other_home.load()
    assert loaded.contents() == other_home.contents()


def test_only_journeys_that_changed_rows_touch_are_written_again(loaded: Any) -> None:
    name, old, new = CHANGES["a touch belongs to another lead"]
    loaded.write(name, FILES[name].replace(old, new))

    report = loaded.load()

    # Lead 2 lost the touch (and lead 1 is the same person), lead 4 got it.
    assert report.tables["touch"] == 1
    assert report.tables["journeys"] == 3
    fresh = "SELECT count(*) FROM {touch} WHERE load_id = '" + report.load_id + "'"
    assert loaded.rows(fresh) == [(1,)]


def test_rows_of_a_file_that_only_grew_are_not_written_again(loaded: Any) -> None:
    loaded.write("owners.csv", FILES["owners.csv"] + "o3,Ole,North\n")

    assert loaded.load().tables["owner"] == 1


def test_an_older_version_still_reads_as_it_was(loaded: Any) -> None:
    loaded.write("leads.csv", FILES["leads.csv"].replace("web", "ads"))
    loaded.load()

    query = "SELECT DISTINCT origin FROM {journeys} WHERE origin IS NOT NULL ORDER BY 1"
    assert loaded.rows(query) == [("ads",), ("fair",)]
    assert loaded.rows(query, version=1) == [("fair",), ("web",)]
    with pytest.raises(BadInputError, match="There is no warehouse version 7"):
        loaded.rows(query, version=7)


def test_issues_of_a_corrected_file_are_gone(home: Any) -> None:
    fill(home, {**FILES, "owners.csv": FILES["owners.csv"] + "o3\n"})
    home.load()
    assert [issue[0:2] for issue in home.issues()] == [("owners.csv", 4)]
    home.write("owners.csv", FILES["owners.csv"])

    home.load()

    assert home.issues() == []


def test_orphans_are_reported_until_what_they_refer_to_is_loaded(home: Any) -> None:
    fill(home, {**FILES, "owners.csv": "id,name,team\no1,Olga,North\n"})
    report = home.load()
    assert report.rejected == 0
    assert {i[3:] for i in home.issues()} == {("refers to a row that is not there", "warning")}
    assert ("leads.csv", 3, "owner_id") in {i[:3] for i in home.issues()}
    home.write("owners.csv", FILES["owners.csv"])

    home.load()

    assert home.issues() == []


def test_an_owner_change_of_a_lead_that_is_not_there_is_reported(home: Any) -> None:
    fill(home, {**FILES, "changes.csv": FILES["changes.csv"] + "c3,99,o1,2024-01-04\n"})

    home.load()

    assert home.issues() == [
        ("changes.csv", 4, "journey_id", "refers to a row that is not there", "warning")
    ]


def test_an_empty_warehouse_says_what_to_do(home: Any) -> None:
    with pytest.raises(BadInputError, match="Nothing is loaded yet; run `weir ingest sample`"):
        home.warehouse.snapshot()


def test_two_sources_share_people_by_e_mail_but_never_ids(loaded: Any, tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "people.csv").write_text("id,mail\n1, Bob@Y.example \n")
    (folder / "sent.csv").write_text("id,who,moment\n1,1,2024-03-01\n")
    mapping = tmp_path / "mail.yaml"
    mapping.write_text(
        "source: mail\nstages: [mql, won]\ntables:\n"
        "  people: {file: people.csv, into: person, key: id, columns: {email: mail}}\n"
        "  sent: {file: sent.csv, into: touch, key: id, columns: {person_id: who, at: moment}}\n"
    )

    ingest(loaded.warehouse, read_mapping(mapping), folder)

    bob = loaded.rows(
        "SELECT touches, last_touch_at::VARCHAR FROM {journeys} WHERE journey_id = 'crm:3'"
    )
    assert bob == [(2, "2024-03-01 00:00:00")]
    assert loaded.rows("SELECT count(*) FROM {person} WHERE source_id = '1'") == [(2,)]
    with loaded.warehouse.snapshot() as snapshot:
        assert snapshot.stage_map.stages == ("mql", "sql", "won")


def test_a_source_with_other_stages_is_refused_in_one_sentence(loaded: Any, tmp_path: Path) -> None:
    mapping = tmp_path / "odd.yaml"
    mapping.write_text(CRM.replace("source: crm", "source: odd").replace("sql", "qualified"))
    loaded.write("leads.csv", FILES["leads.csv"].replace("mql,sql", "mql,qualified"))

    with pytest.raises(BadInputError, match="do not fit the warehouse, whose funnel from crm is"):
        ingest(loaded.warehouse, read_mapping(mapping), loaded.sources)

    assert len(loaded.warehouse.versions()) == 1
