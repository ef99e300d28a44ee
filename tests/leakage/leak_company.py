"""Companies in memory, made apart from the detectors: clean, leaking, shifting, seasonal."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, cast

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd

from knowledge.warehouse.stages import StageMap

START = datetime(2025, 5, 1)  # noqa: DTZ001 - times inside tables are UTC without zone
DAYS = 540
STAGES = ("mql", "accepted", "won")
SOURCES = {"web": -0.4, "event": 0.1, "partner": 0.6, "outbound": -0.9}
REGIONS = {"EMEA": 0.0, "NA": 0.1, "APAC": -0.2}
SEGMENTS = ("lead_source", "region", "industry", "owner")
Leads = dict[str, Any]


@dataclass
class Company:
    """Offer frames the way a warehouse version does."""

    frames: dict[str, pd.DataFrame]
    as_of: datetime = START + timedelta(days=DAYS)
    segments: tuple[str, ...] = SEGMENTS
    stage_map: StageMap = field(default_factory=lambda: StageMap(STAGES))
    engine: str = "pandas"
    version: int = 3

    def names(self) -> tuple[str, ...]:
        return tuple(self.frames)

    def table(self, name: str) -> nw.LazyFrame[Any]:
        if self.engine == "pandas":
            return nw.from_native(self.frames[name]).lazy()
        self.connection.register(f"rows_of_{name}", self.frames[name])
        table = self.connection.table(f"rows_of_{name}")
        return cast("nw.LazyFrame[Any]", nw.from_native(table))

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect()


@dataclass(frozen=True)
class Plan:
    """Say what is wrong with a company.

    Attributes:
        chance: Changes the probability of being accepted, given the leads.
        sources: Changes who comes when.
        wait_hours: Mean time to the first response of each lead.
        unowned: Share of leads without an owner.
        effect_of_wait: Odds lost by a lead that waited over a day.
    """

    chance: Callable[[Leads], Any] = lambda leads: np.ones(len(leads["day"]))
    sources: Callable[[Leads, Any], Any] = lambda leads, _rng: leads["lead_source"]
    wait_hours: Callable[[Leads], Any] = lambda leads: np.full(len(leads["day"]), 6.0)
    unowned: Callable[[Leads], Any] = lambda leads: np.full(len(leads["day"]), 0.02)
    effect_of_wait: float = 0.0


def day_of(day: float) -> date:
    return (START + timedelta(days=day)).date()


def company(seed: int, plan: Plan | None = None, size: int = 6000) -> Company:
    """Make eighteen months of leads that are accepted and won with logistic probabilities."""
    plan = plan or Plan()
    rng = np.random.default_rng(seed)
    leads: Leads = {
        "day": np.sort(rng.uniform(0, DAYS, size)),
        "lead_source": rng.choice(list(SOURCES), size, p=[0.4, 0.2, 0.2, 0.2]),
        "region": rng.choice(list(REGIONS), size, p=[0.4, 0.4, 0.2]),
        "industry": rng.choice(["software", "finance", "health", "retail"], size),
        "owner": rng.choice([f"owner {number}" for number in range(20)], size),
    }
    leads["lead_source"] = plan.sources(leads, rng)
    waited = rng.exponential(plan.wait_hours(leads))
    unowned = rng.random(size) < plan.unowned(leads)
    odds = np.array([SOURCES[item] for item in leads["lead_source"]])
    odds = odds + np.array([REGIONS[item] for item in leads["region"]])
    slow = plan.effect_of_wait * (waited > 24)
    chance = plan.chance(leads) / (1 + np.exp(-(0.4 + odds - slow)))
    accepted = leads["day"] + rng.gamma(1.5, 2.0, size)
    accepted[(rng.random(size) > chance * ~unowned) | (accepted > DAYS)] = np.nan
    won = accepted + rng.gamma(1.5, 10.0, size)
    won[(rng.random(size) > 0.35) | (won > DAYS)] = np.nan
    response = leads["day"] + waited / 24
    response[unowned | (response > DAYS)] = np.nan
    frame = pd.DataFrame({name: leads[name] for name in SEGMENTS})
    frame["journey_id"] = [f"crm:{row}" for row in range(size)]
    frame["person_id"] = [f"person:{row}" for row in range(size)]
    frame["name"] = [f"Lead {row}" for row in range(size)]
    frame["owner_id"] = frame["owner"].where(~unowned)
    frame["handoffs"] = 0
    days = {"mql": leads["day"], "accepted": accepted, "won": won}
    for name in (*STAGES, "lost", "disqualified"):
        values = times(days.get(name, np.full(size, np.nan)))
        frame[f"first_{name}"] = frame[f"last_{name}"] = values
    frame["first_response_at"] = times(response)
    frame["current_stage"] = np.select(
        [~np.isnan(won), ~np.isnan(accepted)], ["won", "accepted"], "mql"
    )
    frame["value"] = np.where(np.isnan(won), np.nan, 10_000.0)
    return Company({"journeys": frame})


def times(days: Any) -> Any:
    """Turn days after the start into timestamps; NaN means never."""
    return pd.Series(
        pd.Timestamp(START) + pd.to_timedelta(np.asarray(days, dtype=float), unit="D")
    ).astype("datetime64[us]")


def engaged(seed: int, size: int = 6000, strength: float = 2.0) -> Company:
    """Make a company whose leads answer early if they will convert, as strongly as asked."""
    made = company(seed, size=size)
    rng = np.random.default_rng(seed + 1000)
    frame = made.frames["journeys"]
    accepted = frame["first_accepted"].notna().to_numpy()
    day = (frame["first_mql"] - pd.Timestamp(START)).dt.total_seconds().to_numpy() / 86_400
    answers = rng.random(size) < 1 / (1 + np.exp(-strength * np.where(accepted, 1, -1)))
    touched = day + rng.uniform(0, 1, size)
    rows = answers & (touched < DAYS)
    made.frames["touch"] = pd.DataFrame(
        {
            "person_id": frame["person_id"].to_numpy()[rows],
            "at": times(touched[rows]),
            "direction": "inbound",
            "action": "reply",
        }
    )
    made.frames["identity"] = pd.DataFrame(
        {"id": frame["person_id"], "entity_id": frame["person_id"]}
    )
    # Acceptance comes only after the answer, so that the answer is known before it.
    for name in ("first_accepted", "last_accepted"):
        frame[name] += timedelta(days=4)
    return made
