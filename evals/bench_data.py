"""Benchmarks of data: loading, loading again, and the funnel."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from agent.assembly import SAMPLE_MAPPING
from evals.timing import Paired, in_turns, peak_of, timed
from knowledge.database import open_database
from knowledge.sources.sample import generate
from knowledge.warehouse.load import ingest
from knowledge.warehouse.mapping import read_mapping
from knowledge.warehouse.versions import Warehouse
from tools.funnel.metrics import funnel

LOADS, FUNNELS = 2, 7
NEW_PAGES = 500
LOADED = "loaded"  # the warehouse that the funnel reads
READERS = {".csv": "read_csv_auto", ".jsonl": "read_json_auto", ".parquet": "read_parquet"}


def compare(say: Callable[[str], None]) -> Iterator[Paired]:
    """Compare on the sample company, made anew."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as name:
        folder = Path(name)
        say("making the sample company")
        generate(folder / "sources")
        say("loading")
        yield _loading(folder)
        say("loading again")
        yield _loading_again(folder)
        say("funnel")
        yield _funnel(folder)


def load(sources: Path, home: Path) -> None:
    """Load the sample company into a new warehouse."""
    database = open_database(f"sqlite:///{home / 'ledger.db'}")
    ingest(Warehouse(home / "warehouse", database), read_mapping(SAMPLE_MAPPING), sources)
    database.dispose()


def copy(sources: Path, target: Path) -> None:
    """Copy each source file to Parquet by DuckDB alone; lines that can't be read are left out."""
    target.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        for number, file in enumerate(sorted(sources.rglob("*.*"))):
            lenient = "" if file.suffix == ".parquet" else ", ignore_errors = true"
            rows = f"{READERS[file.suffix]}('{file}'{lenient})"
            connection.execute(
                f"COPY (SELECT * FROM {rows}) TO '{target / str(number)}.parquet' (FORMAT parquet)"  # noqa: S608 - our own folder
            )


def _loading(folder: Path) -> Paired:
    sources = folder / "sources"
    times = in_turns(
        lambda: load(sources, _new(folder)),
        lambda: copy(sources, _new(folder) / "copied"),
        repeats=LOADS,
    )
    return Paired(
        "ingest of the sample company (CSV, JSON lines, Parquet)",
        "DuckDB COPY of the same files to Parquet",
        *times,
        note="The peer neither maps, checks, joins people nor builds the journeys mart, and keeps "
        "no versions.",
        peak=peak_of(load, sources, _new(folder)),
        peer_peak=peak_of(copy, sources, _new(folder) / "copied"),
    )


def _loading_again(folder: Path) -> Paired:
    sources, homes = folder / "more", [_new(folder), folder / LOADED]
    homes[1].mkdir()
    shutil.copytree(folder / "sources", sources)
    whole = [timed(partial(load, sources, home)) for home in homes]
    pages = pq.read_table(next(iter(sorted((sources / "web").glob("pages_*.parquet")))))
    new = pages.slice(0, NEW_PAGES).to_pandas()
    new["message_id"] = "new-" + new["message_id"]
    new.to_parquet(sources / "web" / "pages_new.parquet")
    again = [timed(partial(load, sources, home)) for home in homes]
    return Paired(
        f"ingest again after a file of {NEW_PAGES} page views came in",
        "the first ingest of all files",
        tuple(again),
        tuple(whole),
        note="Files that did not change are recognised by their digest; only the journeys that "
        "the new rows touch are computed again.",
    )


def _funnel(folder: Path) -> Paired:
    home = folder / LOADED
    database = open_database(f"sqlite:///{home / 'ledger.db'}")
    with Warehouse(home / "warehouse", database).snapshot() as snapshot:
        mart = folder / "journeys.parquet"
        pq.write_table(snapshot.table("journeys").collect("pyarrow").to_native(), mart)
        transitions = snapshot.stage_map.transitions
        onward = {target: snapshot.stage_map.onward(target) for _, target in transitions}
        ours = funnel(snapshot)["transitions"]
        theirs = in_pandas(mart, transitions, onward)
        counts = [(row["entered"], row["converted"]) for row in ours]
        assert counts == theirs, (counts, theirs)  # noqa: S101 - else the two did different work
        times = in_turns(
            lambda: funnel(snapshot),
            lambda: in_pandas(mart, transitions, onward),
            repeats=FUNNELS,
        )
    database.dispose()
    return Paired(
        "funnel (windows, intervals, months, what can't be compared, response times)",
        "pandas: read the mart from Parquet, count entered and converted by transition and month",
        *times,
        note="Both give the same counts; the peer gives nothing else. At 20,000 leads neither "
        "engine is busy: this is the fixed cost.",
    )


def in_pandas(
    mart: Path, transitions: tuple[tuple[str, str], ...], onward: dict[str, tuple[str, ...]]
) -> list[tuple[int, int]]:
    """Count who entered and who converted, in all and by month, as one would in a notebook."""
    journeys = pd.read_parquet(mart)
    counts = []
    for origin, target in transitions:
        entered = journeys[f"first_{origin}"]
        reached = journeys[[f"first_{stage}" for stage in onward[target]]].min(axis=1)
        months = entered.dt.to_period("M")
        converted = (reached.notna() & entered.notna()).groupby(months).agg(["size", "sum"])
        (reached - entered).quantile([0.5, 0.9])
        counts.append((int(converted["size"].sum()), int(converted["sum"].sum())))
    return counts


def _new(folder: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=folder))
