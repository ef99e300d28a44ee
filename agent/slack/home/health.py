"""Funnel health: the last period that may be judged, against the one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Step:
    """Say how a transition does.

    Attributes:
        origin: Stage it starts from.
        target: Stage it leads to.
        period: The last month that may be judged; None where there is none.
        rate: Its rate.
        before: The month before it that may be judged; None where there is none.
        rate_before: That month's rate.
        note: Why nothing, or nothing newer, may be compared.
        clear: True where the two intervals do not overlap: more than chance alone explains.
    """

    origin: str
    target: str
    period: str | None
    rate: float | None
    before: str | None
    rate_before: float | None
    note: str | None
    clear: bool


def health(report: Mapping[str, Any]) -> list[Step]:
    """Compare the last two months of each transition that may be judged.

    Args:
        report: As `weir funnel --json`.
    """
    steps = []
    for number, total in enumerate(report["transitions"]):
        months = [(cohort["period"], cohort["transitions"][number]) for cohort in report["cohorts"]]
        judged = [(period, row) for period, row in months if _may_be_judged(row)]
        ends = total["from"], total["to"]
        if not judged:
            note = total["note"] or "no month may be judged yet"
            steps.append(Step(*ends, None, None, None, None, note, clear=False))
            continue
        period, row = judged[-1]
        if len(judged) == 1:
            note = "there is no month before to compare with"
            steps.append(Step(*ends, period, row["rate"], None, None, note, clear=False))
            continue
        earlier, before = judged[-2]
        apart = _apart(row, before)
        steps.append(Step(*ends, period, row["rate"], earlier, before["rate"], None, clear=apart))
    return steps


def _may_be_judged(row: Mapping[str, Any] | None) -> bool:
    return bool(row and row["comparable"] and row["rate"] is not None)


def _apart(row: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    if None in (row["low"], row["high"], before["low"], before["high"]):
        return False
    return bool(row["high"] < before["low"] or before["high"] < row["low"])
