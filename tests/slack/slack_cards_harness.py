"""What the tests of play cards share: plays as the desk shows them, and a small company."""

from typing import Any

DANA = "dana.meyer@northpeak.example"
RIO = "rio.tanaka@northpeak.example"
NOW = "2026-11-24T12:00:00.000000Z"
LATER = "2026-11-25T12:00:00.000000Z"


def button_id(verb: str, **payload: Any) -> str:
    """Give an id as long as real ones are."""
    return f"b_{abs(hash((verb, *payload.items()))):020x}"[:22]


def an_action(index: int, name: str, kind: str = "create_task", **columns: Any) -> dict[str, Any]:
    target = {"kind": "lead", "id": f"sample:lead{index}", "name": name}
    params: dict[str, Any] = {"subject": "Call {name}", "due_in_days": 2, "assignee": "owner"}
    before: dict[str, Any] = {}
    after: dict[str, Any] = {"subject": f"Call {name}", "due_on": "2026-11-26"}
    summary = f"Task for Ben about {name}: Call {name}, due 2026-11-26"
    if kind == "reroute_lead":
        params = {"to": "sample:o1", "to_name": "Ben"}
        before, after = {"owner_id": "sample:o0"}, {"owner_id": "sample:o1"}
        summary = f"Reroute {name} from Ada to Ben"
    if kind == "update_field":
        params = {"field": "priority", "value": "high"}
        before, after = {"priority": None}, {"priority": "high"}
        summary = f"Set priority of {name} from None to 'high'"
    if kind == "send_content":
        params = {
            "content_id": "c1",
            "title": f"Guide for {name}",
            "url": "",
            "subject": "For {name}",
            "note": "Dear {name}",
            "channel": "email",
        }
        after = {"subject": f"For {name}", "to": "a@b.example"}
        summary = f"Queue an e-mail to {name}"
    return {
        "kind": kind,
        "target": target,
        "summary": summary,
        "params": params,
        "before": before,
        "after": after,
        "undo": "Sets the field back.",
        "key": f"weir-{index:032x}",
        "state": "waiting",
        "note": None,
        "started_at": None,
        "finished_at": None,
        "verified_at": None,
        "receipt": None,
        "undone": None,
        **columns,
    }


def written(action: dict[str, Any], state: str = "verified", **columns: Any) -> dict[str, Any]:
    receipt = {
        "record": {"kind": "lead", "id": action["target"]["id"]},
        "version": "2",
        "before": action["before"],
        "after": action["after"],
    }
    return {**action, "state": state, "receipt": receipt, **columns}


def a_play(
    names: list[str] | None = None,
    *,
    kinds: tuple[str, ...] = ("reroute_lead", "create_task"),
    held: list[str] | None = None,
    **columns: Any,
) -> dict[str, Any]:
    names = ["Lead 0", "Lead 1"] if names is None else names
    targets = [
        {"kind": "lead", "id": f"sample:lead{i}", "name": name, "arm": "treatment", "value": 1.0}
        for i, name in enumerate(names)
    ]
    targets += [
        {"kind": "lead", "id": f"sample:held{i}", "name": name, "arm": "holdout", "value": 1.0}
        for i, name in enumerate(held or [])
    ]
    actions = [an_action(i, name, kind) for i, name in enumerate(names) for kind in kinds]
    why = "mql to accepted converts 20.0%, against 40.0% before."
    return {
        "id": "play_3f2a91",
        "state": "pending",
        "title": "Mend mql to accepted",
        "tier": "medium",
        "targets": targets,
        "holdout": len(held or []),
        "actions": actions,
        "digest": "9c1f04aa1b22" + "0" * 52,
        "created_by": RIO,
        "created_at": NOW,
        "expires_at": LATER,
        "decided_by": None,
        "decided_at": None,
        "finished_at": None,
        "note": None,
        "why": {"finding_id": "leak_1", "text": why, "drivers": ["slow_handoff"], "evidence": []},
        "revision": 1,
        "left_out": [],
        "expected_effect": {
            "estimate": 2.2,
            "low": 0.7,
            "high": 4.0,
            "unit": "more conversions from mql to accepted",
            "basis": "36 leads x a gap of 20 points x a prior.",
        },
        "experiment": {"id": "exp_1", "holdout_share": 0.1, "treatment": [], "holdout": []},
        "citations": [{"id": "pb-slow#steps", "quote": "Reroute within the team."}],
        "approvals": [],
        "who_may_approve": "One approval is needed.",
        "evidence": [
            {"kind": "finding", "ref": "leak_1", "text": why},
            {"kind": "figure", "ref": "leak_1", "text": "9 days, was 2"},
        ],
        "delivery": None,
        "warehouse_version": 4,
        "policy_version": "1:abc",
        "audit": [],
        **columns,
    }
