"""Marketing automation: its own list of people, its content, and what they did with both."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from knowledge.sources.sample.catalog import CASE_STUDY, CONTENT, CONTENT_IDS, DIMENSIONS
from knowledge.sources.sample.clock import DAY, END, HOUR, START
from knowledge.sources.sample.columns import (
    NEVER,
    Floats,
    Ints,
    Texts,
    choose,
    logistic,
    spread,
    stream,
)
from knowledge.sources.sample.world import World
from knowledge.sources.sample.write import blank, iso, label, write_jsonl

# Type id and name as the tool's own API gives them.
ACTIVITIES: Final = (
    (6, "Send Email"),
    (10, "Open Email"),
    (11, "Click Email"),
    (2, "Fill Out Form"),
    (104, "Register Webinar"),
    (105, "Attend Webinar"),
    (9, "Unsubscribe Email"),
)
SENT, OPENED, CLICKED, FORM, REGISTERED, ATTENDED, LEFT = range(7)
FIRST_PERSON: Final = 1_000_000
_NURTURE = np.array(  # content by how far the lead is: none, accepted, sql, opportunity, won
    [
        [0 if piece[3] in later else 1 for piece in CONTENT]
        for later in (
            ("opportunity", "won", "sql"),
            ("inquiry", "opportunity", "won"),
            ("inquiry", "mql", "won"),
            ("inquiry", "mql", "won"),
            ("inquiry", "mql", "accepted"),
        )
    ],
    dtype=np.float64,
)
_GAP_DAYS = 11.5
_MOST_SENT = 16
_PROOF_AT = 2  # the third e-mail carries the case study


class Audience:
    """Know each lead's record in the marketing tool, which keeps one for each address."""

    def __init__(self, world: World) -> None:
        address = np.char.lower(world.shown.email)
        _, self.first_lead, self.of_lead = np.unique(
            address, return_index=True, return_inverse=True
        )
        self.numbers = FIRST_PERSON + np.argsort(np.argsort(self.first_lead))
        self.email: Texts = address[self.first_lead]


def write_marketing(folder: Path, world: World, audience: Audience) -> dict[str, int]:
    """Write people, content and activities as JSON lines and count their rows."""
    return {
        "persons.jsonl": _write_people(folder, world, audience),
        "assets.jsonl": _write_content(folder),
        "activities.jsonl": _write_activities(folder, world, audience),
    }


def _write_people(folder: Path, world: World, audience: Audience) -> int:
    order = np.argsort(audience.first_lead)
    lead = audience.first_lead[order]
    return write_jsonl(
        folder / "persons.jsonl",
        {
            "id": audience.numbers[order],
            "email": audience.email[order],
            "firstName": world.shown.first[lead],
            "lastName": world.shown.last[lead],
            "company": blank(world.shown.company[lead], world.shown.company[lead] == ""),
            "sfdcLeadId": world.lead_ids[lead],
            "unsubscribed": world.people.consent[lead] == 0,
            "createdAt": iso(np.maximum(world.people.created[lead] - 40, START)),
        },
    )


def _write_content(folder: Path) -> int:
    identity, title, kind, stage = (list(column) for column in zip(*CONTENT, strict=True))
    return write_jsonl(
        folder / "assets.jsonl",
        {
            "id": identity,
            "name": title,
            "type": kind,
            "funnelStage": stage,
            "url": [f"https://www.northpeak.example/resources/{slug}" for slug in identity],
            "createdAt": iso(START - np.arange(len(identity)) * 11 * DAY),
        },
    )


def _write_activities(folder: Path, world: World, audience: Audience) -> int:
    rng = stream(world.seed, "marketing")
    parts = [*_nurture(rng, world), _forms(rng, world), *_webinars(rng, world)]
    lead, at, kind, content, campaign = (
        np.concatenate([part[place] for part in parts]) for place in range(5)
    )
    kept = (at <= END) & world.alive[lead]
    order = np.lexsort((kind[kept], lead[kept], at[kept]))
    lead, at, kind, content, campaign = (
        column[kept][order] for column in (lead, at, kind, content, campaign)
    )
    count = len(lead)
    depth = np.where(kind == ATTENDED, rng.beta(3, 1.6, count).round(2), np.nan)
    return write_jsonl(
        folder / "activities.jsonl",
        {
            "id": np.arange(count, dtype=np.int64) + 10_000_000,
            "leadId": audience.numbers[audience.of_lead[lead]],
            "activityDate": iso(at),
            "activityTypeId": label(kind, [number for number, _ in ACTIVITIES]),
            "activityType": label(kind, [name for _, name in ACTIVITIES]),
            "primaryAttributeValue": label(content, [piece[1] for piece in CONTENT]),
            "assetId": label(content, CONTENT_IDS),
            "sfdcCampaignId": label(campaign, world.campaigns.ids),
            "attendedShare": blank(depth, np.isnan(depth)),
        },
    )


Activity = tuple[Ints, Ints, Ints, Ints, Ints]


