"""The leads: who they are, where they come from, and the latent quality that drives all else."""

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from knowledge.sources.sample import names
from knowledge.sources.sample.catalog import DIMENSIONS
from knowledge.sources.sample.clock import DAY, END, HOUR, START, arrivals, seconds
from knowledge.sources.sample.columns import Flags, Floats, Ints, Texts, choose, some, stream
from knowledge.sources.sample.company import Companies
from knowledge.sources.sample.leaks import Leak, Story

LEADS: Final = 20_000
DUPLICATES: Final = 0.035
_MERGED: Final = 0.08  # share of the duplicates that somebody merged
_FREE_MAIL: Final = 0.09


@dataclass(frozen=True)
class People:
    """Hold the leads in order of creation; all columns have one entry a lead.

    Attributes:
        created: When the CRM record was made.
        company: Row of the company they work for.
        codes: Segment column to index into the dimension's values.
        quality: Latent fit and intent, standard normal or so.
        original: Row of the first record of the same person; its own row if it is that.
        merged: Whether this duplicate was merged into the original.
        consent: 1 given, 0 refused, -1 not recorded.
        free_mail: Whether the address is not the company's.
    """

    created: Ints
    company: Ints
    codes: dict[str, Ints]
    quality: Floats
    first: Texts
    last: Texts
    email: Texts
    title: Texts
    original: Ints
    merged: Flags
    consent: Ints
    free_mail: Flags
    offset: Ints

    @property
    def duplicate(self) -> Flags:
        """Mark the leads that are a second record of somebody."""
        return np.asarray(self.original != np.arange(len(self.original)), dtype=np.bool_)

    def effect(self, name: str, rows: Ints) -> Floats:
        """Sum a shift (accept or later) over the dimensions for the given leads."""
        total = np.zeros(len(rows))
        for column, dimension in DIMENSIONS.items():
            total += np.array(getattr(dimension, name))[self.codes[column][rows]]
        return total

    def within(self, leak: Leak, rows: Ints, entered: Ints) -> Flags:
        """Mark the given leads that a leak reaches, by segment and time of entry."""
        hit = entered >= seconds(leak.onset)
        for column, value in leak.segment.items():
            code = DIMENSIONS[column].values.index(value)
            hit &= self.codes[column][rows] == code
        return np.asarray(hit, dtype=np.bool_)


def make_people(seed: int, scale: float, companies: Companies, story: Story) -> People:
    """Draw the leads, duplicates included."""
    rng = stream(seed, "people")
    whole = round(LEADS * scale)
    count = whole - round(whole * DUPLICATES)
    region = _regions_by_weight(rng, companies, count)
    created = arrivals(rng, np.zeros(count, dtype=np.int64))
    source = _sources(rng, created, story)
    region = _concentrate(rng, source, region, story)
    company = _company_in(rng, companies, region)
    created = created - companies.offset[company] * HOUR
    created = np.minimum(np.where(created < START, created + DAY, created), END)
    codes = {
        "lead_source": source,
        "region": companies.region[company],
        "industry": companies.industry[company],
        "size_band": companies.size[company],
        "persona": choose(rng, np.array(DIMENSIONS["persona"].weights), count),
        "product_line": choose(rng, np.array(DIMENSIONS["product_line"].weights), count),
    }
    quality = rng.normal(0, 1, count)
    for column, dimension in DIMENSIONS.items():
        quality += np.array(dimension.quality)[codes[column]]
    first, last = rng.choice(names.FIRST, count), rng.choice(names.LAST, count)
    free = rng.random(count) < _FREE_MAIL
    titles = [names.TITLES[name] for name in DIMENSIONS["persona"].values]
    base = People(
        created,
        company,
        codes,
        quality,
        first,
        last,
        _addresses(rng, first, last, companies.domain[company], free),
        np.array(titles)[codes["persona"], rng.integers(0, 3, count)],
        np.arange(count, dtype=np.int64),
        np.zeros(count, dtype=np.bool_),
        choose(rng, np.array([0.14, 0.06, 0.8]), count) - 1,
        free,
        companies.offset[company],
    )
    return _in_order(_with_duplicates(rng, base, whole - count))


