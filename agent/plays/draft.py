"""Draft a play: from a finding or from scores, with a playbook's actions, for given leads."""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from agent import words
from agent.plays.effect import effect_of_leak, effect_of_scores
from agent.plays.errors import BadPlayError, PlayError, UnfitTargetError
from agent.plays.frequency import SEND, too_many_messages
from agent.plays.ledger import PlayLedger, target_key
from agent.plays.planning import Step, plan_target, tier_of
from agent.plays.play import (
    Action,
    Citation,
    Effect,
    EvidenceRef,
    Experiment,
    LeftOut,
    Play,
    Target,
    Why,
    new_play_id,
)
from agent.plays.policy import Policy
from agent.plays.routing import LeastLoaded
from agent.plays.stamps import Clock, stamp
from tools.crm.port import Crm, Record
from tools.experiments.assign import DEFAULT_HOLDOUT, assign

LEAST_LOADED = "least_loaded_in_team"


@dataclass(frozen=True)
class DraftContext:
    """Hold what drafting reads.

    Attributes:
        ledger: Says which targets other plays hold.
        crm: Gives before values and versions.
        policy: Gives tier, caps and expiry.
        clock: Tells the time, naive UTC.
        owners: Rows ``id, name, team, region, is_active, open_leads``, for routing.
        warehouse_version: Version that the finding, the scores and the rows come from.
    """

    ledger: PlayLedger
    crm: Crm
    policy: Policy
    clock: Clock
    owners: Sequence[Mapping[str, Any]]
    warehouse_version: int


@dataclass(frozen=True)
class DraftRequest:
    """Hold what a play is to be drafted from; one of finding, scores and reason is needed.

    Attributes:
        targets: Rows of the journeys mart, most important first: ``journey_id, name, email,
            owner_id, team, region, value`` as far as they are known.
        actions: A playbook's action templates: ``kind, for, params``.
        created_by: E-mail of who asked for the play, or ``weir``.
        finding: A finding as `weir leaks --json` gives it.
        scores: Scores as `weir score --json` gives them.
        playbook_id: The playbook; it names the experiment together with the finding.
        title: Title, where the default does not suit.
        citations: ``{id, quote}`` of the library.
        holdout: Share of targets that get no action, so that the worth can be measured.
        reason: Why, and what is expected of it, where neither finding nor scores are the reason.
    """

    targets: Sequence[Mapping[str, Any]]
    actions: Sequence[Mapping[str, Any]]
    created_by: str
    finding: Mapping[str, Any] | None = None
    scores: Sequence[Mapping[str, Any]] = ()
    playbook_id: str | None = None
    title: str | None = None
    citations: Sequence[Mapping[str, Any]] = ()
    holdout: float = DEFAULT_HOLDOUT
    reason: tuple[Why, Effect] | None = None


def draft_play(context: DraftContext, request: DraftRequest) -> Play:
    """Draft a play; nothing is stored and nothing is written.

    Raises:
        BadPlayError: The request can't be used: no reason, unknown action, a field not allowed.
        PlayError: No target is left that the play could do something for.
    """
    if request.finding is None and not request.scores and request.reason is None:
        raise BadPlayError("A play needs a reason: name a finding or scores to draft it from.")
    if not request.actions:
        raise BadPlayError("A play needs at least one action; choose a playbook that has actions.")
    experiment = _experiment_id(request)
    sketch = _Sketch(context, request, experiment)
    for row in request.targets:
        sketch.add(row)
    treated = [t.id for t in sketch.targets if t.arm == "treatment"]
    if not treated:
        raise PlayError(_nobody_left(sketch))
    why, effect = request.reason or (_why(request, treated), _effect(request, treated))
    now = context.clock()
    play = Play(
        id=new_play_id(),
        title=request.title or _title(request, len(treated)),
        why=why,
        warehouse_version=context.warehouse_version,
        policy_version=context.policy.label,
        tier="",
        targets=tuple(sketch.targets),
        left_out=tuple(sketch.left_out),
        actions=tuple(sketch.actions),
        expected_effect=effect,
        experiment=Experiment(
            id=experiment,
            holdout_share=request.holdout,
            treatment=tuple(treated),
            holdout=tuple(t.id for t in sketch.targets if t.arm == "holdout"),
        ),
        citations=tuple(Citation(id=c["id"], quote=c["quote"]) for c in request.citations),
        created_by=request.created_by,
        authors=(request.created_by,),
        created_at=stamp(now),
        expires_at=stamp(now),
    )
    return in_its_tier(play, context.policy, context.clock)


