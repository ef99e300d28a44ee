"""Companies whose leads move by chance alone, so that no honest score can rank them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from knowledge.warehouse.stages import StageMap

START = datetime(2025, 5, 1)  # noqa: DTZ001 - tables hold UTC without zone
DAYS = 540
LEADS = 4_000
STAGES = ("mql", "accepted", "sql")
TO_MOVE, TO_LEAVE = 20.0, 30.0  # mean days, the same whoever the lead and however long it waits
TOUCHES = 5  # a lead, on average


@dataclass(frozen=True)
class Noise:
    """Hold a company in memory, as the engines read one.

    Whether and when a lead moves or leaves is drawn with constant hazards, apart from everything
    else, its age included; touches and assignments fall at any time.
    """

    seed: int
    version: int = 1
    as_of: datetime = START + timedelta(days=DAYS)
    stage_map: StageMap = field(default_factory=lambda: StageMap(STAGES))
    segments: tuple[str, ...] = ("region",)
    frames: dict[str, pd.DataFrame] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", _frames(self.seed))

    def names(self) -> tuple[str, ...]:
        """Name the tables."""
        return tuple(self.frames)

    def table(self, name: str) -> nw.LazyFrame[Any]:
        """Open a table."""
        return nw.from_native(self.frames[name]).lazy()


def _frames(seed: int) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    ids = np.array([f"lead-{number}" for number in range(LEADS)])
    entered = [rng.uniform(0, DAYS, LEADS)]
    left = np.full(LEADS, np.inf)
    for _ in STAGES[1:]:
        move, leave = rng.exponential(TO_MOVE, LEADS), rng.exponential(TO_LEAVE, LEADS)
        moves = move < leave
        left = np.where(~moves & np.isfinite(entered[-1]), entered[-1] + leave, left)
        entered.append(np.where(moves, entered[-1] + move, np.inf))
    furthest = np.sum([at <= DAYS for at in entered], axis=0) - 1
    gone = left <= DAYS
    columns: dict[str, Any] = {
        "journey_id": ids,
        "person_id": ids,
        "created_at": _moment(entered[0]),
        "region": rng.choice(["North", "South"], LEADS),
        "owner": rng.choice(["A", "B", "C"], LEADS),
        "current_stage": np.where(gone, "disqualified", np.array(STAGES)[furthest]),
        "first_response_at": _moment(entered[0] + rng.exponential(3, LEADS)),
    }
    for stage, at in zip(STAGES, entered, strict=True):
        columns[f"first_{stage}"] = columns[f"last_{stage}"] = _moment(at)
    for exit_ in StageMap(STAGES).exits:
        at = left if exit_ == "disqualified" else np.full(LEADS, np.inf)
        columns[f"first_{exit_}"] = columns[f"last_{exit_}"] = _moment(at)
    return {
        "journeys": pd.DataFrame(columns),
        "identity": pd.DataFrame({"id": ids, "entity_id": ids}),
        "touch": _touches(rng, ids),
        "assignment": _assignments(rng, ids),
    }


def _touches(rng: np.random.Generator, ids: Any) -> pd.DataFrame:
    count = LEADS * TOUCHES
    inbound = rng.random(count) < 0.3  # noqa: PLR2004 - a third is answered, say
    return pd.DataFrame(
        {
            "person_id": rng.choice(ids, count),
            "at": _moment(rng.uniform(0, DAYS, count)),
            "direction": np.where(inbound, "inbound", "outbound"),
            "action": np.where(inbound, "replied", "sent"),
        }
    )


def _assignments(rng: np.random.Generator, ids: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "journey_id": rng.choice(ids, LEADS),
            "to_owner_id": rng.choice(["A", "B", "C"], LEADS),
            "at": _moment(rng.uniform(0, DAYS, LEADS)),
        }
    )


def _moment(days: Any) -> pd.Series:
    """Turn days since the start into times; what lies beyond the data has not happened."""
    known = np.where(days <= DAYS, days, np.nan)
    return pd.Series(pd.Timestamp(START) + pd.to_timedelta(known, unit="D")).astype(
        "datetime64[us]"
    )
