"""The product's own log: trial users and what they do in it."""

from pathlib import Path
from typing import Final

import numpy as np

from knowledge.sources.sample.catalog import DIMENSIONS
from knowledge.sources.sample.clock import DAY, END, HOUR
from knowledge.sources.sample.columns import NEVER, Ints, choose, some, spread, stream
from knowledge.sources.sample.world import World
from knowledge.sources.sample.write import iso, label, serial, write_jsonl

_EVENTS: Final = (
    ("workflow_run", 0.34),
    ("login", 0.27),
    ("report_viewed", 0.12),
    ("workflow_created", 0.11),
    ("teammate_invited", 0.08),
    ("integration_connected", 0.05),
    ("limit_reached", 0.03),
)
_TRIAL_STARTED = len(_EVENTS)
_FIRST_USER: Final = 100_000
_TRIAL_DAYS = 21


def write_product(folder: Path, world: World) -> dict[str, int]:
    """Write users and events as JSON lines and count their rows."""
    rng = stream(world.seed, "product")
    lead, start = product_users(world)
    number = _FIRST_USER + np.arange(len(lead), dtype=np.int64)
    email = np.char.lower(world.people.email[lead])
    domain = world.companies.domain[world.people.company[lead]]
    drive = world.drive[lead] * np.where(world.tired[lead] < NEVER, 0.7, 1.0)
    user, step = spread(1 + rng.poisson(15 * drive))
    kind = choose(rng, np.array([weight for _, weight in _EVENTS]), len(user))
    kind = np.where(step == 0, _TRIAL_STARTED, kind)
    at = start[user] + (rng.beta(0.9, 1.8, len(user)) * _TRIAL_DAYS * DAY).astype(np.int64)
    at = np.where(step == 0, start[user], at)
    kept = at <= END
    user, kind, at = user[kept], kind[kept], at[kept]
    order = np.lexsort((kind, user, at))
    user, kind, at = user[order], kind[order], at[order]
    names = [*(name for name, _ in _EVENTS), "trial_started"]
    users = {
        "user_id": serial("u-", number),
        "email": email,
        "full_name": np.char.add(
            np.char.add(world.people.first[lead].astype("U24"), " "), world.people.last[lead]
        ),
        "workspace": domain,
        "signed_up_at": iso(start, "-08:00", -8),
    }
    events = {
        "event_id": serial("evt-", np.arange(len(user), dtype=np.int64) + 10_000_000),
        "user_id": serial("u-", number[user]),
        "workspace": label(user, domain),
        "event": label(kind, names),
        "timestamp": iso(at, "-08:00", -8),  # the log keeps Pacific time all year
    }
    return {
        "users.jsonl": write_jsonl(folder / "users.jsonl", users),
        "events.jsonl": write_jsonl(folder / "events.jsonl", events),
    }


def product_users(world: World) -> tuple[Ints, Ints]:
    """List the leads that try the product, and since when."""
    rng = stream(world.seed, "product users")
    people, walks = world.people, world.journeys.passages
    source = DIMENSIONS["lead_source"].values.index("Product Trial")
    start = np.where(people.codes["lead_source"] == source, people.created + HOUR // 6, NEVER)
    pilots = np.flatnonzero((walks.opportunity < NEVER) & some(rng, 0.55, len(walks.lead)))
    np.minimum.at(start, walks.lead[pilots], walks.opportunity[pilots] + 2 * DAY)
    start = np.where(people.duplicate, NEVER, start)
    lead = np.flatnonzero(start <= END)
    lead = lead[np.argsort(start[lead], kind="stable")]
    return lead, start[lead]