def _effect(request: DraftRequest, treated: Sequence[str]) -> Effect:
    if request.finding is not None:
        return effect_of_leak(request.finding, len(treated))
    return effect_of_scores(request.scores, treated)


def in_its_tier(play: Play, policy: Policy, clock: Clock) -> Play:
    """Give a play the tier that it falls into now, and the expiry that goes with it."""
    tier = tier_of(policy, play)
    expires = clock() + timedelta(hours=policy.tiers[tier].expires_hours)
    return play.model_copy(
        update={"tier": tier, "policy_version": policy.label, "expires_at": stamp(expires)}
    )


class _Sketch:
    """Collect targets and their actions one by one."""

    def __init__(self, context: DraftContext, request: DraftRequest, experiment: str) -> None:
        self.targets: list[Target] = []
        self.actions: list[Action] = []
        self.left_out: list[LeftOut] = []
        self._context = context
        self._request = request
        self._experiment = experiment
        self._router = LeastLoaded(context.owners)
        self._seen: set[str] = set()
        keys = [target_key("lead", str(row["journey_id"])) for row in request.targets]
        with context.ledger.begin() as tx:
            self._claimed = context.ledger.claimed(tx, keys)

    def add(self, row: Mapping[str, Any]) -> None:
        """Give a lead its place in the play, or note why it has none."""
        lead_id = str(row["journey_id"])
        if lead_id in self._seen:
            return
        self._seen.add(lead_id)
        name = _text(row.get("name")) or _text(row.get("email")) or lead_id
        arm = assign(self._experiment, [lead_id], holdout=self._request.holdout)[lead_id]
        target = Target(
            kind="lead", id=lead_id, name=name, arm=arm, value=_number(row.get("value"))
        )
        planned = self._planned(target, row)
        if isinstance(planned, str):
            self.left_out.append(LeftOut(id=lead_id, name=name, reason=planned))
            return
        self.targets.append(target)
        if arm == "holdout":
            return
        self.actions.extend(planned)
        for action in planned:
            if action.kind == "reroute_lead":
                self._router.move(action.before["owner_id"], action.after["owner_id"])

    def _planned(self, target: Target, row: Mapping[str, Any]) -> list[Action] | str:
        """Plan the actions, or say in words why there are none."""
        cap = self._context.policy.caps.targets_per_play
        if len(self.targets) >= cap:
            return f"the policy allows {cap} targets a play"
        other = self._claimed.get(target_key(target.kind, target.id))
        if other:
            return f"{other} is open for this lead"
        record = self._context.crm.read(target.ref)
        if record is None:
            return "not in the CRM"
        steps = self._steps(record, row)
        if isinstance(steps, str):
            return steps
        today = self._context.clock().date()
        try:
            actions = plan_target(target, record, steps, read=self._context.crm.read, today=today)
            self._check_frequency(actions)
        except UnfitTargetError as error:
            return str(error).removesuffix(".")
        return actions or "everything is already as the play would make it"

    def _check_frequency(self, actions: Sequence[Action]) -> None:
        if not any(action.kind == SEND for action in actions):
            return
        at = stamp(self._context.clock())
        planned = [*self.actions, *actions]
        with self._context.ledger.read() as tx:
            crowded = too_many_messages(tx, self._context.policy, planned, at=at)
        if crowded:
            raise UnfitTargetError(crowded[0])

    def _steps(self, record: Record, row: Mapping[str, Any]) -> list[Step] | str:
        steps: list[Step] = []
        for template in self._request.actions:
            kind, params = str(template["kind"]), dict(template.get("params") or {})
            if kind == "reroute_lead" and params.get("to") == LEAST_LOADED:
                current = record.fields.get("owner_id")
                owner = self._router.pick(row, current=current)
                if owner is None:
                    return "no active owner in the same team or region could take it"
                params = {"to": str(owner["id"]), "to_name": str(owner.get("name") or owner["id"])}
            elif kind == "create_task" and template.get("for") == "manager":
                params.setdefault("assignee", "manager")
            steps.append((kind, params))
        return steps


