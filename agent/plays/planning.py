"""Plan the actions on one target, each on top of what the ones before it leave behind."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from agent.plays.action_types.base import Planning, Reader
from agent.plays.actions import action_type
from agent.plays.errors import BadPlayError
from agent.plays.play import Action, Play, Precondition, Target
from agent.plays.policy import Policy
from tools.crm.port import Record

Step = tuple[str, dict[str, Any]]


def plan_target(
    target: Target, record: Record, steps: Sequence[Step], *, read: Reader, today: date
) -> list[Action]:
    """Turn steps (kind and parameters) into actions with before, after and precondition.

    Raises:
        BadPlayError: A kind or parameter can't be used, or two steps write one field.
    """
    fields = dict(record.fields)
    actions: list[Action] = []
    written: set[str] = set()
    for kind, raw in steps:
        known = action_type(kind)
        params = known.check(raw)
        plan = known.plan(params, Planning(target, fields, read, today))
        if plan is None:
            continue
        twice = written & plan.leaves.keys()
        if twice:
            raise BadPlayError(f"Two actions would write {', '.join(sorted(twice))} of one record.")
        written |= plan.leaves.keys()
        actions.append(
            Action(
                kind=kind,
                target=target,
                summary=plan.summary,
                params=params,
                before=plan.before,
                after=plan.after,
                precondition=Precondition(version=record.version, fields=plan.relies_on),
                undo=known.undo_note,
            )
        )
        fields.update(plan.leaves)
    return actions


def tier_of(policy: Policy, play: Play) -> str:
    """Find the tier of a play and refuse what the policy does not let any tier do.

    Raises:
        BadPlayError: The play writes a field that the policy does not list, or fits no tier.
    """
    for action in play.actions:
        field = action.params.get("field") if action.kind == "update_field" else None
        if field is not None and field not in policy.writable_fields:
            raise BadPlayError(
                f"The policy does not let plays write the field '{field}'; it allows "
                f"{', '.join(sorted(policy.writable_fields))}."
            )
    tier = policy.tier_of(play)
    if tier is None:
        kinds = ", ".join(sorted({a.kind for a in play.actions}))
        treated = sum(t.arm == "treatment" for t in play.targets)
        raise BadPlayError(
            f"No tier of the policy takes a play that does {kinds} on {treated} targets worth "
            f"{play.value:,.0f}; choose fewer targets."
        )
    return tier
