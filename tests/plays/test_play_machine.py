"""A property test: whatever people, clocks, CRMs and workers do, the protocol holds."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)
from plays_harness import (
    DANA,
    FIELD,
    REROUTE,
    RIO,
    SAM,
    TASK,
    Clock,
    SilentCrm,
    draft,
    effects,
    lead,
    open_desk,
    seeded,
)

from agent.plays.decision import Outcome
from agent.plays.edit import Edit
from agent.plays.errors import PlayError
from knowledge.database import open_database

MAY_FOLLOW = {
    "pending": {"approved", "rejected", "expired"},
    "approved": {"running", "unknown", "verified", "failed", "expired"},
    "running": {"unknown", "verified", "failed"},
    "unknown": {"verified", "failed"},
    "verified": {"undoing"},
    "failed": {"undoing"},
    "undoing": {"undone", "partly_undone"},
    "partly_undone": {"undoing"},
    "rejected": set(),
    "expired": set(),
    "undone": set(),
}

_TEMPLATE = Path(tempfile.mkdtemp(prefix="weir-machine-"))


class PlayMachine(RuleBasedStateMachine):
    plays = Bundle("plays")

    def __init__(self) -> None:
        super().__init__()
        if not (_TEMPLATE / "ledger.db").exists():
            open_database(f"sqlite:///{_TEMPLATE / 'ledger.db'}").dispose()
            seeded(_TEMPLATE / "crm.db").close()
        self.home = Path(tempfile.mkdtemp(prefix="weir-machine-"))
        shutil.copytree(_TEMPLATE, self.home, dirs_exist_ok=True)
        self.clock = Clock()
        self.crm = SilentCrm(self.home / "crm.db")
        self.desk = open_desk(self.home, crm=self.crm, clock=self.clock)
        self.states: dict[str, str] = {}
        self.digests: dict[str, list[str]] = {}
        self.authors: dict[str, str] = {}
        self.again: set[str] = set()
        self.told: set[str] = set()
        self.killed = False
        self.humans = 0
        self.ours = 0

    @initialize(target=plays)
    def begins_with_two(self) -> Any:
        two = (self.drafts_one(0, 2, "weir", (REROUTE, TASK)), self.drafts_one(4, 1, RIO, (TASK,)))
        return multiple(*two)

    @rule(
        target=plays,
        first=st.integers(0, 6),
        leads=st.integers(1, 2),
        by=st.sampled_from([DANA, RIO, "weir"]),
        actions=st.sampled_from([(REROUTE, TASK), (TASK,), (FIELD, REROUTE)]),
    )
    def drafts(self, first: int, leads: int, by: str, actions: Any) -> str:
        return self.drafts_one(first, leads, by, actions)

    def drafts_one(self, first: int, leads: int, by: str, actions: Any) -> str:
        try:
            play = draft(self.desk, first=first, leads=leads, by=by, actions=actions)
        except PlayError:  # every lead is in an open play, or has been dealt with
            return ""
        self.states[play.id] = "pending"
        self.digests[play.id] = [play.digest]
        self.authors[play.id] = by if play.tier != "low" else ""
        return play.id

    @rule(play=plays, by=st.sampled_from([DANA, RIO, SAM]), old=st.booleans())
    def approves(self, play: str, by: str, *, old: bool) -> None:
        if not play:
            return
        digest = self.digests[play][0 if old else -1]
        may = (
            self.now()[play] == "pending"
            and digest == self.digests[play][-1]
            and not self.killed
            and by in {DANA, RIO} - {self.authors[play]}
        )
        decision = self.desk.approve(play, by=by, digest=digest)
        assert (decision.outcome is Outcome.APPROVED) == may, decision.sentence
        assert decision.sentence.endswith(".")

    @rule(play=plays, by=st.sampled_from([DANA, SAM]))
    def rejects(self, play: str, by: str) -> None:
        if play:
            may = self.now()[play] == "pending" and by == DANA
            assert self.desk.reject(play, by=by).accepted == may

    @rule(play=plays)
    def edits(self, play: str) -> None:
        if not play:
            return
        shown = self.desk.show(play)
        edit = Edit(drop=[shown["targets"][0]["id"]])
        decision = self.desk.edit(play, edit, by=RIO, digest=shown["digest"])
        assert decision.accepted == (shown["state"] == "pending" and len(shown["targets"]) > 1)
        if decision.accepted:
            self.digests[play].append(decision.digest or "")

    @rule(hours=st.sampled_from([1, 30]))
    def time_passes(self, hours: float) -> None:
        self.clock.forward(hours)

    @rule(index=st.integers(0, 7), owner=st.sampled_from(["sample:o0", "sample:o3"]))
    def a_human_changes_a_lead(self, index: int, owner: str) -> None:
        record = lead(self.desk, index)
        self.humans += 1
        self.quietly(
            lambda: self.crm.update(
                record.ref,
                {"owner_id": owner},
                key=f"human-{self.humans}",
                expected_version=record.version,
            )
        )

    @rule(play=plays)
    def all_goes_well(self, play: str) -> None:
        if play and self.now()[play] == "pending":
            self.the_crm_comes_and_goes(silent=False, lose_effect=False)
            self.the_kill_switch(on=False)
            by = RIO if self.authors[play] == DANA else DANA
            self.approves(play, by, old=False)
            self.the_protocol_holds()
            self.a_worker_passes()

    @rule(silent=st.booleans(), lose_effect=st.booleans())
    def the_crm_comes_and_goes(self, *, silent: bool, lose_effect: bool) -> None:
        self.crm.silent, self.crm.lose_effect = silent, lose_effect

    @rule(on=st.booleans())
    def the_kill_switch(self, *, on: bool) -> None:
        (self.desk.stop if on else self.desk.resume)(by=DANA)
        self.killed = on

    @rule(play=plays, by=st.sampled_from([DANA, RIO, SAM]), hours=st.sampled_from([2, 90]))
    def snoozes(self, play: str, by: str, hours: float) -> None:
        if play:
            may = self.desk.can(play, by)["snooze"] is None and hours < 72
            until = self.clock.now + timedelta(hours=hours)
            decision = self.desk.snooze(play, by=by, until=until)
            assert decision.accepted <= may, decision.sentence
            assert decision.state == self.now()[play]

    @rule(play=plays, by=st.sampled_from([DANA, SAM]), to=st.sampled_from([DANA, RIO, SAM]))
    def hands_over(self, play: str, by: str, to: str) -> None:
        if play:
            before = self.now()[play]
            decision = self.desk.hand_over(play, by=by, to=to)
            assert not (decision.accepted and SAM in {by, to})
            assert self.now()[play] == before

    @rule(target=plays, play=plays)
    def requests_again(self, play: str) -> str:
        if not play:
            return ""
        may = self.now()[play] == "expired" and play not in self.again
        decision = self.desk.request_again(play, by=DANA)
        assert decision.accepted <= may, decision.sentence
        if not decision.accepted or decision.play_id is None:
            return ""
        self.again.add(play)
        new = decision.play_id
        self.states[new] = "pending"
        self.digests[new] = [decision.digest or ""]
        shown = self.desk.show(new)
        self.authors[new] = "" if shown["tier"] == "low" else shown["created_by"]
        return new

    @rule()
    def notices_are_told(self) -> None:
        due = self.desk.due_notices()
        states = self.now()
        for notice in due:
            wanted = "expired" if notice.kind == "expired" else "pending"
            assert states[notice.play_id] == wanted
            assert self.desk.noticed(notice)
            assert notice.id not in self.told, "somebody was told twice"
            self.told.add(notice.id)

    @rule()
    def a_worker_passes(self) -> None:
        self.desk.runner().work()

    @rule(play=plays)
    def undoes(self, play: str) -> None:
        if play:
            self.desk.undo(play, by=DANA)

    def quietly(self, write: Any) -> None:
        silent, self.crm.silent = self.crm.silent, False
        write()
        self.crm.silent = silent

    def now(self) -> dict[str, str]:
        return {p["id"]: p["state"] for p in self.desk.list_plays()}

    @invariant()
    def the_protocol_holds(self) -> None:
        for play, state in self.now().items():
            before = self.states[play]
            assert state == before or state in MAY_FOLLOW[before], f"{before} -> {state}"
            self.states[play] = state
        ours = [key for key in effects(self.home) if key.startswith("weir-")]
        assert len(ours) == len(set(ours)), "a write took effect twice"
        assert set(ours) <= self.approved_keys(), "a write took effect that nobody approved"
        assert not self.killed or len(ours) == self.ours, "a write got past the kill switch"
        self.ours = len(ours)

    def approved_keys(self) -> set[str]:
        keys = set()
        for play, state in self.states.items():
            if state not in {"pending", "rejected", "expired"}:
                for action in self.desk.show(play)["actions"]:
                    keys |= {action["key"], f"{action['key']}-undo"}
        return keys

    def teardown(self) -> None:
        self.crm.silent = False
        self.desk.resume(by=DANA)
        self.desk.runner().work()
        left = {"approved", "running", "unknown", "undoing"} & set(self.now().values())
        assert not left, "a play was left behind although everything works again"
        assert self.desk.verify_audit().intact
        self.desk.ledger.engine.dispose()
        self.crm.close()
        shutil.rmtree(self.home)


TestPlayMachine = PlayMachine.TestCase
TestPlayMachine.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
