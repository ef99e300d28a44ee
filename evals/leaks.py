"""`leaks`: are planted leaks found, with their causes, and nothing else?"""

import json
import tempfile
from pathlib import Path
from typing import Any

from agent.assembly import SAMPLE_MAPPING
from evals.dashboard import red_months
from evals.figures import Progress, Report, share, version_of
from evals.matching import Tally, grade
from knowledge.database import open_database
from knowledge.sources.sample import generate
from knowledge.warehouse.load import ingest
from knowledge.warehouse.mapping import read_mapping
from knowledge.warehouse.versions import Warehouse
from tools.leakage.detect import find_leaks

GRADER = "2"
# Seeds that nothing was tuned on; the demo's own is 7.
SEEDS = tuple(range(101, 109))
YEARS = 1.5  # of data a company


def run(progress: Progress, *, seeds: tuple[int, ...] = SEEDS, scale: float = 1.0) -> Report:
    """Make companies, look for leaks in each, and compare with what was planted.

    A company has four leaks, so at most three can be among the first three findings:
    ``recall_top3`` is of those that could. A leak counts with the right transition and segment;
    one of the four has a segment of two sides, and the figures ``..._one_side`` also count a
    finding that names one of them. Drivers and onsets are judged on leaks so found. The companies
    all have leaks; what is called false names none of them, not even one side, which includes
    echoes of a leak at another transition.
    """
    ours, theirs = Tally(), Tally()
    for number, seed in enumerate(seeds):
        progress(f"company {number + 1} of {len(seeds)}", number / len(seeds))
        with tempfile.TemporaryDirectory(prefix="weir-eval-") as folder:
            found, red, truth = _company(Path(folder), seed, scale)
        grade(ours, found, truth, f"seed {seed}")
        grade(theirs, red, truth, f"seed {seed}")
    return Report(
        name="leaks",
        version=version_of(GRADER, repr((seeds, scale)).encode()),
        figures=_figures(ours),
        baselines={"month_over_month_20%": _figures(theirs)},
        cases={"companies": ours.companies, "planted": ours.planted, "decoys": ours.decoys},
        misses=ours.misses,
    )


def _company(
    folder: Path, seed: int, scale: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    """Make and load a company; give the findings, the red months, and what was planted."""
    generate(folder / "sources", truth=folder / "truth", seed=seed, scale=scale)
    database = open_database(f"sqlite:///{folder / 'ledger.db'}")
    try:
        warehouse = Warehouse(folder / "warehouse", database)
        ingest(warehouse, read_mapping(SAMPLE_MAPPING), folder / "sources")
        with warehouse.snapshot() as snapshot:
            found = find_leaks(snapshot)["findings"]
            red = red_months(snapshot)
    finally:
        database.dispose()
    return found, red, json.loads((folder / "truth" / "leaks.json").read_text(encoding="utf-8"))


def _figures(tally: Tally) -> dict[str, float | None]:
    onset = sorted(tally.onset_days)
    return {
        "recall_top3": share(tally.found_top_whole, tally.possible_top),
        "recall_top3_one_side": share(tally.found_top, tally.possible_top),
        "recall": share(tally.found_whole, tally.planted),
        "recall_one_side": share(tally.found, tally.planted),
        "driver_accuracy": share(tally.driver_first, tally.found),
        "driver_named": share(tally.driver_named, tally.found),
        "false_per_10_company_years": share(10 * tally.false, tally.companies * YEARS),
        "decoys_called": share(tally.decoys_called, tally.decoys),
        "onset_days_off_median": float(onset[len(onset) // 2]) if onset else None,
    }
