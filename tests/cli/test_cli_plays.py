"""The play protocol through real processes: each click from a process of its own."""

import sqlite3
from pathlib import Path
from typing import Any

import narwhals as nw
import pytest
import yaml
from weir_command import DANA, RIO, SAM, Run, answered, begin, one_sentence, weir

from agent.assembly import Weir
from agent.config import Settings
from agent.plays.errors import PlayError
from knowledge.errors import BadInputError
from tools.content.rank import next_content
from tools.crm.embedded import EmbeddedCrm
from tools.crm.port import RecordRef

pytestmark = pytest.mark.xdist_group("cli")


@pytest.fixture
def play(run: Run) -> dict[str, Any]:
    """Give the play that the demo left pending."""
    pending = answered(run("plays", "list", "--json"))[0]
    return dict(answered(run("plays", "show", pending["id"], "--json")))


def shown(run: Run, play: dict[str, Any]) -> dict[str, Any]:
    return dict(answered(run("plays", "show", play["id"], "--json")))


def crm_after(home: Path, play: dict[str, Any]) -> dict[str, Any]:
    crm = EmbeddedCrm(home / "crm.db")
    ids = {action["target"]["id"] for action in play["actions"]}
    records = {id_: crm.read(RecordRef("lead", id_)) for id_ in ids}
    crm.close()
    return {id_: record.fields for id_, record in records.items() if record}


def test_an_approved_play_runs_once_however_many_workers_there_are(
    run: Run, home: Path, play: dict[str, Any]
) -> None:
    approved = run("plays", "approve", play["id"], "--digest", play["digest"][:12], "--as", DANA)
    assert approved.returncode == 0, approved.stderr
    workers = [begin(home, "worker", "--once") for _ in range(3)]
    for worker in workers:
        worker.communicate(timeout=120)
    done = shown(run, play)
    assert done["state"] == "verified"
    assert {action["state"] for action in done["actions"]} == {"verified"}
    started = [entry for entry in done["audit"] if entry["what"] == "action_started"]
    assert len(started) == len(done["actions"])
    fields = crm_after(home, play)
    for action in done["actions"]:
        if action["kind"] == "reroute_lead":
            assert fields[action["target"]["id"]]["owner_id"] == action["after"]["owner_id"]


def test_of_two_approvals_at_once_one_wins_and_both_get_an_answer(
    run: Run, home: Path, play: dict[str, Any]
) -> None:
    click = ("plays", "approve", play["id"], "--digest", play["digest"], "--as", DANA, "--json")
    clicks = [begin(home, *click) for _ in range(2)]
    answers = [process.communicate(timeout=120) for process in clicks]
    outcomes = sorted(out.split('"outcome": "')[1].split('"')[0] for out, _ in answers)
    assert outcomes == ["already_decided", "approved"]
    assert len(shown(run, play)["approvals"]) == 1


def test_a_click_on_an_edited_play_is_refused_and_told_the_new_digest(
    run: Run, play: dict[str, Any]
) -> None:
    edited = run("plays", "edit", play["id"], "--set", "create_task.due_in_days=3", "--as", RIO)
    assert edited.returncode == 0, edited.stderr
    late = run("plays", "approve", play["id"], "--digest", play["digest"], "--as", DANA)
    assert late.returncode == 1
    now = shown(run, play)
    assert now["digest"][:12] in late.stderr
    assert (now["state"], now["approvals"]) == ("pending", [])


@pytest.mark.parametrize(
    "who",
    [SAM, "eve@elsewhere.example", RIO],
    ids=["wrong role", "stranger", "author"],
)
def test_who_may_not_approve_is_told_why_and_nothing_changes(
    run: Run, play: dict[str, Any], who: str
) -> None:
    refused = run("plays", "approve", play["id"], "--digest", play["digest"], "--as", who)
    assert refused.returncode == 1
    assert one_sentence(refused.stderr), refused.stderr
    assert shown(run, play)["state"] == "pending"


def test_an_expired_play_can_not_be_approved(run: Run, home: Path, play: dict[str, Any]) -> None:
    packaged = Path(__file__).parents[2] / "agent" / "plays" / "policy.yaml"
    hurried = yaml.safe_load(packaged.read_text(encoding="utf-8"))
    hurried["tiers"]["medium"] |= {"expires_hours": 1e-6, "remind_hours": []}
    del hurried["tiers"]["medium"]["escalate_hours"], hurried["tiers"]["medium"]["escalate_to"]
    (home / "policy.yaml").write_text(yaml.safe_dump(hurried, sort_keys=False), encoding="utf-8")
    edited = run("plays", "edit", play["id"], "--set", "create_task.due_in_days=3", "--as", RIO)
    assert edited.returncode == 0, edited.stderr
    now = shown(run, play)
    late = run("plays", "approve", play["id"], "--digest", now["digest"], "--as", DANA)
    assert late.returncode == 1
    assert "expired" in late.stderr
    assert shown(run, play)["state"] == "expired"


