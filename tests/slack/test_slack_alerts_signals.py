from datetime import UTC, datetime, time
from typing import Any

import pytest
from slack_alerts_harness import AS_OF, FINDING, lead, some_reports, surge

from agent.slack.alerts.budget import Rule, judge
from agent.slack.alerts.preferences import Preferences, local_time
from agent.slack.alerts.signals import Seen, gather
from agent.slack.home.health import health
from agent.slack.home.settings import read_settings

AT = "2026-11-24T09:00:00.000000Z"


def kinds(found: Any, seen: Seen | None = None) -> list[str]:
    return [signal.kind for signal in gather(found, seen or Seen(), at=AT)[0]]


def test_a_leak_is_told_once_however_often_it_is_found() -> None:
    found = some_reports(leaks={"findings": [FINDING]})
    signals, seen = gather(found, Seen(), at=AT)
    assert [signal.id for signal in signals] == ["leak:leak_11aa22bb"]
    assert signals[0].roles == ("manager", "revops")
    assert signals[0].text.startswith("38% instead of 61% since ")
    assert kinds(some_reports(2, leaks={"findings": [FINDING]}), seen) == []
    # Gone for a version, it is no news when it is back.
    _, gone = gather(some_reports(2), seen, at=AT)
    assert kinds(some_reports(3, leaks={"findings": [FINDING]}), gone) == []


def test_leads_at_risk_are_grouped_by_owner_and_told_when_they_rise() -> None:
    rows = [lead(1), lead(2, value=900.0), lead(3, risk=0.5), lead(4, owner="o2")]
    signals, seen = gather(some_reports(scores={"scores": rows}), Seen(), at=AT)
    assert len(signals) == 1
    assert signals[0].emails == ("sam.okafor@northpeak.example",)
    assert [name for name, _ in signals[0].facts] == ["Lead 2", "Lead 1"]
    assert kinds(some_reports(2, scores={"scores": rows}), seen) == []
    risen = [*rows[:2], lead(3, risk=0.85)]
    signals, _ = gather(some_reports(2, scores={"scores": risen}), seen, at=AT)
    assert [name for signal in signals for name, _ in signal.facts] == ["Lead 3"]


def test_a_surge_goes_to_the_owner_and_rests_for_two_weeks() -> None:
    found = some_reports(surges={"accounts": [surge(), surge("a2", "Beta", None)]})
    signals, seen = gather(found, Seen(), at=AT)
    assert [(s.emails, s.roles) for s in signals] == [
        (("sam.okafor@northpeak.example",), ()),
        ((), ("revops",)),
    ]
    assert kinds(some_reports(2, surges=found.surges), seen) == []
    later = some_reports(3, surges=found.surges, as_of="2026-11-14T23:59:59Z")
    assert kinds(later, seen) == ["surge", "surge"]


def test_broken_data_and_drift_go_to_revops() -> None:
    found = some_reports(
        breaks={"breaks": [{"kind": "silence", "where": "web (segment)", "text": "Nothing"}]},
        drift={"compared": [{"feature": "last_touch", "text": "moved", "shifted": True}]},
    )
    signals, _ = gather(found, Seen(), at=AT)
    assert [(signal.kind, signal.roles) for signal in signals] == [
        ("quality", ("revops",)),
        ("drift", ("revops",)),
    ]
    assert AS_OF[:7] in signals[0].id


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        ("2026-11-24T09:00", "send"),
        ("2026-11-24T06:30", "digest"),  # half past seven in Berlin
        ("2026-11-24T17:00", "digest"),  # six in the evening
        ("2026-11-28T09:00", "digest"),  # a Saturday
    ],
)
def test_alerts_wait_for_the_digest_outside_working_hours(at: str, verdict: str) -> None:
    rule = Rule(Preferences(), 3, "Europe/Berlin", is_channel=False)
    assert judge(rule, "leak", sent_today=0, now=datetime.fromisoformat(at)) == verdict


