"""Journeys in memory, read by pandas or by DuckDB."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd

from knowledge.warehouse.stages import StageMap

START = datetime(2026, 1, 1)  # noqa: DTZ001 - times inside tables are UTC without zone
STAGES = ("mql", "accepted", "won")


@dataclass
class Frames:
    """Offer frames the way a warehouse version does."""

    frames: dict[str, pd.DataFrame]
    as_of: datetime
    segments: tuple[str, ...] = ()
    stage_map: StageMap = field(default_factory=lambda: StageMap(STAGES))
    engine: Literal["pandas", "duckdb"] = "pandas"
    version: int = 7

    def names(self) -> tuple[str, ...]:
        return tuple(self.frames)

    def table(self, name: str) -> nw.LazyFrame[Any]:
        if self.engine == "pandas":
            return nw.from_native(self.frames[name]).lazy()
        connection = duckdb.connect()
        connection.register("rows_of_it", self.frames[name])
        return cast("nw.LazyFrame[Any]", nw.from_native(connection.table("rows_of_it")))


def times(days: Any) -> Any:
    """Turn days after the start into timestamps; NaN means never."""
    return pd.Series(
        pd.Timestamp(START) + pd.to_timedelta(np.asarray(days, dtype=float), unit="D")
    ).astype("datetime64[us]")


def journeys(**columns: Any) -> pd.DataFrame:
    """Make journeys of days after the start: mql, accepted, won, lost, disqualified, recycled."""
    size = len(columns["mql"])
    never = np.full(size, np.nan)
    made: dict[str, Any] = {"journey_id": [f"crm:{row}" for row in range(size)]}
    for name in (*STAGES, "lost", "disqualified", "recycled"):
        made[f"first_{name}"] = times(columns.pop(name, never))
        made[f"last_{name}"] = made[f"first_{name}"]
    made["first_response_at"] = times(columns.pop("response", never))
    frame = pd.DataFrame(made)
    order = ["mql", "accepted", "won", "recycled", "lost", "disqualified"]
    frame["current_stage"] = "mql"
    for name in order[1:]:
        frame.loc[frame[f"first_{name}"].notna(), "current_stage"] = name
    frame["current_since"] = frame[[f"first_{name}" for name in order]].max(axis=1)
    return frame.assign(**columns)


def steady(
    seed: int = 1, size: int = 3000, days: float = 300, rate: float = 0.4, lag: float = 6.0
) -> pd.DataFrame:
    """Make a company whose leads convert at one rate, with exponential lags."""
    rng = np.random.default_rng(seed)
    mql = np.sort(rng.uniform(0, days, size))
    accepted = np.where(rng.random(size) < rate, mql + rng.exponential(lag, size), np.nan)
    won = np.where(rng.random(size) < rate, accepted + rng.exponential(lag, size), np.nan)
    accepted[accepted > days] = np.nan
    won[won > days] = np.nan
    return journeys(mql=mql, accepted=accepted, won=won, region=rng.choice(["EMEA", "NA"], size))
