"""What the generator knows and the company does not; for evaluation only, on request."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from knowledge.sources.sample.clock import seconds
from knowledge.sources.sample.columns import NEVER, Flags
from knowledge.sources.sample.leaks import Leak
from knowledge.sources.sample.marketing import Audience
from knowledge.sources.sample.product import product_users
from knowledge.sources.sample.web import Visitors
from knowledge.sources.sample.world import World
from knowledge.sources.sample.write import label, serial, stamp, write_parquet


def write_truth(folder: Path, world: World, audience: Audience, visitors: Visitors) -> None:
    """Write leaks.json, persons.parquet, lead_accounts.parquet and odds.parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    story = world.story
    document = {
        "seed": world.seed,
        "scale": world.scale,
        "leaks": [_leak(world, leak) for leak in story.leaks],
        "decoys": [
            {
                "kind": "mix_shift",
                "lead_source": story.mix_source,
                "onset": story.mix_onset.isoformat(),
            },
            {"kind": "season", "months": [8, 12]},
        ],
        "tracking_gap": {
            "source": "web",
            "from": story.tracking_gap[0].isoformat(),
            "to": story.tracking_gap[1].isoformat(),
        },
    }
    text = json.dumps(document, indent=2) + "\n"
    (folder / "leaks.json").write_text(text, encoding="utf-8")
    write_parquet(folder / "persons.parquet", _persons(world, audience, visitors))
    write_parquet(folder / "lead_accounts.parquet", _lead_accounts(world))
    write_parquet(folder / "odds.parquet", _odds(world))


def _leak(world: World, leak: Leak) -> dict[str, Any]:
    walks = world.journeys.passages
    begin, reached = leak.transition
    entered = getattr(walks, begin)
    first = (walks.round == 0) & (entered < NEVER)
    hit = first & world.people.within(leak, walks.lead, entered)
    chance, without = walks.odds[reached], walks.odds_without[reached]
    return {
        **asdict(leak),
        "onset": leak.onset.isoformat(),
        "entered_after_onset": int(hit.sum()),
        "expected_rate": round(float(chance[hit].mean()), 4) if hit.any() else None,
        "expected_rate_without": round(float(without[hit].mean()), 4) if hit.any() else None,
        "expected_lost": round(float((without - chance)[hit].sum()), 1),
        "rate_before": _rate(world, leak, entered < seconds(leak.onset)),
    }


def _rate(world: World, leak: Leak, period: Flags) -> float | None:
    walks = world.journeys.passages
    begin, reached = leak.transition
    entered = getattr(walks, begin)
    within = world.people.within(leak, walks.lead, np.full(len(walks.lead), NEVER - 1))
    rows = (walks.round == 0) & (entered < NEVER) & within & period
    return round(float((getattr(walks, reached)[rows] < NEVER).mean()), 4) if rows.any() else None


def _persons(world: World, audience: Audience, visitors: Visitors) -> dict[str, Any]:
    """Say which records of which system are one real person (its first lead's row)."""
    original = world.people.original
    user, _ = product_users(world)
    known = visitors.lead >= 0
    numbers = 100_000 + np.arange(len(user), dtype=np.int64)
    parts = [
        ("salesforce", pa.array(world.lead_ids), original),
        (
            "marketing",
            pa.array(audience.numbers).cast(pa.string()),
            original[audience.first_lead],
        ),
        ("web", pa.array(visitors.anonymous_id[known]), original[visitors.lead[known]]),
        ("product", serial("u-", numbers), original[user]),
    ]
    return {
        "source": pa.array(
            np.repeat([part[0] for part in parts], [len(part[2]) for part in parts])
        ),
        "source_id": pa.concat_arrays([part[1].cast(pa.string()) for part in parts]),
        "person": pa.array(np.concatenate([part[2] for part in parts])),
    }


def _lead_accounts(world: World) -> dict[str, Any]:
    company = world.people.company
    return {
        "lead_id": world.lead_ids,
        "company": world.companies.name[company],
        "domain": world.companies.domain[company],
        "account_id": label(world.account_of[company], world.account_ids),
        "quality": world.people.quality,
    }


def _odds(world: World) -> dict[str, Any]:
    """Give the true chance of each transition that a walk entered, with and without the leaks."""
    walks = world.journeys.passages
    columns: dict[str, Any] = {
        "lead_id": world.lead_ids[walks.lead],
        "round": walks.round,
        "mql_at": stamp(walks.mql),
    }
    entered = np.ones(len(walks.lead), dtype=np.bool_)
    for stage, chance in walks.odds.items():
        columns[stage] = pa.array(chance, mask=~entered)
        columns[f"{stage}_without_leaks"] = pa.array(walks.odds_without[stage], mask=~entered)
        entered = getattr(walks, stage) < NEVER
    return columns
