from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from knowledge.sources.sample import generate


@dataclass(frozen=True)
class Made:
    folder: Path
    truth: Path
    rows: dict[str, int]

    def table(self, name: str) -> pa.Table:
        """Read a CSV file of the CRM as text, without its broken lines."""
        path = self.folder / "salesforce" / f"{name}.csv"
        with path.open(encoding="utf-8") as lines:
            columns = next(lines).strip().split(",")
        return csv.read_csv(
            path,
            parse_options=csv.ParseOptions(invalid_row_handler=lambda _: "skip"),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=True
            ),
        )


def made(place: Path, *, seed: int = 7, scale: float = 0.05) -> Made:
    rows = generate(place / "sources", truth=place / "truth", seed=seed, scale=scale)
    return Made(place / "sources", place / "truth", rows)