def _nurture(rng: np.random.Generator, world: World) -> list[Activity]:
    """Send e-mails about every second week; let people open, click and leave."""
    people = world.people
    days = (world.until - people.created) / DAY
    asked = np.where(people.consent == 0, 0.0, 1.0)
    tired = world.tired < NEVER
    counts = np.minimum(rng.poisson((days / _GAP_DAYS + 1.3) * asked), _MOST_SENT)
    # The repetitive nurture also sends more often.
    counts = np.where(tired, counts + rng.poisson(5.0 * asked), counts)
    lead, step = spread(counts)
    share = (step + rng.random(len(lead))) / counts[lead]
    at = people.created[lead] + ((world.until - people.created)[lead] * share).astype(np.int64)
    repeated = at > world.tired[lead]
    content = _pieces(rng, world, lead, step)
    content = np.where(repeated, _one_piece(world), content)
    times = _repeats(lead, repeated)
    interest = -0.75 + 0.45 * people.quality[lead] - 0.45 * np.minimum(times, 6)
    opened = rng.random(len(lead)) < logistic(interest)
    clicked = opened & (rng.random(len(lead)) < logistic(-1.2 + 0.4 * people.quality[lead]))
    left = opened & (rng.random(len(lead)) < np.where(repeated, 0.02, 0.004))
    first = world.campaigns.nurture[0]
    campaign = first + np.minimum(step // 3, 3)
    read = at + (rng.exponential(9 * HOUR, len(lead))).astype(np.int64) + 60
    clicks = read + rng.integers(10, 600, len(lead))
    result = []
    for kind, mask, moment in (
        (SENT, np.ones(len(lead), dtype=np.bool_), at),
        (OPENED, opened, read),
        (CLICKED, clicked, clicks),
        (LEFT, left, clicks + 60),
    ):
        result.append(
            (lead[mask], moment[mask], np.full(mask.sum(), kind), content[mask], campaign[mask])
        )
    return result


def _pieces(rng: np.random.Generator, world: World, lead: Ints, step: Ints) -> Ints:
    """Choose the piece of each e-mail: by how far the lead is, its industry's case study first."""
    content = choose(rng, _NURTURE, world.depth[lead])
    own = np.array(
        [
            CONTENT_IDS.index(CASE_STUDY[name]) if name in CASE_STUDY else -1
            for name in DIMENSIONS["industry"].values
        ]
    )[world.people.codes["industry"][lead]]
    return np.where((step == _PROOF_AT) & (own >= 0), own, content)


def _one_piece(world: World) -> int:
    industry = world.story.fatigue.segment["industry"]
    return CONTENT_IDS.index(CASE_STUDY[industry])


def _repeats(lead: Ints, repeated: Any) -> Floats:
    """Count how often a lead had the repeated piece before."""
    so_far = np.cumsum(repeated)
    begin = np.concatenate([[True], lead[1:] != lead[:-1]]) if len(lead) else np.zeros(0, bool)
    base = np.maximum.accumulate(np.where(begin, so_far - repeated, 0))
    return np.asarray(np.where(repeated, so_far - base - 1, 0), dtype=np.float64)


def _forms(rng: np.random.Generator, world: World) -> Activity:
    """Let inbound leads fill out the form that made them a lead, and more later."""
    people, journeys = world.people, world.journeys
    raised = (journeys.inquiry < NEVER).astype(np.int64)
    lived = np.clip((world.until - people.created) / (40 * DAY), 0, 1)
    counts = raised + rng.poisson(0.45 * world.drive * lived)
    lead, step = spread(counts)
    later = people.created[lead] + (
        (world.until - people.created)[lead] * rng.random(len(lead))
    ).astype(np.int64)
    first = np.minimum(people.created[lead], journeys.inquiry[lead]) - 30
    at = np.where((step == 0) & (raised[lead] > 0), np.maximum(first, START), later)
    content = choose(rng, _NURTURE, np.minimum(world.depth[lead], 2))
    campaign = world.campaigns.of(people.codes["lead_source"][lead], people.created[lead])
    return lead, at, np.full(len(lead), FORM), content, campaign


def _webinars(rng: np.random.Generator, world: World) -> list[Activity]:
    people = world.people
    source = DIMENSIONS["lead_source"].values.index("Webinar")
    by_webinar = people.codes["lead_source"] == source
    joins = by_webinar | (rng.random(len(by_webinar)) < 0.09 * world.drive)
    lead = np.flatnonzero(joins)
    span = (world.until - people.created)[lead]
    later = people.created[lead] + (span * rng.random(len(lead))).astype(np.int64)
    at = np.where(by_webinar[lead], people.created[lead], later)
    came = rng.random(len(lead)) < logistic(0.1 + 0.4 * people.quality[lead])
    content = rng.choice(
        [
            CONTENT_IDS.index("webinar-scaling-approvals"),
            CONTENT_IDS.index("webinar-ops-benchmarks"),
        ],
        len(lead),
    )
    campaign = world.campaigns.of(np.full(len(lead), source), people.created[lead])
    held = at + (rng.uniform(1, 9, len(lead)) * DAY).astype(np.int64)
    return [
        (lead, at, np.full(len(lead), REGISTERED), content, campaign),
        (lead[came], held[came], np.full(came.sum(), ATTENDED), content[came], campaign[came]),
    ]
