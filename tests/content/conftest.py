"""A small company that sends content, loaded from files, and the pieces that it has."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.database.connect import open_database
from knowledge.library.embedding import Embedder
from knowledge.library.index import Library
from knowledge.warehouse.load import ingest
from knowledge.warehouse.mapping import read_mapping
from knowledge.warehouse.versions import Snapshot, Warehouse

MAPPING = """
source: crm
stages: [mql, accepted, sql, won]
tables:
  leads:
    file: leads.csv
    into: person
    key: id
    columns: {name: name, email: email, persona: persona, industry: industry, consent: consent,
              created_at: mql}
    stages: {mql: mql, sql: sql, won: won, lost: lost}
  pieces:
    file: pieces.csv
    into: content
    key: id
    columns: {title: id, format: format}
  touches:
    file: touches.csv
    into: touch
    key: id
    columns: {person_id: person, content_id: piece, at: at, channel: channel, action: action,
              direction: direction}
"""
# Ana has two records with one address: what the second had, she had.
LEADS = """id,name,email,persona,industry,consent,mql,sql,won,lost
ana,Ana Ruiz,ana@clinic.example,Operations Leader,Healthcare,true,2026-06-01,,,
ana2,A. Ruiz,Ana@clinic.example,,,,,,,
fed,Fay Full,fay@clinic.example,Operations Leader,Healthcare,true,2026-06-01,,,
shy,Shea Young,shea@bank.example,CFO,Banking,false,2026-06-02,,,
js1,John Smith,john@one.example,,,true,2026-06-03,,,
js2,John Smith,john@two.example,,,true,2026-06-03,,,
len,Lena Late,lena@two.example,,,true,2026-06-03,2026-06-09,,
"""
# Front matter of each piece beyond what all of them have.
PIECES: dict[str, dict[str, str]] = {
    "clinic-story": {
        "stage": "mql",
        "persona": "Operations Leader",
        "industry": "Healthcare",
        "format": "case study",
    },
    "clinic-story-for-it": {"stage": "mql", "persona": "IT Manager", "industry": "Healthcare"},
    "for-the-next-step": {"stage": "accepted"},
    "for-customers": {"stage": "won"},
    "shop-story": {"stage": "mql", "persona": "Operations Leader", "industry": "Retail"},
    "read-by-the-won": {"stage": "mql"},
    "read-after-the-win": {"stage": "mql"},
    "read-by-nobody": {"stage": "mql"},
    "third-guide": {"stage": "mql", "format": "guide"},
    "opened-guide": {"stage": "mql", "format": "guide"},
    "mailed-guide": {"stage": "mql", "format": "guide"},
    "old-prices": {"stage": "mql", "expires": "2026-06-30"},
    "floor-prices": {"stage": "mql", "audience": "internal"},
}
EACH = 25


def _leads() -> str:
    won = [
        f"w{n},Won {n},w{n}@x.example,,Healthcare,true,2026-01-01,,2026-03-01," for n in range(EACH)
    ]
    lost = [
        f"l{n},Lost {n},l{n}@y.example,,Healthcare,true,2026-01-01,,,2026-03-01"
        for n in range(EACH)
    ]
    return LEADS + "\n".join([*won, *lost]) + "\n"


def _touches() -> str:
    met = [
        ("ana2", "opened-guide", "2026-06-20", "web", "content_viewed", "inbound"),
        ("ana", "mailed-guide", "2026-06-21", "email", "email_sent", "outbound"),
        *(("fed", piece, "2026-06-22", "email", "email_sent", "outbound") for piece in PIECES),
        *(
            (f"w{n}", "read-by-the-won", "2026-02-01", "web", "content_viewed", "inbound")
            for n in range(20)
        ),
        *(
            (f"w{n}", "read-after-the-win", "2026-04-01", "web", "content_viewed", "inbound")
            for n in range(20)
        ),
        *(
            (f"l{n}", "read-by-the-won", "2026-02-01", "web", "content_viewed", "inbound")
            for n in range(2)
        ),
    ]
    rows = [f"t{number}," + ",".join(touch) for number, touch in enumerate(met)]
    return "id,person,piece,at,channel,action,direction\n" + "\n".join(rows) + "\n"


@pytest.fixture(scope="session")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("sender")
    source = folder / "source"
    source.mkdir()
    (source / "leads.csv").write_text(_leads(), encoding="utf-8")
    (source / "touches.csv").write_text(_touches(), encoding="utf-8")
    pieces = [f"{name},{front.get('format', '')}" for name, front in PIECES.items()]
    (source / "pieces.csv").write_text("id,format\n" + "\n".join(pieces) + "\n", encoding="utf-8")
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    warehouse = Warehouse(folder / "warehouse", open_database(f"sqlite:///{folder / 'ledger.db'}"))
    ingest(warehouse, read_mapping(folder / "mapping.yaml"), source)
    return warehouse


@pytest.fixture
def snapshot(sender: Warehouse) -> Iterator[Snapshot]:
    with sender.snapshot() as opened:
        yield opened


@pytest.fixture(scope="session")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("pieces")
    for name, fields in PIECES.items():
        front = {"id": name, "title": name, "kind": "content", "owner": "Marketing"}
        front |= {"audience": "external"} | fields
        lines = "\n".join(f"{key}: {value}" for key, value in front.items())
        (folder / f"{name}.md").write_text(f"---\n{lines}\n---\n\nText.\n", encoding="utf-8")
    library = Library(Path(tmp_path_factory.mktemp("index")), embed=Embedder())
    library.sync([folder])
    return library
