"""What is planted: the leaks with their segments, onsets and causes, and the decoys beside them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from knowledge.sources.sample.columns import stream

DEMO_SEED: Final = 7


@dataclass(frozen=True)
class Leak:
    """Describe one planted leak.

    Attributes:
        name: Short name in the truth file.
        transition: The stage left and the stage not reached.
        segment: Column to value; all must hold.
        onset: First day on which a lead that enters the first stage is affected.
        drop: Planned relative loss of the conversion rate (0.35 is 35 % less).
        driver: Which cause the data show.
        how: One sentence on the mechanism.
    """

    name: str
    transition: tuple[str, str]
    segment: dict[str, str]
    onset: date
    drop: float
    driver: str
    how: str


@dataclass(frozen=True)
class Story:
    """Hold what one seed plants."""

    handoff: Leak
    fatigue: Leak
    governance: Leak
    scoring: Leak
    mix_source: str
    mix_onset: date
    tracking_gap: tuple[date, date]

    @property
    def leaks(self) -> tuple[Leak, ...]:
        """List the leaks, the headline first."""
        return (self.handoff, self.fatigue, self.governance, self.scoring)


def _story(
    *,
    source: str,
    region: str,
    industry: str,
    unowned: str,
    persona: str,
    weeks: tuple[int, ...],
    tired: float,
) -> Story:
    def later(day: date, shift: int) -> date:
        return day + timedelta(weeks=shift)

    return Story(
        handoff=Leak(
            "slow handoff",
            ("mql", "accepted"),
            {"lead_source": source, "region": region},
            later(date(2026, 6, 8), weeks[0]),
            0.37,
            "slow_handoff",
            "A reorganised queue passes leads from owner to owner; "
            "the first response takes two working days.",
        ),
        fatigue=Leak(
            "content fatigue",
            ("accepted", "sql"),
            {"industry": industry},
            later(date(2026, 4, 6), weeks[1]),
            tired,
            "content_fatigue",
            "The nurture sends the same piece again and again; replies dry up.",
        ),
        governance=Leak(
            "governance gap",
            ("mql", "accepted"),
            {"region": unowned},
            later(date(2026, 7, 6), weeks[2]),
            0.45,
            "governance_gap",
            "After a territory change more than half of the leads stay without an owner.",
        ),
        scoring=Leak(
            "misaligned scoring",
            ("mql", "accepted"),
            {"persona": persona},
            later(date(2026, 3, 2), weeks[3]),
            0.5,
            "misaligned_scoring",
            "A scoring rule rewards downloads, so this persona qualifies without buying.",
        ),
        mix_source="Content Syndication",
        mix_onset=date(2026, 5, 4),
        tracking_gap=(date(2026, 2, 9), date(2026, 2, 13)),
    )


def tell(seed: int) -> Story:
    """Decide what a seed plants: the demo's seed its own story, any other a drawn one."""
    if seed == DEMO_SEED:
        return _story(
            source="Webinar",
            region="EMEA",
            industry="Healthcare",
            unowned="APAC",
            persona="Student / Researcher",
            weeks=(0, 0, 0, 0),
            tired=0.3,  # so that the hand-off leak is the costliest
        )
    rng = stream(seed, "story")
    region = str(rng.choice(["EMEA", "North America"]))
    others = [name for name in ("EMEA", "North America", "APAC") if name != region]
    return _story(
        source=str(rng.choice(["Webinar", "Paid Search", "Website"])),
        region=region,
        industry=str(rng.choice(["Healthcare", "Manufacturing", "Financial Services", "Retail"])),
        unowned=str(rng.choice(others)),
        persona=str(rng.choice(["Student / Researcher", "Consultant"])),
        weeks=tuple(int(week) for week in rng.integers(-4, 3, 4)),
        tired=round(float(rng.uniform(0.32, 0.42)), 2),
    )
