"""What owners do: tasks (calls, e-mails, replies to them) and events (meetings) in the CRM."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from knowledge.sources.sample.clock import DAY, END, HOUR, working
from knowledge.sources.sample.columns import NEVER, Flags, Ints, choose, logistic, spread, stream
from knowledge.sources.sample.ids import record_ids
from knowledge.sources.sample.world import World
from knowledge.sources.sample.write import label, stamp, write_csv

_KINDS: Final = ("Email", "Call", "LinkedIn", "Email - Inbound")
EMAIL, CALL, LINKEDIN, INBOUND = range(4)
_OUTCOMES: Final = ("Connected", "Left Voicemail", "No Answer")
_SUBJECTS: Final = (
    "Following up on your request",
    "Call",
    "Message on LinkedIn",
    "Re: Following up on your request",
)
_REPLY_IF_TIRED = 0.3


def write_outreach(folder: Path, world: World) -> dict[str, int]:
    """Write task.csv and event.csv and count their rows."""
    rng = stream(world.seed, "tasks")
    parts = [_sequences(rng, world), _deal_work(rng, world), _replies(rng, world)]
    return {
        "task.csv": _write_tasks(folder, world, rng, parts),
        "event.csv": _write_meetings(folder, world),
    }


Work = tuple[Ints, Ints, Ints, Flags]


def _sequences(rng: np.random.Generator, world: World) -> Work:
    """Let owners work their leads: the first response, then steps some days apart."""
    walks = world.journeys.passages
    reached = (walks.accepted < NEVER).astype(np.int64) + (walks.sql < NEVER)
    busy = (walks.response < NEVER) & world.alive[walks.lead]
    counts = np.where(busy, 1 + rng.poisson(3.2 + 2.4 * reached), 0)
    rows, step = spread(counts)
    days = rng.uniform(1.2, 4.2, len(rows)) * step
    at = working(
        walks.response[rows] + (days * DAY).astype(np.int64),
        rng.uniform(0, 3, len(rows)),
        world.people.offset[walks.lead[rows]],
    )
    at = np.where(step == 0, walks.response[rows], at)
    kind = choose(rng, np.array([0.54, 0.38, 0.08]), len(rows))
    stop = np.minimum(walks.last[rows] + 14 * DAY, END)
    kept = (at <= stop) | (step == 0)
    return rows[kept], at[kept], kind[kept], np.zeros(int(kept.sum()), dtype=np.bool_)


def _deal_work(rng: np.random.Generator, world: World) -> Work:
    walks = world.journeys.passages
    begun = walks.opportunity
    closed = np.minimum(np.minimum(walks.won, walks.lost), END)
    counts = np.where(begun < NEVER, rng.poisson(7.0, len(begun)), 0)
    rows, _ = spread(counts)
    at = begun[rows] + ((closed - begun)[rows] * rng.random(len(rows))).astype(np.int64)
    kind = choose(rng, np.array([0.6, 0.4]), len(rows))
    return rows, at, kind, np.ones(len(rows), dtype=np.bool_)


def _replies(rng: np.random.Generator, world: World) -> Work:
    """Let leads answer, the better ones more, those tired of one piece rarely."""
    walks = world.journeys.passages
    start = walks.response
    reached = 1 + (walks.accepted < NEVER) + 1.2 * (walks.sql < NEVER)
    rate = 0.3 * world.drive[walks.lead] * reached * np.where(walks.tired, _REPLY_IF_TIRED, 1.0)
    busy = (start < NEVER) & world.alive[walks.lead]
    rows, _ = spread(np.where(busy, rng.poisson(rate), 0))
    stop = np.minimum(walks.last[rows] + 10 * DAY, END)
    room = np.maximum(stop - start[rows], HOUR)
    at = start[rows] + (room * rng.beta(1.0, 1.6, len(rows))).astype(np.int64) + HOUR // 2
    kept = at <= END
    kind = np.full(len(rows), INBOUND)
    return rows[kept], at[kept], kind[kept], walks.opportunity[rows[kept]] < at[kept]


def _write_tasks(folder: Path, world: World, rng: np.random.Generator, parts: list[Work]) -> int:
    walk, at, kind = (np.concatenate([part[place] for part in parts]) for place in range(3))
    by_seller = np.concatenate([part[3] for part in parts])
    walks = world.journeys.passages
    order = np.lexsort((walk, at))
    walk, at, kind, by_seller = walk[order], at[order], kind[order], by_seller[order]
    lead, count = walks.lead[walk], len(walk)
    warm = logistic(-0.9 + 0.35 * world.people.quality[lead] - 1.0 * (at > world.tired[lead]))
    outcome = np.where(rng.random(count) < warm, 0, rng.integers(1, 3, count))
    deal = np.full(len(walks.lead), -1, dtype=np.int64)
    deal[world.deals] = np.arange(len(world.deals))
    owner = np.where(by_seller, walks.seller[walk], walks.owner[walk])
    columns: dict[str, Any] = {
        "id": record_ids("00T", count),
        "is_deleted": np.zeros(count, dtype=np.bool_),
        "who_id": world.lead_ids[lead],
        "what_id": label(np.where(by_seller, deal[walk], -1), world.deal_ids),
        "owner_id": world.owners.ids[owner],
        "subject": label(kind, _SUBJECTS),
        "type": label(kind, _KINDS),
        "task_subtype": np.where(kind == CALL, "Call", "Email"),
        "call_disposition": label(np.where(kind == CALL, outcome, -1), _OUTCOMES),
        "status": np.full(count, "Completed"),
        "is_closed": np.ones(count, dtype=np.bool_),
        "activity_date": stamp(at // DAY * DAY),
        "created_date": stamp(at),
    }
    return write_csv(folder / "task.csv", columns)


def _write_meetings(folder: Path, world: World) -> int:
    rng = stream(world.seed, "meetings")
    walks = world.journeys.passages
    met = np.where(walks.tired, 0.08, 0.2)
    early = np.where(walks.sql < NEVER, 1, rng.random(len(met)) < met)
    early = np.where(walks.accepted < NEVER, early, 0)
    late = np.where(walks.opportunity < NEVER, 1 + rng.poisson(1.6, len(met)), 0)
    first, _ = spread(early)
    demo, _ = spread(late)
    closed = np.minimum(np.minimum(walks.won, walks.lost), END)
    until = np.where(walks.sql < NEVER, walks.sql, walks.accepted + 12 * DAY)[first]
    share = rng.uniform(0.5, 0.98, len(first))
    held = walks.accepted[first] + ((until - walks.accepted[first]) * share).astype(np.int64)
    span = (closed - walks.opportunity)[demo]
    shown = walks.opportunity[demo] + (span * rng.random(len(demo))).astype(np.int64)
    walk, at = np.concatenate([first, demo]), np.concatenate([held, shown])
    is_demo = np.repeat([False, True], [len(first), len(demo)])
    kept = at <= END
    walk, at, is_demo = walk[kept], at[kept], is_demo[kept]
    order = np.lexsort((walk, at))
    walk, at, is_demo = walk[order], at[order], is_demo[order]
    count = len(walk)
    minutes = np.where(is_demo, 45, 30)
    owner = np.where(is_demo, walks.seller[walk], walks.owner[walk])
    columns: dict[str, Any] = {
        "id": record_ids("00U", count),
        "is_deleted": np.zeros(count, dtype=np.bool_),
        "who_id": world.lead_ids[walks.lead[walk]],
        "owner_id": world.owners.ids[owner],
        "subject": np.where(is_demo, "Demo", "Discovery call"),
        "type": np.where(is_demo, "Demo", "Meeting"),
        "no_show_c": rng.random(count) < np.where(is_demo, 0.05, 0.12),
        "duration_in_minutes": minutes,
        "start_date_time": stamp(at),
        "end_date_time": stamp(at + minutes * 60),
        "created_date": stamp(np.maximum(at - 3 * DAY, walks.mql[walk])),
    }
    return write_csv(folder / "event.csv", columns)
