"""Cards and modals of plays stay within Slack's limits, whatever the CRM holds."""

import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from slack_cards_harness import DANA, LATER, NOW, a_play, button_id, written

from agent.plays.policy import Person
from agent.slack.blocks import FALLBACK_TEXT
from agent.slack.plays import batch, edit_modal, modals
from agent.slack.plays.card import Asked, card_text, play_card
from agent.slack.plays.receipt import receipt_blocks
from agent.slack.plays.told import lines
from evals.slack_server.limits.views import check_message, check_view

STATES = [
    "pending",
    "approved",
    "running",
    "unknown",
    "verified",
    "failed",
    "rejected",
    "expired",
    "undoing",
    "undone",
    "partly_undone",
]
ACTION_STATES = ["waiting", "started", "unknown", "done", "verified", "unverified", "stale"]
HOSTILE = [
    "x" * 500,
    "&" * 500,
    "<!channel> <@U1> <https://evil.example|click here>",
    "*bold* _it_ ~no~ `code` ```block```",
    "\u202egnp.exe\u202c abc \u05d0\u05d1\u05d2",
    "\U0001f469\u200d\U0001f4bb" * 60,
    "",
    " \n\t ",
    "a\x00b\nc",
    "> quote\n# heading",
]
names = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=500))


class Shown(dict[str, Any]):
    """A play whose repr is short enough to print."""

    def __repr__(self) -> str:
        return f"a {self['state']} play of {len(self['actions'])} actions on {self['title'][:30]!r}"


@st.composite
def plays(draw: st.DrawFn) -> Shown:
    count = draw(st.sampled_from([1, 7, 100]))
    some = draw(st.lists(names, min_size=1, max_size=4))
    kinds = draw(
        st.lists(
            st.sampled_from(["reroute_lead", "create_task", "update_field", "send_content"]),
            min_size=1,
            max_size=4,
            unique=True,
        )
    )
    text = draw(names)
    play = a_play(
        [some[i % len(some)] for i in range(count)],
        kinds=tuple(kinds),
        held=draw(st.lists(names, max_size=3)),
        state=draw(st.sampled_from(STATES)),
        title=draw(names),
        note=draw(st.none() | names),
        revision=draw(st.integers(1, 3)),
        decided_by=draw(st.none() | st.just(DANA) | names),
        decided_at=draw(st.sampled_from([None, NOW])),
        finished_at=draw(st.sampled_from([None, NOW])),
        approvals=[{"approver": text, "at": NOW, "via": "slack", "reason": text}],
        left_out=[{"id": str(i), "name": text, "reason": text} for i in range(count // 2)],
        citations=[{"id": text, "quote": text}] * 5,
        evidence=[{"kind": "figure", "ref": text, "text": text}] * 40,
        audit=[{"at": NOW, "who": text, "what": "undo_started", "details": {"writes": 2}}] * 3,
    )
    play["why"] = {"finding_id": text, "text": text, "drivers": [text] * 9, "evidence": []}
    state, note = draw(st.sampled_from(ACTION_STATES)), draw(st.none() | names)
    undone = draw(st.sampled_from([None, {"state": "stale", "note": text, "at": NOW}]))
    play["actions"] = [written(a, state, note=note, undone=undone) for a in play["actions"]]
    return Shown(play)


quick = settings(
    max_examples=10,
    phases=[Phase.generate],  # a failing play of a hundred leads takes minutes to shrink
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)


@quick
@given(plays(), st.lists(names, max_size=12), st.none() | names)
def test_a_card_stays_within_the_limits(
    play: dict[str, Any], people: list[str], obstacle: str | None
) -> None:
    asked = Asked(2, people, obstacle)
    blocks = play_card(play, buttons=button_id, asked=asked, notes=["a note"])
    text = card_text(play)
    check_message({"text": text, "blocks": blocks}, ())
    assert len(text) <= FALLBACK_TEXT
    for line in lines(play, called=str, attention=[{"kind": "told_escalate"}]):
        check_message({"text": line.text, "blocks": line.blocks}, ())
    check_message({"text": "r", "blocks": receipt_blocks(play, called=str)}, ())


@quick
@given(plays(), st.integers(0, 30), names)
def test_modals_stay_within_the_limits(play: dict[str, Any], page: int, name: str) -> None:
    owners = [{"id": f"o{i}", "name": name, "team": f"t{i % 3}"} for i in range(250)]
    person = Person(email=DANA, name=name or "x", roles=frozenset({"manager"}))
    now = datetime(2026, 11, 24, 12)  # noqa: DTZ001 -- the ledger's times are naive UTC
    views = [
        batch.targets_view(play, page=page, buttons=button_id),
        edit_modal.edit_view(play, owners=owners, writable=["priority"], private="b_1"),
        modals.reject_view(play, private="b_1"),
        modals.snooze_view(play, now=now, time_zone="Asia/Kolkata", private="b_1"),
        modals.hand_over_view(play, [person], private="b_1"),
        modals.hand_over_view(play, [], private="b_1"),
        modals.why_view(play, called=str),
        modals.said(name),
    ]
    for view in views:
        check_view(view, ())


@quick
@given(plays())
def test_nothing_from_the_data_can_ping_people_or_disguise_a_link(play: dict[str, Any]) -> None:
    views: list[Any] = [play_card(play, buttons=button_id), card_text(play)]
    views += [
        batch.targets_view(play, page=0, buttons=button_id),
        modals.why_view(play, called=str),
    ]
    for text in mrkdwn_of(views):
        # What stands in angle brackets is Slack's own form of a time, and ours.
        assert set(re.findall(r"<[^>]*", text)) <= {time_in(text)} or "<!date^" in text
        assert not re.search(r"<(?!\!date\^\d+\^)", text)


def time_in(text: str) -> str:
    found = re.search(r"<!date\^[^>]*", text)
    return found.group() if found else ""


def mrkdwn_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            return [value["text"]]
        return [text for part in value.values() for text in mrkdwn_of(part)]
    return [text for part in value for text in mrkdwn_of(part)] if isinstance(value, list) else []


def test_five_hundred_long_names_fit_into_the_edit_form() -> None:
    play = a_play(["\U0001f469" * 500] * 500, expires_at=LATER)
    owners = [{"id": f"o{i}", "name": "\U0001f469" * 75, "team": "t"} for i in range(500)]
    check_view(edit_modal.edit_view(play, owners=owners, writable=[], private="b"), ())


@pytest.mark.parametrize("count", [1, 20, 21, 200])
def test_the_pages_together_list_every_target_once(count: int) -> None:
    play = a_play([f"Lead no. {i}" for i in range(count)], held=["Kept apart"])
    shown = [
        text
        for page in range(batch.pages(play))
        for text in mrkdwn_of(batch.targets_view(play, page=page, buttons=button_id))
    ]
    for i in range(count):
        assert sum(text.startswith(f"*Lead no. {i}*") for text in shown) == 1
    assert sum("Kept apart" in text for text in shown) == 1