def test_a_record_changed_since_the_draft_stops_its_action_as_stale(
    run: Run, home: Path, play: dict[str, Any]
) -> None:
    action = next(a for a in play["actions"] if a["kind"] == "reroute_lead")
    ref = RecordRef("lead", action["target"]["id"])
    crm = EmbeddedCrm(home / "crm.db")
    record = crm.read(ref)
    assert record is not None
    crm.update(ref, {"owner_id": "somebody"}, key="by-hand", expected_version=record.version)
    crm.close()
    run("plays", "approve", play["id"], "--digest", play["digest"], "--as", DANA)
    run("worker", "--once")
    done = shown(run, play)
    assert done["state"] == "failed"
    stale = {a["target"]["id"] for a in done["actions"] if a["state"] == "stale"}
    assert stale == {ref.id}
    assert crm_after(home, play)[ref.id]["owner_id"] == "somebody"


def test_the_kill_switch_stops_an_approved_play_until_it_is_released(
    run: Run, play: dict[str, Any]
) -> None:
    run("plays", "approve", play["id"], "--digest", play["digest"], "--as", DANA)
    assert run("plays", "stop", "--as", DANA, "--reason", "audit").returncode == 0
    run("worker", "--once")
    held = shown(run, play)
    assert {action["state"] for action in held["actions"]} == {"waiting"}
    assert run("plays", "resume", "--as", DANA).returncode == 0
    run("worker", "--once")
    assert shown(run, play)["state"] == "verified"


def test_an_undo_brings_every_record_back(run: Run, home: Path, play: dict[str, Any]) -> None:
    before = crm_after(home, play)
    run("plays", "approve", play["id"], "--digest", play["digest"], "--as", DANA)
    run("worker", "--once")
    assert crm_after(home, play) != before
    assert run("plays", "undo", play["id"], "--as", DANA).returncode == 0
    run("worker", "--once")
    assert shown(run, play)["state"] == "undone"
    assert crm_after(home, play) == before


def test_without_a_terminal_an_approval_must_say_what_it_approves(
    run: Run, play: dict[str, Any]
) -> None:
    blind = run("plays", "approve", play["id"], "--as", DANA)
    assert blind.returncode == 2
    assert play["digest"][:12] in blind.stderr


def test_a_rejected_play_is_final_and_says_who_rejected_it(run: Run, play: dict[str, Any]) -> None:
    assert run("plays", "reject", play["id"], "--as", DANA, "--reason", "no").returncode == 0
    late = run("plays", "approve", play["id"], "--digest", play["digest"], "--as", DANA)
    assert late.returncode == 1
    assert "Dana" in late.stderr or DANA in late.stderr
    assert shown(run, play)["state"] == "rejected"


def test_nobody_acts_without_a_name(run: Run, play: dict[str, Any]) -> None:
    nameless = run("plays", "reject", play["id"])
    assert nameless.returncode == 2
    assert "WEIR_USER" in nameless.stderr


def test_a_play_is_snoozed_and_handed_over_from_the_terminal(
    run: Run, play: dict[str, Any]
) -> None:
    snoozed = answered(run("plays", "snooze", play["id"], "--hours", "4", "--as", DANA, "--json"))
    assert (snoozed["outcome"], snoozed["state"]) == ("snoozed", "pending")
    refused = run("plays", "handover", play["id"], "--to", RIO, "--as", DANA)
    assert refused.returncode == 1
    assert "wrote this play" in refused.stderr
    assert one_sentence(refused.stderr)
    given = run("plays", "handover", play["id"], "--to", DANA, "--as", SAM)
    assert given.returncode == 1
    words = [entry["what"] for entry in shown(run, play)["audit"]]
    assert words[-3:] == ["snoozed", "hand_over_refused", "hand_over_refused"]


@pytest.mark.parametrize(
    "args",
    [
        ("snooze", "PLAY"),
        ("snooze", "PLAY", "--until", "soon"),
        ("snooze", "PLAY", "--until", "2099-01-01", "--hours", "3"),
        ("away", "--until", "2099-01-01"),
        ("away", "--to", RIO, "--until", "next week"),
    ],
    ids=" ".join,
)
def test_a_time_that_can_not_be_read_is_told_in_one_sentence(
    run: Run, play: dict[str, Any], args: tuple[str, ...]
) -> None:
    finished = run("plays", *(play["id"] if a == "PLAY" else a for a in args), "--as", DANA)
    assert finished.returncode == 2
    assert one_sentence(finished.stderr), finished.stderr


