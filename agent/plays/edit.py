"""Edit a pending play: drop targets, or change parameters of a kind of action."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.plays.draft import in_its_tier
from agent.plays.effect import scaled
from agent.plays.errors import BadPlayError, UnfitTargetError
from agent.plays.planning import Step, plan_target
from agent.plays.play import Action, LeftOut, Play, Target
from agent.plays.policy import Policy
from agent.plays.stamps import Clock, parse
from tools.crm.port import Crm


@dataclass(frozen=True)
class Edit:
    """Say what to change.

    Attributes:
        drop: Ids of targets to take out.
        params: New parameter values by kind of action, such as
            ``{"create_task": {"due_in_days": 1}}``; the others stay.
    """

    drop: Collection[str] = ()
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def edited(play: Play, edit: Edit, *, by: str, crm: Crm, policy: Policy, clock: Clock) -> Play:
    """Give the changed play, with its next revision, tier and expiry.

    Dropping targets narrows what others wrote, so it does not make the editor an author;
    changing parameters does. Changed actions are planned anew on the records as they are now.

    Raises:
        BadPlayError: The edit can't be made, or leaves nothing to do.
    """
    if not edit.drop and not edit.params:
        raise BadPlayError("Say what to change: targets to drop, or parameters of an action.")
    unknown = set(edit.drop) - {t.id for t in play.targets}
    if unknown:
        raise BadPlayError(f"{', '.join(sorted(unknown))} is not a target of {play.id}.")
    targets = tuple(t for t in play.targets if t.id not in edit.drop)
    actions = tuple(a for a in play.actions if a.target.id not in edit.drop)
    if edit.params:
        actions = _planned_again(play, targets, actions, edit, crm)
    if not actions:
        raise BadPlayError("The edit leaves nothing to do; reject the play instead.")
    treated = tuple(t.id for t in targets if t.arm == "treatment")
    dropped = tuple(
        LeftOut(id=t.id, name=t.name, reason=f"taken out by {by}")
        for t in play.targets
        if t.id in edit.drop
    )
    authors = play.authors
    if edit.params and by not in authors:
        authors = (*authors, by)
    changed = play.model_copy(
        update={
            "revision": play.revision + 1,
            "targets": targets,
            "actions": actions,
            "left_out": play.left_out + dropped,
            "expected_effect": scaled(
                play.expected_effect, before=len(play.experiment.treatment), after=len(treated)
            ),
            "experiment": play.experiment.model_copy(
                update={
                    "treatment": treated,
                    "holdout": tuple(t.id for t in targets if t.arm == "holdout"),
                }
            ),
            "authors": authors,
        }
    )
    return in_its_tier(changed, policy, clock)


def _planned_again(
    play: Play, targets: tuple[Target, ...], actions: tuple[Action, ...], edit: Edit, crm: Crm
) -> tuple[Action, ...]:
    missing = set(edit.params) - {a.kind for a in actions}
    if missing:
        raise BadPlayError(f"{play.id} has no action of kind {', '.join(sorted(missing))}.")
    today = parse(play.created_at).date()
    result: list[Action] = []
    for target in targets:
        steps: list[Step] = [
            (a.kind, _merged(a.kind, a.params, edit.params.get(a.kind)))
            for a in actions
            if a.target.id == target.id
        ]
        if not steps:
            continue
        record = crm.read(target.ref)
        if record is None:
            raise BadPlayError(f"{target.name} is no longer in the CRM; take it out of the play.")
        try:
            result.extend(plan_target(target, record, steps, read=crm.read, today=today))
        except UnfitTargetError as error:
            raise BadPlayError(
                f"{target.name} can't stay in the play: {error}; take it out."
            ) from error
    return tuple(result)


def _merged(kind: str, params: dict[str, Any], changes: Mapping[str, Any] | None) -> dict[str, Any]:
    merged = {**params, **(changes or {})}
    if kind == "reroute_lead" and changes and "to_name" not in changes:
        merged["to_name"] = ""  # the name belongs to the owner who was there before
    return merged