def _experiment_id(request: DraftRequest) -> str:
    """Name the experiment after what it tests, so that drafting again gives the same arms."""
    without = "scores" if request.scores else "message"
    reason = request.finding["id"] if request.finding is not None else without
    kinds = ",".join(str(a["kind"]) for a in request.actions)
    material = f"{reason}|{request.playbook_id or kinds}"
    return f"exp_{hashlib.sha256(material.encode()).hexdigest()[:8]}"


def _why(request: DraftRequest, treated: Sequence[str]) -> Why:
    finding = request.finding
    if finding is None:
        chosen = [s for s in request.scores if str(s["entity"]) in set(treated)]
        evidence = tuple(
            EvidenceRef(kind="score", ref=str(s["id"]), text=_score_text(s)) for s in chosen
        )
        are = "is" if len(treated) == 1 else "are"
        text = f"{words.counted(len(treated), 'lead')} {are} likely to leak."
        return Why(text=text, evidence=evidence)
    text = leak_text(finding)
    drivers = [d for d in finding.get("drivers") or () if isinstance(d, Mapping)]
    evidence_refs = [EvidenceRef(kind="finding", ref=str(finding["id"]), text=text)]
    for driver in drivers:
        evidence_refs.extend(_driver_evidence(str(finding["id"]), driver))
    return Why(
        finding_id=str(finding["id"]),
        text=text,
        drivers=tuple(str(d["driver"]) for d in drivers),
        evidence=tuple(evidence_refs),
    )


def leak_text(finding: Mapping[str, Any]) -> str:
    """Say a finding in one sentence."""
    segment = words.segment(finding.get("segment"))
    where = f" for {segment}" if segment else ""
    since = f" since {words.day(finding['since'])}" if finding.get("since") else ""
    lost = finding.get("lost")
    loss = f"; about {float(lost):,.0f} conversions lost" if lost is not None else ""
    return (
        f"{words.step(finding)}{where} converts "
        f"{float(finding['rate']):.1%}{since}, against {float(finding['baseline_rate']):.1%} "
        f"before{loss}."
    )


def _driver_evidence(finding_id: str, driver: Mapping[str, Any]) -> list[EvidenceRef]:
    rows = driver.get("evidence") or ()
    if isinstance(rows, str | Mapping):
        rows = [rows]
    found = []
    for row in rows:
        if isinstance(row, Mapping) and "text" in row:
            kind, ref = str(row.get("kind", "figure")), str(row.get("ref", finding_id))
            found.append(EvidenceRef(kind=kind, ref=ref, text=str(row["text"])))
        elif isinstance(row, str):
            found.append(EvidenceRef(kind="figure", ref=finding_id, text=row))
    return found


def _score_text(score: Mapping[str, Any]) -> str:
    reasons = "; ".join(str(r["text"]) for r in list(score.get("reasons") or ())[:2])
    return f"{score.get('name') or score['entity']}: risk {float(score['risk']):.0%}. {reasons}"


def _title(request: DraftRequest, treated: int) -> str:
    leads = words.counted(treated, "lead")
    if request.finding is None:
        return f"Win back {leads} at risk"
    return f"Mend {words.where(request.finding)} ({leads})"


def _nobody_left(sketch: _Sketch) -> str:
    if sketch.targets:
        return "Every target fell into the holdout, so the play would do nothing; add targets."
    if len(sketch.left_out) == 1:
        only = sketch.left_out[0]
        return f"Nothing can be drafted for {only.name}: {only.reason}."
    counts = Counter(item.reason for item in sketch.left_out).most_common(3)
    if not counts:
        return "There are no leads to draft a play for; choose another finding or segment."
    reasons = "; ".join(f"{count} x {reason}" for reason, count in counts)
    return f"No lead is left to draft a play for: {reasons}."


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> float | None:
    """Read a number out of a frame's row, where a missing one may be NaN."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None
