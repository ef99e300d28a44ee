import gzip
from typing import Any

import pytest

from knowledge.errors import BadInputError

MAPPING = """
source: crm
stages: [mql, won]
tables:
  leads:
    file: leads.csv
    into: person
    key: id
    columns: {name: name, created_at: created, score: score}
    required: [created]
    stages: {mql: created}
"""
GOOD = "id,name,created,score\n1,Ann,2024-01-05,10\n2,Bob,2024-01-06,20\n3,Cid,2024-01-07,30\n"


def ids(home: Any) -> list[str]:
    return [id_ for (id_,) in home.rows("SELECT source_id FROM {person} ORDER BY id")]


def load_second(home: Any, content: str | bytes) -> Any:
    """Load three good rows first, so that there is a warehouse to leave as it was."""
    home.map(MAPPING)
    home.write("leads.csv", GOOD)
    home.load()
    home.write("leads.csv", content)
    return home.load()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "leads.csv is empty"),
        (b"id,name,created,score\n", "leads.csv has no rows"),
        (b"id,name,made,score\n4,Dot,2024-01-08,1\n", "no column 'created', which the mapping"),
        (b"id,name,createdd,score\n4,D,2024-01-08,1\n", "did you mean 'createdd'?"),
        (b"id,name,Name,created,score\n4,D,D,2024-01-08,1\n", "has the column 'Name' twice"),
        ("id,name,created,score\n4,Dé,2024-01-08,1\n".encode("utf-16"), "not UTF-8 text"),
        ("id,name,created,score\n4,Dé,2024-01-08,1\n".encode("latin-1"), "encoding:"),
        (b"\n\n4,D,2024-01-08,1\n", "is no header"),
    ],
)
def test_a_file_that_is_unusable_as_a_whole_leaves_the_warehouse_as_it_was(
    home: Any, content: bytes, says: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        load_second(home, content)

    assert says in str(caught.value)
    assert "mapping.yaml, table leads" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ids(home) == ["1", "2", "3"]
    assert [v.version for v in home.warehouse.versions()] == [1]


def test_a_missing_file_or_folder_is_one_sentence(home: Any) -> None:
    home.map(MAPPING)
    with pytest.raises(BadInputError, match=r"table leads: no file 'leads.csv' in .*; put it"):
        home.load()
    home.sources.rmdir()
    with pytest.raises(BadInputError, match="There is no folder"):
        home.load()


@pytest.mark.parametrize(
    ("row", "reason", "line"),
    [
        ('4,"Dot,2024-01-08,1', "broken quoting", 5),
        ('4,"Dot"x,2024-01-08,1', "broken quoting", 5),
        ("4,Dot,2024-01-08", "wrong number of fields: 3 instead of 4", 5),
        ("4,Dot,2024-01-08,1,", "wrong number of fields: 5 instead of 4", 5),
        (b"4,D\xf6t,2024-01-08,1", "wrong encoding: not valid UTF-8", 5),
        ("4,Dot,2024-02-31,1", "impossible or unreadable date", 5),
        ("4,Dot,31.01.2024,1", "impossible or unreadable date", 5),
        ("4,Dot,2924-01-08,1", "date in the future", 5),
        ("4,Dot,1024-01-08,1", "date before 1900", 5),
        ("4,Dot,,1", "required column is empty", 5),
        (",Dot,2024-01-08,1", "no key", 5),
        ("5,Dot,2024-01-08,1", "duplicate id: a later row of the file has it again", 5),
    ],
)
def test_a_row_that_cannot_be_kept_is_reported_with_its_line_and_the_others_are_loaded(
    home: Any, row: str | bytes, reason: str, line: int
) -> None:
    bad = row if isinstance(row, bytes) else row.encode()
    after = b"\n5,Eve,2024-01-09,50\n6,Fay,2024-01-10,60\n"

    home.map(MAPPING)
    home.write("leads.csv", GOOD.encode() + bad + after)
    report = home.load()

    assert report.rejected == 1
    assert [(i[0], i[1], i[3], i[4]) for i in home.issues()] == [
        ("leads.csv", line, reason, "rejected")
    ]
    assert ids(home) == ["1", "2", "3", "5", "6"]
    assert home.rows("SELECT name FROM {person} WHERE source_id = '5'") == [("Eve",)]


def test_a_value_that_is_not_needed_is_dropped_with_a_warning(home: Any) -> None:
    report = load_second(home, GOOD + "4,Dot,2024-01-08,ten\n")

    assert (report.rejected, report.quality_issues) == (0, 1)
    assert home.issues() == [("leads.csv", 5, "score", "not a number", "warning")]
    assert home.rows("SELECT name, score FROM {person} WHERE source_id = '4'") == [("Dot", None)]


def test_rows_in_are_rows_kept_or_reported(home: Any) -> None:
    home.map(MAPPING)
    bad = [b'x,"open,2024-01-01,1', b"y,2024-01-01", b"z,Z,2024-13-01,1", b"w,\xff,2024-01-01,1"]
    lines = [f"{n},Name {n},2024-01-{n % 28 + 1:02d},{n}".encode() for n in range(400)]
    for place in range(0, 400, 40):
        lines.insert(place, bad[place // 40 % 4])
    home.write("leads.csv", b"id,name,created,score\n" + b"\n".join(lines))

    report = home.load()

    assert report.rejected == 10
    assert report.tables["person"] == 400
    assert home.rows('SELECT "rows", rejected FROM {load}') == [(410, 10)]


def test_an_open_quote_swallows_no_rows(home: Any) -> None:
    home.map(MAPPING)
    rows = "".join(f"{n},N{n},2024-01-01,1\n" for n in range(2, 3000))
    home.write("leads.csv", 'id,name,created,score\n1,"Ann,2024-01-05,10\n' + rows)

    report = home.load()

    assert (report.rejected, report.tables["person"]) == (1, 2998)
    assert home.issues() == [("leads.csv", 2, None, "broken quoting", "rejected")]


def test_quoted_fields_may_span_lines_and_keep_their_first_line_number(home: Any) -> None:
    home.map(MAPPING)
    home.write(
        "leads.csv",
        'id,name,created,score\n1,"Ann\nof, ""x"" \nHolm",2024-01-05,10\n\n2,Bob,2024-01-32,1\n',
    )

    home.load()

    assert home.rows("SELECT name FROM {person}") == [('Ann\nof, "x" \nHolm',)]
    assert home.issues()[0][1] == 6


def test_a_byte_order_mark_semicolons_and_windows_line_ends_are_no_obstacle(home: Any) -> None:
    home.map(MAPPING)
    home.write("leads.csv", b"\xef\xbb\xbf" + GOOD.replace(",", ";").replace("\n", "\r\n").encode())

    assert home.load().rejected == 0
    assert ids(home) == ["1", "2", "3"]
    assert home.rows("SELECT score FROM {person} ORDER BY id") == [(10.0,), (20.0,), (30.0,)]


def test_another_encoding_can_be_named_in_the_mapping(home: Any) -> None:
    home.map(MAPPING.replace("    key: id\n", "    key: id\n    encoding: latin-1\n"))
    home.write("leads.csv", GOOD.replace("Ann", "Änn").encode("latin-1"))

    assert home.load().rejected == 0
    assert home.rows("SELECT name FROM {person} WHERE source_id = '1'") == [("Änn",)]


def test_a_damaged_gzip_file_is_one_sentence(home: Any) -> None:
    home.map(MAPPING.replace("leads.csv", "leads.csv.gz"))
    home.write("leads.csv.gz", gzip.compress(GOOD.encode() * 50)[:-20])

    with pytest.raises(BadInputError, match=r"leads.csv.gz is not a whole gzip file"):
        home.load()


def test_a_damaged_parquet_file_is_one_sentence(home: Any) -> None:
    home.map(MAPPING.replace("leads.csv", "leads.parquet"))
    home.write("leads.parquet", b"PAR1 not really PAR1")

    with pytest.raises(BadInputError, match=r"leads.parquet can't be read as Parquet"):
        home.load()


def test_json_lines_that_are_no_objects_are_reported(home: Any) -> None:
    home.map(MAPPING.replace("leads.csv", "leads.jsonl").replace("name: name", "name: who.name"))
    home.write(
        "leads.jsonl",
        '{"id": 1, "who": {"name": "Ann"}, "created": "2024-01-05", "score": 1.5}\n'
        "{broken\n[1, 2]\n\n"
        '{"id": "2", "who": {"name": null}, "created": "2024-01-06T10:00:00+02:00", "score": null}',
    )

    report = home.load()

    assert report.rejected == 2
    assert [issue[1:4] for issue in home.issues()] == [
        (2, None, "not a JSON object"),
        (3, None, "not a JSON object"),
    ]
    assert home.rows("SELECT source_id, name, score, created_at::VARCHAR FROM {person}") == [
        ("1", "Ann", 1.5, "2024-01-05 00:00:00"),
        ("2", None, None, "2024-01-06 08:00:00"),
    ]
