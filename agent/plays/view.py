"""Plays as plain JSON, for every surface the same."""

from typing import Any

import sqlalchemy as sa

from agent.plays import audit
from agent.plays.frequency import SEND
from agent.plays.ledger import PlayLedger, StoredAction, StoredPlay
from agent.plays.play import Action, ActionState, PlayState
from agent.plays.policy import Policy

_DELIVERY = (
    "E-mails wait in the CRM's outbox until its mail server sends them; the embedded CRM has none, "
    "so there they stay queued."
)


def play_in_brief(stored: StoredPlay) -> dict[str, Any]:
    """Give one line of `weir plays list`."""
    play = stored.play
    return {
        "id": play.id,
        "state": stored.state.value,
        "title": play.title,
        "tier": play.tier,
        "targets": len(play.experiment.treatment),
        "holdout": len(play.experiment.holdout),
        "actions": len(play.actions),
        "digest": stored.digest,
        "created_by": play.created_by,
        "created_at": play.created_at,
        "expires_at": play.expires_at,
        "decided_by": stored.decided_by,
        "note": stored.note,
    }


def play_as_json(
    ledger: PlayLedger, tx: sa.Connection, stored: StoredPlay, policy: Policy
) -> dict[str, Any]:
    """Give everything about a play; the keys are part of Weir's interface."""
    play = stored.play
    done = {a.position: a for a in ledger.actions(tx, play.id, "do")}
    undone = {a.position: a for a in ledger.actions(tx, play.id, "undo")}
    pending = stored.state is PlayState.PENDING
    return {
        **play_in_brief(stored),
        "why": play.why.model_dump(mode="json"),
        "revision": play.revision,
        "targets": [t.model_dump(mode="json") for t in play.targets],
        "left_out": [item.model_dump(mode="json") for item in play.left_out],
        "actions": [
            {
                **_action(action),
                "key": play.key(index),
                "state": done[index].state.value if index in done else ActionState.WAITING.value,
                **_execution(done.get(index)),
                "undone": _undone(undone.get(index)),
            }
            for index, action in enumerate(play.actions)
        ],
        "expected_effect": play.expected_effect.model_dump(mode="json"),
        "experiment": play.experiment.model_dump(mode="json"),
        "citations": [c.model_dump(mode="json") for c in play.citations],
        "approvals": ledger.approvals(tx, stored),
        "who_may_approve": policy.explain(play) if pending else None,
        "evidence": [e.model_dump(mode="json") for e in play.why.evidence],
        "delivery": _DELIVERY if any(a.kind == SEND for a in play.actions) else None,
        "warehouse_version": play.warehouse_version,
        "policy_version": play.policy_version,
        "decided_at": stored.decided_at,
        "finished_at": stored.finished_at,
        "audit": [*audit.entries(tx, play.id)],
    }


def results_by_target(shown: dict[str, Any]) -> list[dict[str, Any]]:
    """Sum up for each treated target of a shown play what came of it, in the play's order.

    A target with several actions is as far as the worst of them: ``failed`` before ``stale``,
    ``waiting`` (also where the CRM has not answered), ``done`` and ``undone``.

    Returns:
        For each ``target`` (kind, id, name), its ``state``, its ``actions`` as summaries and its
        ``notes``: what went wrong, in sentences.
    """
    found: dict[str, dict[str, Any]] = {}
    for action in shown["actions"]:
        target = action["target"]
        row = found.setdefault(
            target["id"], {"target": target, "state": "undone", "actions": [], "notes": []}
        )
        undone = action["undone"] or {}
        state = _result(action["state"], undone.get("state"))
        row["state"] = min(row["state"], state, key=_WORST_FIRST.index)
        row["actions"].append(action["summary"])
        row["notes"] += [
            note
            for note in (action["note"], undone.get("note"))
            if note and note not in row["notes"]
        ]
    return list(found.values())


_WORST_FIRST = ("failed", "stale", "waiting", "done", "undone")

_RESULTS = {
    ActionState.FAILED: "failed",
    ActionState.UNVERIFIED: "failed",
    ActionState.STALE: "stale",
    ActionState.VERIFIED: "done",
    ActionState.DONE: "done",
}


def _result(state: str, undone: str | None) -> str:
    if undone == ActionState.VERIFIED:
        return "undone"
    return _RESULTS.get(ActionState(state), "waiting")


def _action(action: Action) -> dict[str, Any]:
    return {
        "kind": action.kind,
        "target": {
            "kind": action.target.kind,
            "id": action.target.id,
            "name": action.target.name,
        },
        "summary": action.summary,
        "params": action.params,
        "before": action.before,
        "after": action.after,
        "undo": action.undo,
    }


def _execution(row: StoredAction | None) -> dict[str, Any]:
    receipt = row.receipt if row else None
    return {
        "note": row.note if row else None,
        "started_at": row.started_at if row else None,
        "finished_at": row.finished_at if row else None,
        "verified_at": row.verified_at if row else None,
        "receipt": None
        if receipt is None
        else {
            "record": {"kind": receipt.ref.kind, "id": receipt.ref.id},
            "version": receipt.version,
            "before": receipt.before,
            "after": receipt.after,
        },
    }


def _undone(row: StoredAction | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"state": row.state.value, "note": row.note, "at": row.finished_at}
