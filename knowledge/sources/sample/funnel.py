"""The journeys: who reaches which stage when, who answers them, and where they drop out."""

from dataclasses import dataclass

import numpy as np

from knowledge.sources.sample.catalog import DIMENSIONS, INBOUND
from knowledge.sources.sample.clock import END, HOUR, season, working
from knowledge.sources.sample.columns import (
    NEVER,
    Flags,
    Floats,
    Ints,
    after,
    calibrate,
    choose,
    lags,
    logistic,
    some,
    stream,
)
from knowledge.sources.sample.company import Owners
from knowledge.sources.sample.leaks import Leak, Story
from knowledge.sources.sample.passages import RECYCLED, STALE, Journeys, Passages, joined
from knowledge.sources.sample.people import People

_INQUIRY = {True: 0.95, False: 0.6}  # inbound leads and worked lists
_MQL = 0.66
_RATES = {"accepted": 0.69, "sql": 0.46, "opportunity": 0.59, "won": 0.19}
_PULL = {"accepted": 0.55, "sql": 0.5, "opportunity": 0.45, "won": 0.5}  # of latent quality
_FATES = np.array(  # stale, recycled, disqualified after mql, accepted, sql
    [[0.25, 0.4, 0.35], [0.25, 0.45, 0.3], [0.3, 0.4, 0.3]]
)
_COOLING = 24.0  # working hours until the chance of acceptance has fallen to 1/e
_HEALTHY_RESPONSE, _SLOW_RESPONSE = 2.2, 13.0  # working hours, medians
_UNOWNED, _UNOWNED_GAP = 0.015, 0.56
_UNOWNED_FACTOR = 0.2
_UNANSWERED = 0.1
_BACK_AGAIN = 0.28
_SCORED_UP = 0.88


def make_journeys(seed: int, people: People, owners: Owners, story: Story) -> Journeys:
    """Walk all leads through the funnel."""
    rng = stream(seed, "early stages")
    inquiry, mql = _qualify(rng, people, story)
    early = lags(rng, 12, 0.7, len(mql))
    fading = rng.random(len(mql)) < np.where(people.duplicate, 0.6, 0.3)
    start = np.where(inquiry < NEVER, inquiry, people.created)
    exit_at = np.where((mql == NEVER) & fading, start + early, NEVER)
    rows = np.flatnonzero(mql <= END)
    first = _walk(stream(seed, "first walk"), _Walkers(people, owners, story, rows, mql[rows]))
    rng = stream(seed, "second chance")
    back = (first.fate == RECYCLED) & (first.left <= END) & (rng.random(len(rows)) < _BACK_AGAIN)
    again = first.left + lags(rng, 45, 0.6, len(rows))
    back &= again <= END
    returning = _Walkers(people, owners, story, rows[back], again[back], turn=1)
    second = _walk(stream(seed, "second walk"), returning)
    return Journeys(_known(inquiry), _known(exit_at), joined(first, second))


def _qualify(rng: np.random.Generator, people: People, story: Story) -> tuple[Ints, Ints]:
    count = len(people.created)
    everyone = np.arange(count, dtype=np.int64)
    values = DIMENSIONS["lead_source"].values
    inbound = np.isin(people.codes["lead_source"], [values.index(name) for name in INBOUND])
    raised = rng.random(count) < np.where(inbound, _INQUIRY[True], _INQUIRY[False])
    wait = np.where(inbound, lags(rng, 0.02, 0.8, count), lags(rng, 5, 0.8, count))
    inquiry = np.where(raised, people.created + wait, NEVER)
    chance = calibrate(0.7 * people.quality + people.effect("accept", everyone), _MQL)
    scored_up = people.within(story.scoring, everyone, inquiry)
    chance = np.where(scored_up, np.maximum(chance, _SCORED_UP), chance)
    chance = np.where(people.duplicate, 0, chance)
    qualified = rng.random(count) < chance
    mql = np.where(qualified, after(inquiry, lags(rng, 4.5, 1.0, count)), NEVER)
    return inquiry, _in_office_hours(rng, mql, people.offset)


def _in_office_hours(rng: np.random.Generator, moment: Ints, offset: Ints) -> Ints:
    """Move most moments into working hours, when people score, call and decide."""
    kept = some(rng, 0.25, len(moment))
    moved = working(moment, rng.uniform(0.05, 7, len(moment)), offset)
    return np.asarray(np.where(kept, moment, moved), dtype=np.int64)


@dataclass(frozen=True)
class _Walkers:
    """Hold the leads of one round of walks, with all that their luck depends on."""

    people: People
    owners: Owners
    story: Story
    lead: Ints
    mql: Ints
    turn: int = 0

    def within(self, leak: Leak, entered: Ints) -> Flags:
        return self.people.within(leak, self.lead, entered) & (entered < NEVER)

    def willing(self, owner: Ints, stage: str) -> Floats:
        """Give the chance of the next stage without any leak."""
        logit = (
            _PULL[stage] * self.people.quality[self.lead]
            + self.people.effect("accept" if stage == "accepted" else "later", self.lead)
            + self.owners.skill[owner]
        )
        if len(self.lead) == 0 or self.turn:  # who comes back is a little less willing
            return logistic(logit + np.log(_RATES[stage] / (1 - _RATES[stage])) - 0.5)
        return calibrate(logit, _RATES[stage])


