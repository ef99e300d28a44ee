# ruff: noqa: E501 - rows of a file
"""Content for "the champion at Acme after yesterday's demo": who that is, and what suits."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knowledge.database.connect import open_database
from knowledge.library.index import Library
from knowledge.warehouse.load import ingest
from knowledge.warehouse.mapping import read_mapping
from knowledge.warehouse.versions import Snapshot, Warehouse
from tools.content.asked import Asked, after_in, read_asked, whom_in
from tools.content.offer import content_for
from tools.content.whom import find_whom
from tools.crm.directory import Directory, directory_of

MAPPING = """
source: crm
stages: [mql, accepted, sql, won]
tables:
  accounts:
    file: accounts.csv
    into: account
    key: id
    columns: {name: name}
  leads:
    file: leads.csv
    into: person
    key: id
    columns: {name: name, email: email, title: title, persona: persona, company: company,
              account_id: account, created_at: mql}
    stages: {mql: mql}
  touches:
    file: touches.csv
    into: touch
    key: id
    columns: {person_id: person, at: at, channel: channel, action: action, direction: direction}
"""
FILES = {
    "accounts": "id,name\na1,Acme\na2,Bank of Umbria\na3,Quiet Mills\na4,Empty Shell\n",
    "leads": """id,name,email,title,persona,company,account,mql
