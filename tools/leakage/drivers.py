"""Drivers: what changed together with a leak, in its segment and not in the rest."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.warehouse.reads import ReadsWarehouse
from tools.evidence import Evidence
from tools.funnel.maturity import Observation
from tools.funnel.survival import median_survival
from tools.leakage.contrast import LOOK_DAYS, Contrast, contrast
from tools.leakage.exposure import LEAST_SHARE, LEAST_Z, Change, change_of
from tools.leakage.scoring import scoring_driver

_HOUR = 3600
_EXAMPLES = 3
MANY_HANDOFFS = 2
SLOW_QUANTILES = (0.75, 0.9, 0.97)  # of what was usual in the segment before

Finding = dict[str, Any]
Named = Callable[[Change], str]


def explain(
    snapshot: ReadsWarehouse, observations: list[Observation], finding: Finding
) -> list[dict[str, Any]]:
    """Name what changed with a leak, the most of the loss explained first.

    A driver must have changed in the finding's segment more than in the rest (z of 3), and the
    difference in conversion that goes with it must account for a tenth of the loss. That is a
    correlation: it says where to look, not what a change would bring.

    Returns:
        ``driver``, ``effect`` (share of the loss that goes with it, 0 to 1), ``explained_loss``
        (leads), ``text`` and ``evidence``; empty where nothing recorded explains the loss.
    """
    data = contrast(snapshot, observations, finding)
    found = []
    for detector in (_slow_handoff, _handoffs, _no_owner, _no_consent, _stalled):
        found.extend(detector(data, finding, snapshot.version))
    found.extend(scoring_driver(data, finding, snapshot.version))
    best: dict[str, dict[str, Any]] = {}
    for item in sorted(found, key=lambda item: -item["explained_loss"]):
        best.setdefault(item["driver"], item)
    return list(best.values())


def _report(
    driver: str,
    data: Contrast,
    finding: Finding,
    version: int,
    *,
    exposed: NDArray[np.bool_],
    known: NDArray[np.bool_],
    say: Named,
) -> list[dict[str, Any]]:
    """Report an exposure that grew and goes with lower conversion."""
    change = change_of(data, exposed, known)
    if change is None or change.z < LEAST_Z or not finding["lost"]:
        return []
    share = change.explained / finding["lost"]
    if share < LEAST_SHARE:
        return []
    what = say(change)
    compare = (
        f"in the rest it went from {change.rest_before:.0%} to {change.rest_since:.0%}"
        if finding["segment"]
        else "compared with the company's own past"
    )
    link = (
        f"Leads with it convert at {change.with_rate:.1%}, others at "
        f"{change.without_rate:.1%} (correlation)."
    )
    text = f"{what}; {compare}. {link}"
    evidence = [Evidence("figure", finding["id"], text, version)]
    rows = data.group(inside=True, since=True) & exposed & known & ~data.converted
    newest = np.flatnonzero(rows)[np.argsort(-data.entered[rows])][:_EXAMPLES]
    evidence += [
        Evidence(
            "record", str(data.journey[row]), f"{driver.replace('_', ' ')}, not converted", version
        )
        for row in newest
    ]
    return [
        {
            "driver": driver,
            "effect": round(min(1.0, share), 3),
            "explained_loss": round(min(change.explained, finding["lost"]), 1),
            "text": text,
            "evidence": [item.as_dict() for item in evidence],
        }
    ]


def _slow_handoff(data: Contrast, finding: Finding, version: int) -> list[dict[str, Any]]:
    """Compare the time to the first response; leads without one count as still waiting."""
    wait = data.columns.get("response")
    if wait is None or not np.isfinite(wait).any():
        return []
    hours = np.where(np.isnan(wait), np.inf, np.maximum(wait, 0)) / _HOUR
    # A lead that nobody owns is not handed over slowly: it is not handed over.
    owned = ~(data.columns.get("unowned", np.zeros(len(hours))) > 0)
    before = data.group(inside=True, since=False) & owned
    if not before.any():
        return []
    usual = np.sort(hours[before])
    cuts = [float(usual[int(share * (len(usual) - 1))]) for share in SLOW_QUANTILES]
    found = [
        _slower_than(cut, hours, owned, data, finding, version=version)
        for cut in cuts
        if np.isfinite(cut)
    ]
    return max(found, key=_loss, default=[])


def _loss(found: list[dict[str, Any]]) -> float:
    return float(sum(item["explained_loss"] for item in found))


def _slower_than(
    cut: float,
    hours: NDArray[np.float64],
    owned: NDArray[np.bool_],
    data: Contrast,
    finding: Finding,
    *,
    version: int,
) -> list[dict[str, Any]]:
    before = data.group(inside=True, since=False) & owned
    since = data.group(inside=True, since=True) & owned

    def say(change: Change) -> str:
        return (
            "The median time to first response of leads with an owner went from "
            f"{_median(hours[before])} to {_median(hours[since])}; "
            f"the share that waits more than {cut:.0f} hours "
            f"went from {change.before:.0%} to {change.since:.0%}"
        )

    return _report(
        "slow_handoff", data, finding, version, exposed=hours > cut, known=owned, say=say
    )


def _median(hours: NDArray[np.float64]) -> str:
    answered = np.isfinite(hours)
    longest = float(hours[answered].max(initial=0.0)) + 1.0
    times = np.where(answered, hours, longest)
    median = median_survival(times, answered, np.ones(len(times)))
    return "more than half unanswered" if median is None else f"{median:.1f} hours"


def _handoffs(data: Contrast, finding: Finding, version: int) -> list[dict[str, Any]]:
    """Compare how many leads were passed on again and again."""
    count = data.columns.get("handoffs")
    if count is None:
        return []

    return _report(
        "repetitive_handoffs",
        data,
        finding,
        version,
        exposed=count >= MANY_HANDOFFS,
        known=~np.isnan(count),
        say=_share(f"whose owner changed at least {MANY_HANDOFFS} times"),
    )


def _share(words: str) -> Callable[[Change], str]:
    """Say how the share of leads that something holds for has changed."""

    def say(change: Change) -> str:
        return f"The share of leads {words} went from {change.before:.0%} to {change.since:.0%}"

    return say


def _no_owner(data: Contrast, finding: Finding, version: int) -> list[dict[str, Any]]:
    """Compare how many leads have nobody responsible."""
    unowned = data.columns.get("unowned")
    if unowned is None:
        return []

    return _report(
        "governance_gap",
        data,
        finding,
        version,
        exposed=unowned > 0,
        known=np.ones(len(unowned), dtype=bool),
        say=_share("without an owner"),
    )


def _no_consent(data: Contrast, finding: Finding, version: int) -> list[dict[str, Any]]:
    """Compare how many leads may not be written to."""
    consent = data.columns.get("consent")
    if consent is None or not (consent > 0).any():
        return []

    return _report(
        "governance_gap",
        data,
        finding,
        version,
        exposed=~(consent > 0),
        known=np.ones(len(consent), dtype=bool),
        say=_share("without recorded consent"),
    )


def _stalled(data: Contrast, finding: Finding, version: int) -> list[dict[str, Any]]:
    """Compare how many leads did not answer in the first two weeks."""
    answered = data.columns.get("answered")
    if answered is None:
        return []

    return _report(
        "stalled_engagement",
        data,
        finding,
        version,
        exposed=answered < 1,
        known=np.ones(len(answered), dtype=bool),
        say=_share(f"without a two-way contact within {LOOK_DAYS} days"),
    )
