import ast
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from knowledge.warehouse import load as loading

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MAPPING = """
source: crm
stages: [mql, won]
tables:
  leads:
    file: leads.csv
    into: person
    key: id
    columns: {name: mark, owner_id: owner}
    stages: {mql: mql}
  touches:
    file: touches.csv
    into: touch
    key: id
    columns: {person_id: lead, at: moment, channel: mark}
"""


def write_sources(home: Any, mark: str, size: int) -> None:
    home.map(MAPPING)
    leads = [f"{n},{mark},,2024-01-02" for n in range(size)]
    touches = [f"{n},{n},2024-01-03,{mark}" for n in range(size)]
    home.write("leads.csv", "\n".join(["id,mark,owner,mql", *leads, "torn"]))
    home.write("touches.csv", "\n".join(["id,lead,moment,mark", *touches]))


def start(script: str, *arguments: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(HERE / script), *map(str, arguments)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


@pytest.mark.parametrize(
    ("is_first", "moment", "seconds"),
    [
        (True, "Reading touches", 0.0),
        (True, "Writing rows as received", 0.02),
        (True, "Refreshing journeys", 0.1),
        (False, "Writing rows as received", 0.0),
        (False, "Writing touches", 0.03),
        (False, "Checking references", 0.01),
        (False, "Refreshing journeys", 0.5),  # about when it commits
    ],
)
def test_a_load_killed_at_any_step_leaves_no_trace_and_the_next_one_is_whole(
    home: Any, other_home: Any, is_first: bool, moment: str, seconds: float
) -> None:
    if not is_first:
        for place in (home, other_home):
            write_sources(place, "old", 40)
            place.load()
    before = len(home.warehouse.versions())
    for place in (home, other_home):
        write_sources(place, "new", 60)
    process = start("process_load.py", home.folder, home.sources)
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == moment:
            break
    time.sleep(seconds)
    process.kill()
    process.communicate(timeout=60)
    was_committed = len(home.warehouse.versions()) > before
    if not (is_first or was_committed):
        assert home.rows("SELECT count(*), min(name), max(name) FROM {person}") == [
            (40, "old", "old")
        ]

    home.load()
    other_home.load()

    assert home.contents() == other_home.contents()
    assert len(home.warehouse.versions()) == before + 1
    assert was_committed or not list((home.folder / "warehouse").glob("staging-*"))


def test_readers_never_fail_nor_see_a_mixed_version_while_another_process_loads(
    home: Any, tmp_path: Path
) -> None:
    stop = tmp_path / "stop"
    write_sources(home, "m0", 50)
    home.load()
    reader = start("process_read.py", home.folder, stop)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    for number in range(1, 4):
        write_sources(home, f"m{number}", 50 + 10 * number)
        finish(start("process_load.py", home.folder, home.sources))
    stop.touch()

    queries, seen = finish(reader).split(" ", 1)

    assert int(queries) > 10
    versions = dict(ast.literal_eval(seen))
    assert versions.items() <= {1: "m0", 2: "m1", 3: "m2", 4: "m3"}.items()
    assert len(versions) > 1


def test_two_loads_at_once_both_take_effect_one_after_the_other(home: Any, tmp_path: Path) -> None:
    write_sources(home, "a", 30)
    others = tmp_path / "others"
    others.mkdir()
    for name in ("leads.csv", "touches.csv"):
        text = (home.sources / name).read_text().replace(",a", ",b")
        (others / name).write_text(text.replace("\n1,", "\n1001,"))

    processes = [start("process_load.py", home.folder, path) for path in (home.sources, others)]
    for process in processes:
        finish(process)

    assert [v.version for v in home.warehouse.versions()] == [1, 2]
    assert home.rows("SELECT count(*), count(DISTINCT id) FROM {person}") == [(31, 31)]


def test_a_load_that_waits_too_long_for_another_says_so(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sources(home, "a", 3)
    monkeypatch.setattr(loading, "LOCK_SECONDS", 0.1)
    (home.folder / "warehouse").mkdir()
    with (
        FileLock(str(home.folder / "warehouse" / "load.lock")),
        pytest.raises(loading.LoadBusyError, match="Another load has been running"),
    ):
        home.load()