cia,Cia Champ,cia@acme.example,VP Operations,Operations Leader,Acme,a1,2026-06-01
cia2,C. Champ,CIA@acme.example,,,Acme,a1,2026-06-01
ed,Ed Boss,ed@acme.example,CEO,Executive,Acme,a1,2026-06-01
sec,Sec Urity,sec@acme.example,CISO,,Acme,a1,2026-06-01
it1,Ivo Tech,ivo@acme.example,Director of IT,IT Manager,Acme,a1,2026-06-01
fin,Fin Ance,fin@umbria.example,CFO,Finance Leader,Bank of Umbria,a2,2026-06-01
fin2,Flo Ance,flo@umbria.example,Finance Director,Finance Leader,Bank of Umbria,a2,2026-06-01
qu,Quinn One,quinn@mills.example,,,Quiet Mills,a3,2026-06-01
q2,Quade Two,quade@mills.example,,,Quiet Mills,a3,2026-06-01
sol,Sol Ohne,sol@lone.example,,,Lone Star,,2026-06-01
""",
    "touches": "id,person,at,channel,action,direction\n"
    + "".join(f"c{n},cia,2026-06-{n + 10},web,content_viewed,inbound\n" for n in range(6))
    + "d1,cia2,2026-06-28,crm,demo,inbound\n"
    + "".join(f"e{n},ed,2026-06-{n + 10},web,content_viewed,inbound\n" for n in range(3))
    # What we sent, and what lies long back, is no interest of theirs.
    + "".join(f"o{n},it1,2026-06-{n + 10},email,email_sent,outbound\n" for n in range(15))
    + "".join(f"l{n},sec,2026-01-{n + 10},web,content_viewed,inbound\n" for n in range(15))
    + "f1,fin,2026-06-20,web,content_viewed,inbound\n",
}
PIECES = {"kit": "kit", "guide": "guide", "brief": "brief"}


@pytest.fixture(scope="session")
def seller(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("seller")
    source = folder / "source"
    source.mkdir()
    for name, text in FILES.items():
        (source / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    warehouse = Warehouse(folder / "warehouse", open_database(f"sqlite:///{folder / 'ledger.db'}"))
    ingest(warehouse, read_mapping(folder / "mapping.yaml"), source)
    return warehouse


@pytest.fixture
def sold_to(seller: Warehouse) -> Iterator[Snapshot]:
    with seller.snapshot() as opened:
        yield opened


def _shelf(folder: Path, index: Path, embed: Any) -> Library:
    for name, kind in PIECES.items():
        body = "Backups are encrypted twice a day." if name == "brief" else "Text on nothing else."
        front = f"id: {name}\ntitle: {name}\nkind: content\nowner: M\naudience: external\n"
        text = f"---\n{front}format: {kind}\n---\n\n# {name}\n\n{body}\n"
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    library = Library(index, embed=embed)
    library.sync([folder])
    return library


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory, pieces: Library) -> Library:
    folder, index = tmp_path_factory.mktemp("shelf"), tmp_path_factory.mktemp("shelf-index")
    return _shelf(folder, index, pieces._embed)  # noqa: SLF001 - the model is loaded once


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("Jane Doe", Asked("Jane Doe")),
        ("the champion at Acme", Asked("Acme", "champion")),
        ("champion at Acme after yesterday's demo", Asked("Acme", "champion", "yesterday's demo")),
        ("Acme's champion", Asked("Acme", "champion")),
        (
            "our security buyer from Acme, following the call",
            Asked("Acme", "security buyer", "the call"),
        ),
        ("Jane Doe after the webinar?", Asked("Jane Doe", None, "the webinar")),
    ],
)
def test_what_is_typed_is_split_into_whom_where_and_what_happened(typed: str, asked: Asked) -> None:
    assert read_asked(typed) == asked


@pytest.mark.parametrize(
    ("question", "whom", "after"),
    [
        (
            "what should I send to the champion at Acme after yesterday's demo?",
            "champion at Acme",
            "yesterday's demo",
        ),
        ("which piece fits our decision maker at Acme", "decision maker at Acme", None),
        ("what can I share with Acme's champion next?", "champion at Acme", None),
        ("send the paper to the CFO at Acme", "CFO at Acme", None),
        ("what should go to Acme next", "Acme", None),
    ],
)
def test_a_question_says_whom_it_is_for_and_what_happened(
    question: str, whom: str, after: str | None
) -> None:
    assert (whom_in(question, "Acme"), after_in(question)) == (whom, after)


@pytest.mark.parametrize(
    ("typed", "person"),
    [
        ("the champion at Acme", "crm:cia"),
        ("Acme", "crm:cia"),
        ("my contact at Acme", "crm:cia"),
        ("decision maker at Acme", "crm:ed"),
        ("security buyer at Acme", "crm:sec"),
        ("Director of IT at Acme", "crm:it1"),
        ("CFO of Bank of Umbria", "crm:fin"),
        ("Ed Bos at Acme", "crm:ed"),
        ("Ed at Acme", "crm:ed"),
        ("champion at Lone Star", "crm:sol"),
        ("ivo@acme.example", "crm:it1"),
    ],
)
def test_a_role_at_an_account_finds_the_person(sold_to: Snapshot, typed: str, person: str) -> None:
    whom = find_whom(sold_to, read_asked(typed), typed=typed)
    assert (whom.status, whom.person) == ("found", person)


def test_who_is_taken_for_the_champion_is_said_with_the_reason(sold_to: Snapshot) -> None:
    whom = find_whom(sold_to, Asked("Acme", "champion"))
    said = "Cia Champ is taken for the champion at Acme: 7 interactions in 90 days, the next person has 3."
    assert whom.notes == [said]


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("champion at Quiet Mills", {"crm:qu", "crm:q2"}),
        ("finance leader at Bank of Umbria", {"crm:fin", "crm:fin2"}),
        ("astronaut at Acme", {"crm:cia", "crm:ed", "crm:sec", "crm:it1"}),
    ],
)
def test_where_several_fit_or_nobody_is_known_to_there_are_people_to_choose_from(
    sold_to: Snapshot, typed: str, ids: set[str]
) -> None:
    whom = find_whom(sold_to, read_asked(typed), typed=typed)
    assert (whom.status, whom.person) == ("ambiguous", None)
    found = {candidate["id"].replace("cia2", "cia") for candidate in whom.candidates}
    assert found == ids
    for candidate in whom.candidates:
        assert find_whom(sold_to, read_asked(candidate["ask"])).person == candidate["id"]
        assert "interactions in 90 days" in candidate["hint"]


def test_an_account_with_nobody_and_one_that_is_not_there_find_nobody(sold_to: Snapshot) -> None:
    empty = find_whom(sold_to, Asked("Empty Shell", "champion"))
    assert (empty.status, empty.notes) == (
        "not_found",
        ["Nobody at Empty Shell is in the data."],
    )
    assert find_whom(sold_to, Asked("Zyxwv", "champion")).status == "not_found"


def test_only_the_names_that_somebody_may_ask_for_are_looked_among(sold_to: Snapshot) -> None:
    own = Directory(
        entry
        for entry in directory_of(sold_to).entries
        if entry.kind == "account" or entry.name == "Ed Boss"
    )
    whom = find_whom(sold_to, Asked("Acme", "champion"), directory=own)
    assert whom.person == "crm:ed"
    assert find_whom(sold_to, Asked("Cia Champ"), directory=own).person is None


def test_after_a_demo_what_suits_it_comes_first_and_says_when_it_was(
    sold_to: Snapshot, shelf: Library
) -> None:
    plain = content_for(sold_to, shelf, "the champion at Acme")
    offer = content_for(sold_to, shelf, "the champion at Acme after yesterday's demo")
    assert [item["id"] for item in plain["items"]] == ["brief", "guide", "kit"]
    assert (offer["status"], offer["id"], offer["after"]) == (
        "found",
        "crm:cia",
        "yesterday's demo",
    )
    assert offer["items"][0]["id"] == "kit"
    assert offer["items"][0]["why"] == [
        "A kit suits the days after a demo; the last in the data was on 2026-06-28."
    ]


def test_an_occasion_that_the_data_does_not_know_of_counts_all_the_same(
    sold_to: Snapshot, shelf: Library
) -> None:
    first = content_for(sold_to, shelf, "Ed Boss", after="the webinar")["items"][0]
    assert (first["id"], first["why"]) == ("guide", ["A guide suits the days after a webinar."])


def test_what_they_wrote_lifts_the_piece_that_speaks_of_it_with_a_quote(
    sold_to: Snapshot, shelf: Library
) -> None:
    about = "They want to know whether backups are encrypted."
    first = content_for(sold_to, shelf, "Sec Urity", about=about)["items"][0]
    assert first["id"] == "brief"
    assert "Speaks of what was said: “Backups are encrypted twice a day.”" in first["why"]
