"""The report: tallies in words and numbers, with what may be compared and what may not."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from knowledge.warehouse.stages import StageMap
from tools.funnel.clock import DAY, day_of
from tools.funnel.intervals import wilson
from tools.funnel.maturity import MISSING_SHARE, Observation
from tools.funnel.tally import Tally


@dataclass(frozen=True)
class Reader:
    """Turn tallies into rows of the report.

    Attributes:
        stages: The stage map.
        observations: What the data can say about each transition.
        now: As-of time in epoch seconds.
    """

    stages: StageMap
    observations: list[Observation]
    now: int

    def row(self, found: Tally | None, step: int) -> dict[str, Any]:
        """Report a transition over a whole period."""
        if found is None:
            return self._row(None, step, comparable=False, note="no lead entered")
        notes = []
        if found.affected:
            reasons = "; ".join(gap.reason for gap in self.observations[step].gaps)
            notes.append(f"{found.affected:,} leads can't be judged: {reasons}")
        window = self.observations[step].window
        young = found.entered - found.mature
        if young:
            notes.append(f"{young:,} leads are younger than {window} days and not in the rate")
        unknown = not self.observations[step].conversions
        if unknown:
            notes.append("nobody has converted yet, so how long to wait is not known")
        spoiled = found.affected >= MISSING_SHARE * found.entered and found.affected > 0
        comparable = not spoiled and not unknown and found.mature > 0
        return self._row(found, step, comparable=comparable, note="; ".join(notes) or None)

    def cohort(self, found: Tally | None, step: int, month: int) -> dict[str, Any]:
        """Report a transition for the leads that entered it in one month."""
        if found is None:
            return self._row(None, step, comparable=False, note="no lead entered")
        observation = self.observations[step]
        notes = [gap.reason for gap in observation.gaps if month in gap.months]
        if self.now - found.youngest < observation.window * DAY:
            ready = day_of(found.youngest // DAY) + timedelta(days=observation.window)
            age = (self.now - found.youngest) // DAY
            notes.append(
                f"the youngest lead is {age} days old; compare once it is "
                f"{observation.window} (from {ready} on)"
            )
        if not observation.conversions:
            notes.append("nobody has converted yet, so how long to wait is not known")
        return self._row(found, step, comparable=not notes, note="; ".join(notes) or None)

    def _row(
        self, found: Tally | None, step: int, *, comparable: bool, note: str | None
    ) -> dict[str, Any]:
        origin, target = self.stages.transitions[step]
        low, high = (None, None)
        if found and found.mature:
            low, high = wilson(found.mature_converted, found.mature)
        return {
            "from": origin,
            "to": target,
            "entered": found.entered if found else 0,
            "converted": found.converted if found else 0,
            "exited": found.exited if found else 0,
            "open": found.open if found else 0,
            "mature": found.mature if found else 0,
            "mature_converted": found.mature_converted if found else 0,
            "rate": _rounded(found.rate if found else None, 4),
            "low": _rounded(low, 4),
            "high": _rounded(high, 4),
            "median_days": _rounded(found.median_days if found else None, 2),
            "p90_days": _rounded(found.p90_days if found else None, 2),
            "window_days": self.observations[step].window,
            "comparable": comparable,
            "note": note,
        }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
