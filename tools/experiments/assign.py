"""Assign targets to treatment or holdout: deterministic, so that drafting again changes nothing."""

import hashlib
from collections.abc import Iterable
from typing import Literal

Arm = Literal["treatment", "holdout"]

DEFAULT_HOLDOUT = 0.10


def assign(
    experiment: str, targets: Iterable[str], *, holdout: float = DEFAULT_HOLDOUT
) -> dict[str, Arm]:
    """Assign each target on its own, by a hash of the experiment and the target.

    A target's arm depends on nothing but its id and the experiment: not on the order, not on
    who else is in the list, and not on when the play is drafted.

    Args:
        experiment: Name of the experiment, which salts the hash.
        targets: Ids of the targets.
        holdout: Share of targets to hold out, from 0 to below 1.

    Returns:
        The arm of each target, in the order given.

    Raises:
        ValueError: The share is not in [0, 1).
    """
    if not 0 <= holdout < 1:
        raise ValueError(f"the holdout share must be from 0 to below 1, not {holdout}")
    return {t: "holdout" if _uniform(experiment, t) < holdout else "treatment" for t in targets}


def _uniform(experiment: str, target: str) -> float:
    """Map a target to [0, 1), evenly."""
    digest = hashlib.sha256(f"{experiment}\x1f{target}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
