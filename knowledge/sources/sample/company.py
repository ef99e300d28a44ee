"""Northpeak itself and the companies it sells to: owners in teams, campaigns, companies."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from knowledge.sources.sample import names
from knowledge.sources.sample.catalog import COUNTRIES, DIMENSIONS, EMPLOYEES
from knowledge.sources.sample.clock import DAY, END, START, seconds
from knowledge.sources.sample.columns import NEVER, Floats, Ints, Texts, choose, stream
from knowledge.sources.sample.ids import record_ids

REGIONS: Final = DIMENSIONS["region"].values
ZONES: Final = ("America/Chicago", "Europe/Berlin", "Asia/Singapore", "America/Sao_Paulo")
SDRS: Final = (8, 6, 4, 2)  # by region
AES: Final = (6, 4, 2, 1)
CONTENT_QUARTERS: Final = 6
COMPANIES: Final = 4_300
ACCOUNTS: Final = 1_500


@dataclass(frozen=True)
class Owners:
    """Hold Northpeak's users; all columns have one entry a user.

    Attributes:
        role: SDR, AE, Manager, Revenue Manager or System.
        region: Index into REGIONS; -1 for those who serve all.
        manager: Row of the manager; -1 for none.
        skill: Shift of the log odds of their conversions.
        pace: Factor on their response times.
        leaves: When they leave; NEVER for those who stay.
    """

    ids: Texts
    first: Texts
    last: Texts
    email: Texts
    role: Texts
    region: Ints
    manager: Ints
    skill: Floats
    pace: Floats
    leaves: Ints

    @property
    def system(self) -> int:
        """Give the row of the integration user."""
        return len(self.ids) - 1

    def pick(self, rng: np.random.Generator, role: str, region: Ints, at: Ints) -> Ints:
        """Draw an owner of a role in each region who still works there at the time."""
        picked = np.zeros(len(region), dtype=np.int64)
        for index in range(len(REGIONS)):
            desk = np.flatnonzero((self.role == role) & (self.region == index))
            place = rng.integers(0, len(desk), int((region == index).sum()))
            moment = at[region == index]
            gone = self.leaves[desk[place]] <= moment
            picked[region == index] = desk[np.where(gone, (place + 1) % len(desk), place)]
        return picked


def make_owners(seed: int) -> Owners:
    """Staff the regions: SDRs and AEs under a regional manager, all under Dana Meyer."""
    rng = stream(seed, "owners")
    rows: list[tuple[str, int, int]] = [("Revenue Manager", -1, -1)]
    rows += [("Manager", region, 0) for region in range(len(REGIONS))]
    for role, desks in (("SDR", SDRS), ("AE", AES)):
        rows += [
            (role, region, 1 + region) for region, size in enumerate(desks) for _ in range(size)
        ]
    rows.append(("System", -1, -1))
    count = len(rows)
    first = rng.choice(names.FIRST, count, replace=False)
    last = rng.choice(names.LAST, count, replace=False)
    # The people of the default policy who own records.
    first[0], last[0] = "Dana", "Meyer"
    first[6], last[6] = "Sam", "Okafor"  # an SDR of the largest desk
    first[-1], last[-1] = "Northpeak", "Integration"
    email = np.array(
        [f"{a}.{b}@northpeak.example".lower() for a, b in zip(first, last, strict=True)]
    )
    leaves = np.full(count, NEVER)
    leaves[5] = seconds(date(2026, 1, 30))  # the first SDR of the largest desk
    return Owners(
        record_ids("005", count),
        first,
        last,
        email,
        np.array([role for role, _, _ in rows]),
        np.array([region for _, region, _ in rows]),
        np.array([manager for _, _, manager in rows]),
        rng.normal(0, 0.16, count),
        rng.lognormal(0, 0.2, count),
        leaves,
    )


@dataclass(frozen=True)
class Campaigns:
    """Hold the campaigns: one for each source and quarter, and the nurture programmes."""

    ids: Texts
    name: Texts
    kind: Texts
    start: Ints
    end: Ints

    def of(self, source: Ints, moment: Ints) -> Ints:
        """Find the campaign that brought a lead of a source at a time."""
        quarter = np.clip((moment - START) // (92 * DAY), 0, CONTENT_QUARTERS - 1)
        return np.asarray(source * CONTENT_QUARTERS + quarter, dtype=np.int64)

    @property
    def nurture(self) -> Ints:
        """List the rows of the nurture programmes."""
        first = len(DIMENSIONS["lead_source"].values) * CONTENT_QUARTERS
        return np.arange(first, len(self.ids), dtype=np.int64)


def make_campaigns() -> Campaigns:
    """List the campaigns of six quarters."""
    quarters = ("Q2 2025", "Q3 2025", "Q4 2025", "Q1 2026", "Q2 2026", "Q3 2026")
    sources = DIMENSIONS["lead_source"].values
    rows = [
        (f"{source} {quarter}", source, START + place * 92 * DAY, START + (place + 1) * 92 * DAY)
        for source in sources
        for place, quarter in enumerate(quarters)
    ]
    rows += [
        (f"Nurture: {topic}", "Email", START, END + 1)
        for topic in ("first steps", "proof and peers", "business case", "security and rollout")
    ]
    name, kind, start, end = (np.array(column) for column in zip(*rows, strict=True))
    return Campaigns(record_ids("701", len(rows)), name, kind, start, end)


@dataclass(frozen=True)
class Companies:
    """Hold the companies that leads work for; all columns have one entry a company.

    Attributes:
        offset: Local time minus UTC, in hours.
        weight: How many leads they bring, relatively.
    """

    name: Texts
    domain: Texts
    industry: Ints
    region: Ints
    country: Texts
    size: Ints
    employees: Ints
    offset: Ints
    weight: Floats


def make_companies(seed: int, scale: float) -> Companies:
    """Draw the market, far larger than the accounts that the CRM knows."""
    rng = stream(seed, "companies")
    count = max(200, round(COMPANIES * scale))
    industry = choose(rng, np.array(DIMENSIONS["industry"].weights), count)
    region = choose(rng, np.array(DIMENSIONS["region"].weights), count)
    size = choose(rng, np.array(DIMENSIONS["size_band"].weights), count)
    country = np.empty(count, dtype="U16")
    offset = np.zeros(count, dtype=np.int64)
    for index, name in enumerate(REGIONS):
        there = np.flatnonzero(region == index)
        labels, weights, offsets = COUNTRIES[name]
        pick = choose(rng, np.array(weights), len(there))
        country[there] = np.array(labels)[pick]
        offset[there] = np.array(offsets)[pick]
    title = _company_names(rng, industry)
    domain = np.array([name.lower().replace(" ", "-") + ".example" for name in title])
    employees = rng.integers(EMPLOYEES[size, 0], EMPLOYEES[size, 1] + 1)
    weight = rng.lognormal(0, 0.9, count) * (1 + 0.35 * size)
    return Companies(title, domain, industry, region, country, size, employees, offset, weight)


def _company_names(rng: np.random.Generator, industry: Ints) -> Texts:
    words = np.array([names.INDUSTRY_WORDS[name] for name in DIMENSIONS["industry"].values])
    stems = np.array([start + end for start in names.STEM_STARTS for end in names.STEM_ENDS])
    pairs = len(stems) * words.shape[1]
    rounds = -(-len(industry) // pairs)
    pick = np.concatenate([rng.permutation(pairs) + pairs * turn for turn in range(rounds)])
    pick = pick[: len(industry)]
    stem, word = stems[pick % len(stems)], words[industry, pick // len(stems) % words.shape[1]]
    return np.array(
        [
            f"{first} {second}" + (f" {turn + 1}" if turn else "")
            for first, second, turn in zip(stem, word, pick // pairs, strict=True)
        ]
    )