def test_what_is_over_budget_snoozed_or_unwanted_is_not_sent() -> None:
    now = datetime(2026, 11, 24, 9)  # noqa: DTZ001 - naive UTC
    rule = Rule(Preferences(), 3, "Europe/Berlin", is_channel=False)
    assert judge(rule, "leak", sent_today=2, now=now) == "send"
    assert judge(rule, "leak", sent_today=3, now=now) == "digest"
    silent = Preferences(snoozed={"leak": "2026-11-25T00:00:00.000000Z"})
    assert judge(Rule(silent, 3, "UTC", is_channel=False), "leak", sent_today=0, now=now) == (
        "snoozed"
    )
    assert judge(Rule(silent, 3, "UTC", is_channel=False), "risk", sent_today=0, now=now) == "send"
    off = Preferences(off=frozenset({"leak"}))
    assert judge(Rule(off, 3, "UTC", is_channel=False), "leak", sent_today=0, now=now) == "drop"
    gone = Rule(Preferences(), 3, "UTC", is_channel=True, reachable=False)
    assert judge(gone, "leak", sent_today=0, now=now) == "drop"


def test_local_time_follows_summer_time() -> None:
    winter = datetime(2026, 1, 5, 8)  # noqa: DTZ001 - naive UTC
    summer = datetime(2026, 7, 6, 8)  # noqa: DTZ001 - naive UTC
    assert local_time(winter, "Europe/Berlin").time() == time(9)
    assert local_time(summer, "Europe/Berlin").time() == time(10)
    assert local_time(winter, "Europe/Berlin").astimezone(UTC).hour == 8


def test_health_compares_only_months_that_may_be_judged() -> None:
    def month(period: str, rate: float, *, comparable: bool = True) -> dict[str, Any]:
        row = {"rate": rate, "low": rate - 0.05, "high": rate + 0.05, "comparable": comparable}
        return {"period": period, "transitions": [row]}

    cohorts = [
        month("2026-07", 0.6),
        month("2026-08", 0.4),
        month("2026-09", 0.1, comparable=False),
    ]
    total = {"from": "mql", "to": "accepted", "note": None}
    (step,) = health({"transitions": [total], "cohorts": cohorts})
    assert (step.period, step.rate, step.before, step.rate_before) == (
        "2026-08",
        0.4,
        "2026-07",
        0.6,
    )
    assert step.clear
    (young,) = health({"transitions": [total], "cohorts": cohorts[2:]})
    assert young.rate is None
    assert young.note


def values(**changed: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "kinds": {"selected_options": [{"value": "leak"}]},
        "budget": {"value": "2"},
        "digest": {"selected_time": None},
        "day_from": {"selected_time": "08:00"},
        "day_until": {"selected_time": "17:00"},
        "channel": {"selected_conversation": "CREV"},
        "channel_budget": {"value": "4"},
    }
    return {name: {"value": value} for name, value in (given | changed).items()}


def test_settings_are_read_back_and_a_rep_sets_nothing_for_the_workspace() -> None:
    from agent.access import Viewer  # noqa: PLC0415 - the tables of access are heavy

    manager = Viewer("d@x.example", "Dana", frozenset({"manager"}), None, "all")
    rep = Viewer("s@x.example", "Sam", frozenset({"sales"}), "o1", "own")
    mine, team, errors = read_settings(values(), manager)
    assert errors == {}
    assert mine["off"] == ["drift", "quality", "risk", "surge"]
    assert mine["digest_at"] == ""
    assert team == {"channel": "CREV", "channel_budget": 4}
    assert read_settings(values(), rep)[1] == {}
    for name, bad in (
        ("budget", {"value": "many"}),
        ("budget", {"value": "51"}),
        ("budget", {"value": "-1"}),
        ("day_until", {"selected_time": "07:00"}),
        ("day_from", {"selected_time": ""}),
        ("channel", {"selected_conversation": "D123"}),
    ):
        assert list(read_settings(values(**{name: bad}), manager)[2]) == [name]