@dataclass(frozen=True)
class _Answer:
    """Hold who answers the leads, when, and what would have been without the leaks."""

    owner: Ints
    handoffs: Ints
    unowned: Flags
    unowned_anyway: Flags
    hours: Floats
    healthy: Floats
    assigned: Ints
    response: Ints


def _answer(rng: np.random.Generator, walkers: _Walkers) -> _Answer:
    people, mql, count = walkers.people, walkers.mql, len(walkers.lead)
    offset = people.offset[walkers.lead]
    slow = walkers.within(walkers.story.handoff, mql)
    owner = walkers.owners.pick(rng, "SDR", people.codes["region"][walkers.lead], mql)
    pace = walkers.owners.pace[owner] / season(mql) ** 3
    healthy = rng.lognormal(np.log(_HEALTHY_RESPONSE), 0.8, count) * pace
    hours = np.where(slow, rng.lognormal(np.log(_SLOW_RESPONSE), 0.5, count) * pace, healthy)
    luck = rng.random(count)
    ungoverned = walkers.within(walkers.story.governance, mql)
    unowned = luck < np.where(ungoverned, _UNOWNED_GAP, _UNOWNED)
    handoffs = np.where(slow, 1 + rng.binomial(2, 0.6, count), rng.binomial(1, 0.1, count))
    routing = np.minimum(rng.uniform(0.1, 0.5, count), hours / 2)
    return _Answer(
        owner,
        np.where(unowned, 0, handoffs),
        unowned,
        luck < _UNOWNED,
        hours,
        healthy,
        working(mql, routing, offset),
        working(mql, hours, offset),
    )


def _walk(rng: np.random.Generator, walkers: _Walkers) -> Passages:
    people, story, lead, mql = walkers.people, walkers.story, walkers.lead, walkers.mql
    count, offset = len(lead), people.offset[lead]
    answer = _answer(rng, walkers)
    odds: dict[str, Floats] = {}
    without: dict[str, Floats] = {}
    base = walkers.willing(answer.owner, "accepted") * season(mql)
    misfit = np.where(walkers.within(story.scoring, mql), 1 - story.scoring.drop, 1.0)
    without["accepted"] = base * _chill(answer.healthy, answer.unowned_anyway)
    odds["accepted"] = base * _chill(answer.hours, answer.unowned) * misfit
    begun = np.where(answer.unowned, working(mql, np.full(count, 30.0), offset), answer.response)
    accepted = _step(rng, odds["accepted"], working(begun, rng.lognormal(1.3, 1, count), offset))
    late = answer.unowned & (accepted < NEVER)
    assigned = np.where(answer.unowned, np.where(late, accepted - HOUR, NEVER), answer.assigned)
    found = np.where(late, accepted - HOUR // 2, NEVER)
    response = np.where(answer.unowned, found, answer.response)
    ignored = (accepted == NEVER) & some(rng, _UNANSWERED, count)

    tired = walkers.within(story.fatigue, accepted)
    without["sql"] = walkers.willing(answer.owner, "sql")
    odds["sql"] = without["sql"] * np.where(tired, 1 - story.fatigue.drop, 1.0)
    sql = _step(rng, odds["sql"], after(accepted, lags(rng, 8, 0.7, count)))
    odds["opportunity"] = without["opportunity"] = walkers.willing(answer.owner, "opportunity")
    opportunity = _step(rng, odds["opportunity"], after(sql, lags(rng, 7, 0.7, count)))
    seller = walkers.owners.pick(rng, "AE", people.codes["region"][lead], mql)
    odds["won"] = without["won"] = walkers.willing(seller, "won")
    won = _step(rng, odds["won"], after(opportunity, lags(rng, 42, 0.5, count)))

    gone = (opportunity < NEVER) & (won == NEVER) & some(rng, 0.88, count)
    lost = np.where(gone, after(opportunity, lags(rng, 50, 0.6, count)), NEVER)
    depth = (accepted < NEVER).astype(np.int64) + (sql < NEVER)
    fate = np.where(opportunity < NEVER, STALE, choose(rng, _FATES, depth))
    since = np.select([sql < NEVER, accepted < NEVER], [sql, accepted], mql)
    left = np.where(fate == STALE, NEVER, since + lags(rng, 18, 0.6, count))
    return Passages(
        lead=lead,
        round=np.full(count, walkers.turn, dtype=np.int64),
        mql=mql,
        assigned=_known(assigned),
        response=_known(np.where(ignored, NEVER, response)),
        owner=answer.owner,
        handoffs=answer.handoffs,
        seller=seller,
        accepted=_known(accepted),
        sql=_known(sql),
        opportunity=_known(opportunity),
        won=_known(won),
        lost=_known(lost),
        left=_known(left),
        fate=fate,
        tired=tired,
        odds=odds,
        odds_without=without,
    )


def _chill(hours: Floats, unowned: Flags) -> Floats:
    """Give the factor by which waiting, or having no owner, lowers the chance of acceptance."""
    return np.asarray(np.exp(-hours / _COOLING) * np.where(unowned, _UNOWNED_FACTOR, 1.0))


def _step(rng: np.random.Generator, chance: Floats, moment: Ints) -> Ints:
    return np.asarray(np.where(rng.random(len(moment)) < chance, moment, NEVER), dtype=np.int64)


def _known(moment: Ints) -> Ints:
    """Hide what lies after the end of the period."""
    return np.asarray(np.where(moment <= END, moment, NEVER), dtype=np.int64)
