"""What the CRM logs of a lead: changes of its status and of its owner."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from knowledge.sources.sample.clock import DAY, END
from knowledge.sources.sample.columns import NEVER, Ints, spread, stream
from knowledge.sources.sample.passages import DISQUALIFIED, RECYCLED
from knowledge.sources.sample.world import World

STATUSES: Final = (
    "New",
    "Open - Not Contacted",
    "Marketing Qualified",
    "Working - Contacted",
    "Sales Qualified",
    "Converted",
    "Recycled - Nurture",
    "Unqualified",
)
NEW, OPEN, QUALIFIED, WORKING, SALES, CONVERTED, BACK, OUT = range(8)
_SKIPPED = {OPEN: 0.015, WORKING: 0.025}  # share of the steps that nobody recorded


@dataclass(frozen=True)
class Changes:
    """Hold changes in order of lead and time; ``old`` and ``new`` are codes or owner rows.

    Attributes:
        by: Row of the owner who made the change.
    """

    lead: Ints
    at: Ints
    old: Ints
    new: Ints
    by: Ints

    def latest(self, count: int, default: int) -> Ints:
        """Give the last value of each of a number of leads."""
        value = np.full(count, default, dtype=np.int64)
        value[self.lead] = self.new  # in order of time, so the last one stays
        return value


def status_changes(world: World) -> Changes:
    """List the status changes, without the steps that nobody recorded."""
    rng = stream(world.seed, "status changes")
    walks, journeys = world.journeys.passages, world.journeys
    everyone = np.arange(len(world.people.created), dtype=np.int64)
    system = world.owners.system
    qualified = np.zeros(len(everyone), dtype=np.bool_)
    qualified[walks.lead] = True
    unseen = qualified & (rng.random(len(everyone)) < _SKIPPED[OPEN])
    jumped = (walks.sql < NEVER) & (rng.random(len(walks.lead)) < _SKIPPED[WORKING])
    parts = [
        (everyone, np.where(unseen, NEVER, journeys.inquiry), OPEN, None),
        (everyone, journeys.early_exit, OUT, None),
        (walks.lead, walks.mql, QUALIFIED, None),
        (walks.lead, np.where(jumped, NEVER, walks.accepted), WORKING, walks.owner),
        (walks.lead, walks.sql, SALES, walks.owner),
        (walks.lead, walks.opportunity, CONVERTED, walks.owner),
        (walks.lead, np.where(walks.fate == RECYCLED, walks.left, NEVER), BACK, walks.owner),
        (walks.lead, np.where(walks.fate == DISQUALIFIED, walks.left, NEVER), OUT, walks.owner),
    ]
    lead = np.concatenate([part[0] for part in parts])
    at = np.concatenate([part[1] for part in parts])
    new = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])
    by = np.concatenate(
        [np.full(len(part[0]), system) if part[3] is None else part[3] for part in parts]
    )
    return _chained(world, (lead, at, new, by), first=NEW)


def owner_changes(world: World) -> Changes:
    """List the owner changes: assignment, hand-offs before the response, hand-over to an AE."""
    rng = stream(world.seed, "owner changes")
    walks, system = world.journeys.passages, world.owners.system
    rows, turn = spread(np.where(walks.assigned < NEVER, walks.handoffs + 1, 0))
    begin = walks.assigned[rows]
    until = np.where(walks.response < NEVER, walks.response, walks.assigned + 2 * DAY)[rows]
    at = begin + (until - begin) * turn // (walks.handoffs[rows] + 1)
    region = world.people.codes["region"][walks.lead[rows]]
    passing = world.owners.pick(rng, "SDR", region, at)
    new = np.where(turn == walks.handoffs[rows], walks.owner[rows], passing)
    lead = np.concatenate([walks.lead[rows], walks.lead])
    moment = np.concatenate(
        [at, np.where(walks.opportunity < NEVER, walks.opportunity + 60, NEVER)]
    )
    by = np.concatenate([np.full(len(rows), system), walks.owner])
    return _chained(world, (lead, moment, np.concatenate([new, walks.seller]), by), first=-1)


def _chained(world: World, columns: tuple[Ints, Ints, Ints, Ints], *, first: int) -> Changes:
    """Order changes (lead, time, value, by), drop empty ones, and add what was before."""
    lead, at, new, by = columns
    kept = (at <= END) & world.alive[lead]
    lead, at, new, by = lead[kept], at[kept], new[kept], by[kept]
    order = np.lexsort((new, at, lead))
    lead, at, new, by = lead[order], at[order], new[order], by[order]
    old = np.concatenate([[first], new[:-1]]).astype(np.int64)
    old[np.concatenate([[True], lead[1:] != lead[:-1]])] = first
    kept = old != new
    return Changes(lead[kept], at[kept], old[kept], new[kept], by[kept])
