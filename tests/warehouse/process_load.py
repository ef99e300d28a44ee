# ruff: noqa: T201 - what it prints is how the test follows it
"""Load a folder in a process of its own: python process_load.py HOME SOURCES."""

import sys
from pathlib import Path

from knowledge.database import open_database
from knowledge.warehouse.load import ingest
from knowledge.warehouse.mapping import read_mapping
from knowledge.warehouse.versions import Warehouse

if __name__ == "__main__":
    home, sources = map(Path, sys.argv[1:])
    engine = open_database(f"sqlite:///{home / 'ledger.db'}")
    warehouse = Warehouse(home / "warehouse", engine)
    mapping = read_mapping(home / "mapping.yaml")
    # Each step is told, so that a test can end the process just then.
    ingest(warehouse, mapping, sources, progress=lambda text, _: print(text, flush=True))
    print("committed", flush=True)