def _sources(rng: np.random.Generator, created: Ints, story: Story) -> Ints:
    values = DIMENSIONS["lead_source"].values
    before = np.array(DIMENSIONS["lead_source"].weights)
    headline = values.index(story.handoff.segment["lead_source"])
    before[headline] = 0.34  # enough leads for a drop in one of its regions to be seen
    before /= before.sum()
    grown = before.copy()
    grown[values.index(story.mix_source)] *= 2.6
    kind = (created >= seconds(story.mix_onset)).astype(np.int64)
    return choose(rng, np.stack([before, grown]), kind)


def _regions_by_weight(rng: np.random.Generator, companies: Companies, count: int) -> Ints:
    weights = np.bincount(companies.region, companies.weight)
    return choose(rng, weights, count)


def _concentrate(rng: np.random.Generator, source: Ints, region: Ints, story: Story) -> Ints:
    """Move leads of the headline's source into its region until that holds most of them."""
    code = DIMENSIONS["lead_source"].values.index(story.handoff.segment["lead_source"])
    there = DIMENSIONS["region"].values.index(story.handoff.segment["region"])
    moved = (source == code) & some(rng, 0.45, len(source))
    return np.asarray(np.where(moved, there, region), dtype=np.int64)


def _company_in(rng: np.random.Generator, companies: Companies, region: Ints) -> Ints:
    company = np.zeros(len(region), dtype=np.int64)
    for index in range(len(DIMENSIONS["region"].values)):
        there = np.flatnonzero(companies.region == index)
        rows = np.flatnonzero(region == index)
        company[rows] = there[choose(rng, companies.weight[there], len(rows))]
    return company


def _addresses(
    rng: np.random.Generator, first: Texts, last: Texts, domain: Texts, free: Flags
) -> Texts:
    host = np.where(free, rng.choice(names.FREE_MAIL, len(first)), domain)
    taken: dict[str, int] = {}
    result = []
    for given, family, place in zip(first, last, host, strict=True):
        address = f"{given}.{family}".lower()
        count = taken.get(f"{address}@{place}", 0)
        taken[f"{address}@{place}"] = count + 1
        result.append(f"{address}{count + 1 if count else ''}@{place}")
    return np.array(result)


def _with_duplicates(rng: np.random.Generator, base: People, count: int) -> People:
    """Append second records of some people, made some time after the first."""
    early = np.flatnonzero(base.created < END - 5 * DAY)
    original = np.sort(rng.choice(early, count, replace=False))
    room = END - base.created[original]
    wait = np.minimum(rng.exponential(60 * DAY, count) + HOUR, room * rng.uniform(0.1, 1, count))
    second = _take(base, original)
    second = replace(
        second,
        created=(second.created + wait).astype(np.int64),
        original=original,
        merged=rng.random(count) < _MERGED,
        consent=np.where(some(rng, 0.4, count), -1, second.consent),
    )
    both = {
        field.name: np.concatenate([getattr(base, field.name), getattr(second, field.name)])
        for field in fields(People)
        if field.name != "codes"
    }
    codes = {name: np.concatenate([base.codes[name], second.codes[name]]) for name in base.codes}
    return People(codes=codes, **both)


def _take(people: People, rows: Ints) -> People:
    columns = {
        field.name: getattr(people, field.name)[rows]
        for field in fields(People)
        if field.name != "codes"
    }
    return People(codes={name: code[rows] for name, code in people.codes.items()}, **columns)


def _in_order(people: People) -> People:
    order = np.argsort(people.created, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    ordered = _take(people, order)
    return replace(ordered, original=place[ordered.original])
