from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.sources.batches import plain_batches
from knowledge.sources.csv_rows import Layout, read_rows
from knowledge.sources.files import read_file
from knowledge.sources.received import ReadOptions
from knowledge.warehouse.parse import Typing, type_table
from knowledge.warehouse.quality import Reporter, make_issue_table
from knowledge.warehouse.versions import now

if TYPE_CHECKING:
    from knowledge.sources.issues import RowIssue

FIELD = st.text(st.characters(codec="utf-8", exclude_characters='",\r\n\0\x1f'), max_size=6)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.lists(FIELD, min_size=1, max_size=5), min_size=1, max_size=30))
def test_compiled_and_exact_reader_agree_on_rows_lines_and_issues(
    tmp_path: Path, rows: list[list[str]]
) -> None:
    rows = [row for row in rows if row != [""]]
    path = tmp_path / "rows.csv"
    path.write_bytes("\n".join(["a,b,c", *(",".join(row) for row in rows)]).encode() + b"\n")
    plain: list[RowIssue] = []
    exact: list[RowIssue] = []
    fast = [
        tuple(row.values())
        for batch in plain_batches(path, ["a", "b", "c"], ",", plain)
        for row in batch.to_pylist()
    ]
    slow = [
        (line, *(field or None for field in fields))
        for line, fields in read_rows(path, Layout(",", 3, None), exact)
    ]
    assert fast == slow
    assert plain == exact


@given(
    rows=st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=15,
    )
)
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_quoted_rows_come_back_as_they_were_written_or_are_reported(
    tmp_path: Path, rows: list[list[str]]
) -> None:
    path = tmp_path / "rows.csv"
    body = ["a,b,c", *(",".join(f'"{f.replace(chr(34), chr(34) * 2)}"' for f in r) for r in rows)]
    path.write_bytes("\n".join(body).encode())
    issues: list[RowIssue] = []
    found = [fields for _, fields in read_rows(path, Layout(",", 3, None), issues)]
    if not issues:
        assert found == rows
    # A text that itself looks like a row is the only thing that may be taken for an open quote.
    assert bool(issues) <= any("\n" in field for row in rows for field in row)


def read_times(texts: list[str], zone: str, pattern: str | None = None) -> list[Any]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        make_issue_table(connection)
        connection.execute('CREATE TABLE c (_line BIGINT, _file VARCHAR, "at" VARCHAR)')
        rows = [(place, "f", text) for place, text in enumerate(texts)]
        connection.executemany("INSERT INTO c VALUES (?, ?, ?)", rows)
        formats = {"at": pattern} if pattern else {}
        how = Typing({"at": "time"}, formats, zone, now(), set())
        type_table(connection, "c", "t", how, Reporter(connection, "l", "touch"))
        found = connection.execute('SELECT "at"::VARCHAR FROM t ORDER BY _line').fetchall()
    return [moment for (moment,) in found]


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2024-02-29", "UTC", "2024-02-29 00:00:00"),
        ("2024-02-29T10:00:00Z", "America/Sao_Paulo", "2024-02-29 10:00:00"),
        ("2024-02-29 10:00:00.5+02:00", "UTC", "2024-02-29 08:00:00.5"),
        ("2024-02-29 10:00 -0330", "UTC", "2024-02-29 13:30:00"),
        ("2024/2/9 7:05", "UTC", "2024-02-09 07:05:00"),
        ("2024-07-01 12:00:00", "Europe/Berlin", "2024-07-01 10:00:00"),
        ("2024-03-31 02:30:00", "Europe/Berlin", "2024-03-31 01:30:00"),
        ("2017-10-15", "America/Sao_Paulo", "2017-10-15 03:00:00"),
        ("2023-02-29", "UTC", None),
        ("2024-02-31", "UTC", None),
        ("2024-04-31T10:00:00Z", "UTC", None),
        ("10/31/2018", "UTC", None),
        ("infinity", "UTC", None),
        ("epoch", "UTC", None),
        ("20240229", "UTC", None),
    ],
)
def test_times_are_read_into_utc_and_what_is_none_stays_unread(
    text: str, zone: str, utc: str | None
) -> None:
    assert read_times([text], zone) == [utc]


@pytest.mark.parametrize(
    ("text", "pattern", "utc"),
    [
        ("31.10.2018 08:15", "%d.%m.%Y %H:%M", "2018-10-31 07:15:00"),
        ("31.11.2018 08:15", "%d.%m.%Y %H:%M", None),
        ("1540970100", "epoch_s", "2018-10-31 07:15:00"),
        ("1540970100500", "epoch_ms", "2018-10-31 07:15:00.5"),
        ("soon", "epoch_ms", None),
    ],
)
def test_odd_times_are_read_by_a_format_of_the_mapping(
    text: str, pattern: str, utc: str | None
) -> None:
    assert read_times([text], "Europe/Berlin", pattern) == [utc]


def test_a_line_that_is_longer_than_a_block_of_others_is_read(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("a,b\n1," + "x" * 3_000_000 + "\n2,y\n")
    with duckdb.connect() as connection:
        table = read_file(connection, "t", path, ReadOptions())
        assert (table.rows, table.issues) == (2, [])
