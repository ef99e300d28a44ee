import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from knowledge.warehouse.remember import per_version
from knowledge.warehouse.versions import Snapshot

MAPPING = """
source: crm
stages: [mql, won]
tables:
  leads: {file: leads.csv, into: person, key: id, columns: {name: name}, stages: {mql: mql}}
"""


def loaded(home: Any, *names: str) -> None:
    home.map(MAPPING)
    rows = "".join(f"{name},{name},2026-01-01\n" for name in names)
    home.write("leads.csv", f"id,name,mql\n{rows}")
    home.load()


def test_a_version_is_computed_once_for_equal_arguments(home: Any) -> None:
    calls = []

    @per_version(most=4)
    def count(snapshot: Snapshot, prefix: str) -> str:
        calls.append(prefix)
        return f"{prefix}{len(snapshot.table('person').collect())}"

    loaded(home, "Ada", "Bob")
    for _ in range(2):
        with home.warehouse.snapshot() as snapshot:
            assert count(snapshot, "a") == "a2"
            assert count(snapshot, "b") == "b2"
    assert calls == ["a", "b"]


def test_a_newer_version_is_computed_anew_and_the_older_one_stays_right(home: Any) -> None:
    @per_version(most=4)
    def count(snapshot: Snapshot) -> int:
        return len(snapshot.table("person").collect())

    loaded(home, "Ada")
    with home.warehouse.snapshot() as snapshot:
        assert count(snapshot) == 1
    loaded(home, "Ada", "Bob")
    with home.warehouse.snapshot() as snapshot, home.warehouse.snapshot(1) as before:
        assert count(snapshot) == 2
        assert count(before) == 1


def test_only_the_latest_results_are_kept(home: Any) -> None:
    calls = []

    @per_version(most=1)
    def one(_snapshot: Snapshot, number: int) -> int:
        calls.append(number)
        return number

    loaded(home, "Ada")
    with home.warehouse.snapshot() as snapshot:
        for number in (1, 2, 1):
            one(snapshot, number)
    assert calls == [1, 2, 1]


def test_of_several_who_ask_at_once_one_computes(home: Any) -> None:
    calls = []
    together = threading.Barrier(4)

    @per_version(most=4)
    def slow(_snapshot: Snapshot) -> int:
        calls.append(1)
        time.sleep(0.05)
        return len(calls)

    def ask(_: int) -> int:
        together.wait()
        with home.warehouse.snapshot() as snapshot:
            return slow(snapshot)

    loaded(home, "Ada")
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [1, 1, 1, 1]


def test_a_failure_is_not_remembered(home: Any) -> None:
    calls = []

    @per_version(most=4)
    def shaky(_snapshot: Snapshot) -> str:
        calls.append(1)
        if len(calls) == 1:
            raise TimeoutError
        return "done"

    loaded(home, "Ada")
    with home.warehouse.snapshot() as snapshot:
        with pytest.raises(TimeoutError):
            shaky(snapshot)
        assert shaky(snapshot) == "done"
