"""The expected effect of a play, until holdouts have measured what plays of its kind are worth."""

from collections.abc import Mapping, Sequence
from typing import Any

from agent import words
from agent.plays.play import Effect

# Prior for the share of a gap that a play wins back: central value and an 80% interval, a
# judgement in line with published A/B tests of sales outreach, most of which move little.
RECOVERY = 0.30
RECOVERY_LOW, RECOVERY_HIGH = 0.10, 0.55

_PRIOR = (
    f"a prior that plays win back {RECOVERY:.0%} of such a gap "
    f"({RECOVERY_LOW:.0%} to {RECOVERY_HIGH:.0%})"
)


def effect_of_leak(finding: Mapping[str, Any], treated: int) -> Effect:
    """Estimate the conversions won back: treated leads x gap in rate x recovery prior."""
    baseline, rate = float(finding["baseline_rate"]), float(finding["rate"])
    gap = max(baseline - rate, 0.0)
    return _effect(
        treated * gap,
        f"more conversions from {words.stage(finding['from'])} to {words.stage(finding['to'])}",
        f"{words.counted(treated, 'lead')} x a gap of {gap * 100:.1f} points ({baseline:.1%} "
        f"before, {rate:.1%} now) x {_PRIOR}.",
    )


def effect_of_scores(scores: Sequence[Mapping[str, Any]], treated: Sequence[str]) -> Effect:
    """Estimate the leaks avoided: summed risk of the treated leads x recovery prior."""
    risk = {str(s["entity"]): float(s["risk"]) for s in scores}
    expected = sum(risk.get(target, 0.0) for target in treated)
    return _effect(
        expected,
        "fewer leads lost",
        f"{words.counted(len(treated), 'lead')} of whom {expected:.1f} would leak as things "
        f"stand x {_PRIOR}.",
    )


def _effect(at_stake: float, unit: str, basis: str) -> Effect:
    return Effect(
        estimate=round(at_stake * RECOVERY, 2),
        low=round(at_stake * RECOVERY_LOW, 2),
        high=round(at_stake * RECOVERY_HIGH, 2),
        unit=unit,
        # What matters most comes first: cards have room for one sentence.
        basis=f"An estimate: no holdout has measured this play yet. {basis}",
    )


def scaled(effect: Effect, *, before: int, after: int) -> Effect:
    """Adapt an estimate to fewer treated targets."""
    if before == after:
        return effect
    share = after / before
    return effect.model_copy(
        update={
            "estimate": round(effect.estimate * share, 2),
            "low": round(effect.low * share, 2),
            "high": round(effect.high * share, 2),
            "basis": f"{effect.basis} Scaled from {before} to {after} leads.",
        }
    )
