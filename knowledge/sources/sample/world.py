"""One whole Northpeak in memory, before it is split over the systems that record it."""

from dataclasses import dataclass

import numpy as np

from knowledge.sources.sample.clock import DAY, END
from knowledge.sources.sample.columns import NEVER, Flags, Floats, Ints, Texts, stream
from knowledge.sources.sample.company import (
    ACCOUNTS,
    Campaigns,
    Companies,
    Owners,
    make_campaigns,
    make_companies,
    make_owners,
)
from knowledge.sources.sample.funnel import make_journeys
from knowledge.sources.sample.ids import record_ids
from knowledge.sources.sample.leaks import Story, tell
from knowledge.sources.sample.mess import Shown, untidy
from knowledge.sources.sample.passages import Journeys
from knowledge.sources.sample.people import People, make_people


@dataclass(frozen=True)
class World:
    """Hold everything that is true.

    Attributes:
        lead_ids: CRM id of each lead.
        account_of: Row of the CRM account of each company; -1 where the CRM knows none.
        deals: Rows of the passages that became an opportunity.
        until: When each lead's engagement ends.
        depth: How many of accepted, sql, opportunity and won each lead reached.
        tired: Whether the repetitive nurture reached the lead, and since when (else NEVER).
    """

    seed: int
    scale: float
    story: Story
    owners: Owners
    campaigns: Campaigns
    companies: Companies
    people: People
    shown: Shown
    journeys: Journeys
    lead_ids: Texts
    account_of: Ints
    account_ids: Texts
    deals: Ints
    deal_ids: Texts
    until: Ints
    depth: Ints
    tired: Ints

    @property
    def alive(self) -> Flags:
        """Mark the leads that were not merged away."""
        return np.asarray(~self.people.merged, dtype=np.bool_)

    @property
    def drive(self) -> Floats:
        """Give the factor by which a lead's quality multiplies what it does."""
        return np.asarray(np.exp(0.32 * np.clip(self.people.quality, -3, 3)), dtype=np.float64)


def make_world(seed: int, scale: float) -> World:
    """Draw a Northpeak.

    Args:
        seed: Seed of all draws and of what is planted.
        scale: 1.0 is about 20,000 leads.
    """
    story, owners = tell(seed), make_owners(seed)
    companies = make_companies(seed, scale)
    people = make_people(seed, scale, companies, story)
    journeys = make_journeys(seed, people, owners, story)
    passages = journeys.passages
    deals = np.flatnonzero(passages.opportunity < NEVER)
    account_of = _accounts(seed, scale, companies, people.company[passages.lead[deals]])
    start = np.where(journeys.inquiry < NEVER, journeys.inquiry, people.created)
    exit_at = np.where(journeys.early_exit < NEVER, journeys.early_exit, 0)
    last = np.maximum(start, exit_at)
    np.maximum.at(last, passages.lead, passages.last)
    done = passages.lead[(passages.left < NEVER) | (passages.lost < NEVER)]
    linger = np.full(len(last), 40 * DAY)
    linger[done] = 6 * DAY
    depth = np.zeros(len(last), dtype=np.int64)
    tired = np.full(len(last), NEVER)
    steps = (passages.accepted, passages.sql, passages.opportunity, passages.won)
    np.maximum.at(depth, passages.lead, np.sum([step < NEVER for step in steps], axis=0))
    np.minimum.at(tired, passages.lead[passages.tired], passages.accepted[passages.tired])
    return World(
        seed,
        scale,
        story,
        owners,
        make_campaigns(),
        companies,
        people,
        untidy(seed, people, companies),
        journeys,
        record_ids("00Q", len(people.created)),
        account_of,
        record_ids("001", int(account_of.max()) + 1),
        deals,
        record_ids("006", len(deals)),
        np.minimum(last + linger, END),
        depth,
        tired,
    )


def _accounts(seed: int, scale: float, companies: Companies, buying: Ints) -> Ints:
    """Choose the companies that the CRM has as accounts: all that bought, then the busiest."""
    rng = stream(seed, "accounts")
    rank = companies.weight * rng.lognormal(0, 0.5, len(companies.weight))
    rank[buying] = np.inf
    wanted = max(round(ACCOUNTS * scale), len(np.unique(buying)), 1)
    known = np.sort(np.argsort(-rank, kind="stable")[:wanted])
    account_of = np.full(len(companies.weight), -1, dtype=np.int64)
    account_of[known] = np.arange(len(known))
    return account_of
