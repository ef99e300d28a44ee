# ruff: noqa: T201 - what it prints is how the test follows it
"""Query without pause until a file appears; print each version seen, fail on a mixed one."""

import sys
from pathlib import Path

from knowledge.database import open_database
from knowledge.warehouse.versions import Warehouse

# Every load writes the same mark into all rows of both files, and as many of one as of the other.
QUERY = """
SELECT (SELECT count(*) FROM ({person})), (SELECT count(*) FROM ({touch})),
       (SELECT count(*) FROM ({journeys})), (SELECT string_agg(DISTINCT name, ',') FROM ({person})),
       (SELECT string_agg(DISTINCT channel, ',') FROM ({touch})),
       (SELECT sum(touches)::BIGINT FROM ({journeys}))
"""

if __name__ == "__main__":
    home, stop = map(Path, sys.argv[1:])
    engine = open_database(f"sqlite:///{home / 'ledger.db'}")
    warehouse = Warehouse(home / "warehouse", engine)
    queries, seen = 0, set()
    print("reading", flush=True)
    while not stop.exists():
        with warehouse.snapshot() as snapshot:
            tables = {name: snapshot.select(name) for name in ("person", "touch", "journeys")}
            (row,) = snapshot.connection.execute(QUERY.format(**tables)).fetchall()
            people, touches, journeys, name, channel, counted = row
            assert people == touches == journeys == counted, row
            assert name == channel, row
            seen.add((snapshot.version, name))
            queries += 1
    print(queries, sorted(seen), flush=True)