def test_an_expired_play_is_told_once_and_requested_again(
    run: Run, home: Path, play: dict[str, Any]
) -> None:
    packaged = Path(__file__).parents[2] / "agent" / "plays" / "policy.yaml"
    hurried = yaml.safe_load(packaged.read_text(encoding="utf-8"))
    for tier in hurried["tiers"].values():
        tier.pop("escalate_hours", None)
        tier.pop("escalate_to", None)
        tier |= {"expires_hours": 1e-6, "remind_hours": []}
    (home / "policy.yaml").write_text(yaml.safe_dump(hurried, sort_keys=False), encoding="utf-8")
    change = ("--set", "create_task.due_in_days=3", "--as", RIO)
    assert run("plays", "edit", play["id"], *change).returncode == 0
    assert "expired to " in run("plays", "notices").stdout
    taken = answered(run("plays", "notices", "--take", "--json"))
    assert {(n["kind"], *n["to"]) for n in taken} == {("expired", DANA), ("expired", RIO)}
    assert answered(run("plays", "notices", "--take", "--json")) == []
    (home / "policy.yaml").unlink()
    again = answered(run("plays", "again", play["id"], "--as", DANA, "--json"))
    new = shown(run, {"id": again["play_id"]})
    assert (new["state"], new["digest"]) == ("pending", again["digest"])
    assert len(new["targets"]) == len(play["targets"])


def test_an_absence_is_noted_and_ended(run: Run) -> None:
    until = ("--until", "2099-01-01", "--to", RIO)
    noted = run("plays", "away", *until, "--as", DANA)
    assert noted.returncode == 0, noted.stderr
    assert "Rio Tanaka is reminded in your place" in noted.stdout
    assert run("plays", "away", "--back", "--as", DANA).returncode == 0
    assert run("plays", "away", "--back", "--as", DANA).returncode == 1


def test_a_rep_sends_one_mail_and_takes_it_back(home: Path) -> None:
    weir = Weir(Settings(home=home))
    with weir.snapshot() as snapshot:
        journeys = snapshot.table("journeys").filter(nw.col("is_open"))
        rows = journeys.filter(nw.col("consent")).head(200).collect().rows(named=True)
        lead = next(row for row in rows if row["email"])["journey_id"]
        offered = next_content(snapshot, weir.library, lead)["items"]
    first, second = (item["id"] for item in offered[:2])
    play = weir.propose_message(by=SAM, journey_id=lead, content_id=first, note="For {name}:")
    assert play.tier == "own"
    assert play.experiment.holdout_share == 0.0
    assert all(reason in play.why.text for reason in offered[0]["why"])
    assert weir.plays.approve(play.id, by=SAM, digest=play.digest).accepted
    assert weir.plays.run(play.id).states == {play.id: "verified"}
    with pytest.raises(BadInputError, match="An earlier play has sent"):
        weir.propose_message(by=SAM, journey_id=lead, content_id=first)
    assert weir.plays.undo(play.id, by=SAM).accepted
    assert weir.plays.run(play.id).states == {play.id: "undone"}
    for unknown in ({"journey_id": "nobody"}, {"content_id": "nothing"}):
        with pytest.raises(BadInputError, match="There is no"):
            weir.propose_message(by=SAM, **{"journey_id": lead, "content_id": second, **unknown})


def test_who_has_not_consented_gets_no_mail(home: Path) -> None:
    weir = Weir(Settings(home=home))
    with weir.snapshot() as snapshot:
        journeys = snapshot.table("journeys").filter(nw.col("is_open"), ~nw.col("consent"))
        lead = journeys.head(1).collect().rows(named=True)[0]["journey_id"]
        piece = next_content(snapshot, weir.library, lead)["items"][0]["id"]
    with pytest.raises(PlayError, match="have not consented to be contacted"):
        weir.propose_message(by=SAM, journey_id=lead, content_id=piece)


def test_the_audit_log_of_a_home_can_be_exported(run: Run) -> None:
    log = answered(run("plays", "audit", "--json"))
    assert log["intact"]
    assert [entry["seq"] for entry in log["entries"]] == [*range(1, len(log["entries"]) + 1)]


def test_a_reader_does_not_wait_for_who_writes_the_ledger(home: Path) -> None:

    writer = sqlite3.connect(home / "ledger.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        assert weir(home, "funnel", "--json").returncode == 0
    finally:
        writer.close()
