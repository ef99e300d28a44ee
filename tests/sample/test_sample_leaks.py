import json
from collections import Counter
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq
import pytest
from sample_made import Made

from knowledge.sources.sample.catalog import DIMENSIONS
from knowledge.sources.sample.clock import DAY, END, seconds
from knowledge.sources.sample.columns import NEVER
from knowledge.sources.sample.leaks import Leak, tell
from knowledge.sources.sample.marketing import Audience
from knowledge.sources.sample.world import World, make_world

MATURE = END - 30 * DAY


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(7, 1.0)


def rate(world: World, leak: Leak, *, after: bool) -> tuple[float, int]:
    """Convert the first walks of a leak's segment that had 30 days to get on."""
    walks = world.journeys.passages
    begin, reached = leak.transition
    entered = getattr(walks, begin)
    onset = seconds(leak.onset)
    rows = (walks.round == 0) & (entered <= MATURE)
    rows &= (entered >= onset) if after else (entered < onset)
    for column, value in leak.segment.items():
        code = DIMENSIONS[column].values.index(value)
        rows &= world.people.codes[column][walks.lead] == code
    converted = getattr(walks, reached)[rows] <= entered[rows] + 30 * DAY
    return float(converted.mean()), int(rows.sum())


def test_the_headline_leak_is_large_and_mature(world: World) -> None:
    before, _ = rate(world, world.story.handoff, after=False)
    since, count = rate(world, world.story.handoff, after=True)
    assert count >= 350
    assert 0.3 <= 1 - since / before <= 0.48


@pytest.mark.parametrize("column", ["lead_source", "region"])
def test_the_headline_leak_shows_in_each_one_way_cut(world: World, column: str) -> None:
    leak = world.story.handoff
    wider = Leak(
        leak.name,
        leak.transition,
        {column: leak.segment[column]},
        leak.onset,
        leak.drop,
        leak.driver,
        leak.how,
    )
    before, old = rate(world, wider, after=False)
    since, new = rate(world, wider, after=True)
    error = np.sqrt(before * (1 - before) * (1 / old + 1 / new))
    assert before - since > 5 * error


def test_the_other_leaks_lower_their_transition(world: World) -> None:
    for leak in world.story.leaks[1:]:
        before, _ = rate(world, leak, after=False)
        since, count = rate(world, leak, after=True)
        assert count >= 200, leak.name
        assert 1 - since / before > 0.2, leak.name


def test_the_slow_queue_answers_after_days_and_passes_leads_on(world: World) -> None:
    walks, leak = world.journeys.passages, world.story.handoff
    answered = (walks.response < NEVER) & (walks.round == 0)
    slow = world.people.within(leak, walks.lead, walks.mql)
    hours = (walks.response - walks.mql) / 3_600
    assert 2 <= np.median(hours[answered & ~slow]) <= 5
    assert 28 <= np.median(hours[answered & slow]) <= 60
    assert walks.handoffs[slow].mean() > 5 * walks.handoffs[~slow].mean()


def test_ungoverned_leads_stay_without_owner(world: World) -> None:
    walks, leak = world.journeys.passages, world.story.governance
    hit = world.people.within(leak, walks.lead, walks.mql)
    unowned = walks.assigned == NEVER
    assert unowned[hit].mean() > 0.35
    assert unowned[~hit].mean() < 0.03


def test_conversion_rates_are_those_of_a_b2b_company(world: World) -> None:
    walks = world.journeys.passages
    first = (walks.round == 0) & (walks.mql < seconds(date(2026, 3, 1)))
    reached = [walks.mql, walks.accepted, walks.sql, walks.opportunity, walks.won]
    counts = [int((first & (step < NEVER)).sum()) for step in reached]
    rates = [after / before for before, after in pairwise(counts)]
    bounds = [(0.55, 0.66), (0.45, 0.55), (0.6, 0.72), (0.2, 0.29)]
    for value, (low, high) in zip(rates, bounds, strict=True):
        assert low <= value <= high


def test_better_leads_convert_more_and_do_more(world: World) -> None:
    walks = world.journeys.passages
    quality = world.people.quality[walks.lead]
    accepted = walks.accepted < NEVER
    assert quality[accepted].mean() > quality[~accepted].mean() + 0.25


def test_the_decoy_grows_in_volume_but_keeps_its_rate(world: World) -> None:
    walks, story = world.journeys.passages, world.story
    code = DIMENSIONS["lead_source"].values.index(story.mix_source)
    mine = world.people.codes["lead_source"] == code
    late = world.people.created >= seconds(story.mix_onset)
    assert mine[late].mean() > 1.8 * mine[~late].mean()
    walk = (walks.round == 0) & mine[walks.lead]
    without = walks.odds_without["accepted"]
    grown = walks.mql >= seconds(story.mix_onset)
    assert abs(without[walk & grown].mean() - without[walk & ~grown].mean()) < 0.05


def test_other_seeds_plant_other_stories() -> None:
    stories = [tell(seed) for seed in range(20, 40)]
    segments = {tuple(story.handoff.segment.values()) for story in stories}
    assert len(segments) >= 4
    assert len({story.handoff.onset for story in stories}) >= 3
    for story in stories:
        assert story.governance.segment["region"] != story.handoff.segment["region"]


def test_truth_tells_what_was_planted(small: Made) -> None:
    document = json.loads((small.truth / "leaks.json").read_text(encoding="utf-8"))
    assert [leak["driver"] for leak in document["leaks"]] == [
        "slow_handoff",
        "content_fatigue",
        "governance_gap",
        "misaligned_scoring",
    ]
    for leak in document["leaks"]:
        assert leak["expected_rate"] < leak["expected_rate_without"]
    odds = pq.read_table(small.truth / "odds.parquet").to_pydict()
    chance = [value for value in odds["won"] if value is not None]
    assert chance
    assert all(0 <= value <= 1 for value in chance)


def test_truth_and_files_agree_on_who_is_who(small: Made) -> None:
    persons = pq.read_table(small.truth / "persons.parquet").to_pydict()
    of_record = dict(
        zip(
            zip(persons["source"], persons["source_id"], strict=True),
            persons["person"],
            strict=True,
        )
    )
    lead = small.table("lead")
    by_address: dict[str, set[int]] = {}
    for key, email in zip(lead["id"].to_pylist(), lead["email"].to_pylist(), strict=True):
        if email:
            person = of_record["salesforce", key]
            by_address.setdefault(email.lower(), set()).add(person)
    assert all(len(people) == 1 for people in by_address.values())


def test_the_tired_leads_get_one_piece_again_and_again(small: Made) -> None:
    world = make_world(7, 0.05)
    audience = Audience(world)
    tired = {
        int(audience.numbers[audience.of_lead[lead]])
        for lead in np.flatnonzero(world.tired < NEVER)
    }
    sent: dict[int, Counter[str]] = {}
    lines = (small.folder / "marketing" / "activities.jsonl").read_text(encoding="utf-8")
    for line in lines.splitlines():
        if '"Send Email"' in line:
            row = json.loads(line)
            sent.setdefault(row["leadId"], Counter())[row["assetId"]] += 1
    most = {person: max(pieces.values()) for person, pieces in sent.items()}
    assert np.mean([most[person] for person in tired if person in most]) >= 4
    assert np.mean([count for person, count in most.items() if person not in tired]) <= 2
