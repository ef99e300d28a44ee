"""The grader of leaks: which finding is which planted leak, which is a decoy, which is nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

Finding = Mapping[str, Any]
Planted = Mapping[str, Any]

TOP = 3
# A drop that is said to begin so near to a season or a tracking gap was taken for a leak.
NEAR = timedelta(days=31)


@dataclass
class Tally:
    """Add up what the findings of several companies were.

    Attributes:
        planted: Leaks that were planted.
        found: Of these, those that some finding names: transition, and whole segment or one side.
        found_whole: Of these, those with the whole segment.
        possible_top: Planted leaks that could have been among the first three findings.
        found_top: Leaks found among the first three.
        found_top_whole: Of these, those with the whole segment.
        driver_first: Found leaks whose first driver is the planted one.
        driver_named: Found leaks among whose drivers the planted one is.
        false: Findings that name nothing planted.
        decoys: Decoys that were planted.
        decoys_called: Decoys that a false finding points at.
        onset_days: Distance of each found onset from the true one.
        companies: How many companies were graded.
    """

    planted: int = 0
    found: int = 0
    found_whole: int = 0
    possible_top: int = 0
    found_top: int = 0
    found_top_whole: int = 0
    driver_first: int = 0
    driver_named: int = 0
    false: int = 0
    decoys: int = 0
    decoys_called: int = 0
    onset_days: list[int] = field(default_factory=list)
    companies: int = 0
    misses: list[dict[str, Any]] = field(default_factory=list)


def names(finding: Finding, leak: Planted, *, whole: bool = False) -> bool:
    """Tell whether a finding names a planted leak.

    Its transition must be right, and its segment the planted one; unless ``whole`` is asked for,
    one side of a planted two-way segment will do.
    """
    if [finding["from"], finding["to"]] != list(leak["transition"]):
        return False
    segment, planted = dict(finding["segment"]), dict(leak["segment"])
    if whole:
        return segment == planted
    return bool(segment) and segment.items() <= planted.items()


def grade(tally: Tally, findings: Sequence[Finding], truth: Mapping[str, Any], label: str) -> None:
    """Add one company's findings, the worst first, to a tally."""
    leaks = truth["leaks"]
    tally.companies += 1
    tally.planted += len(leaks)
    tally.possible_top += min(TOP, len(leaks))
    for leak in leaks:
        places = [place for place, finding in enumerate(findings) if names(finding, leak)]
        if not places:
            tally.misses.append(_miss(label, "not found", leak))
            continue
        finding = findings[places[0]]
        whole = any(names(findings[place], leak, whole=True) for place in places)
        tally.found += 1
        tally.found_whole += whole
        if places[0] < TOP:
            tally.found_top += 1
            tally.found_top_whole += any(names(item, leak, whole=True) for item in findings[:TOP])
        said = [driver["driver"] for driver in finding.get("drivers", [])]
        tally.driver_first += said[:1] == [leak["driver"]]
        tally.driver_named += leak["driver"] in said
        if said[:1] != [leak["driver"]]:
            tally.misses.append({**_miss(label, "other driver first", leak), "said": said})
        distance = date.fromisoformat(finding["since"][:10]) - date.fromisoformat(leak["onset"])
        tally.onset_days.append(abs(distance.days))
    false = [item for item in findings if not any(names(item, leak) for leak in leaks)]
    tally.false += len(false)
    tally.misses += [_false(label, finding) for finding in false]
    decoys = [*truth["decoys"], {"kind": "tracking_gap", **truth["tracking_gap"]}]
    tally.decoys += len(decoys)
    tally.decoys_called += sum(any(called(item, decoy) for item in false) for decoy in decoys)


def called(finding: Finding, decoy: Mapping[str, Any]) -> bool:
    """Tell whether a false finding points at a decoy."""
    since = date.fromisoformat(finding["since"][:10])
    if decoy["kind"] == "mix_shift":
        return bool(finding["segment"].get("lead_source") == decoy["lead_source"])
    if decoy["kind"] == "season":
        return not finding["segment"] and any(
            abs(since - date(since.year, month, 1)) <= NEAR for month in decoy["months"]
        )
    first, last = date.fromisoformat(decoy["from"]), date.fromisoformat(decoy["to"])
    return first - NEAR <= since <= last + NEAR


def _miss(label: str, what: str, leak: Planted) -> dict[str, Any]:
    keys = ("transition", "segment", "onset", "driver", "expected_lost")
    return {"company": label, "what": what, **{key: leak.get(key) for key in keys}}


def _false(label: str, finding: Finding) -> dict[str, Any]:
    keys = ("from", "to", "segment", "since", "lost", "q_value")
    return {"company": label, "what": "false finding", **{k: finding.get(k) for k in keys}}
