"""Exposures: how much of a loss goes with something that became more frequent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.leakage.contrast import Contrast

LEAST_Z = 3.0  # of the change in the segment beyond the change in the rest
LEAST_SHARE = 0.10  # of the loss
LEAST_LEADS = 20  # with and without, to learn how conversion differs


@dataclass(frozen=True)
class Change:
    """Describe how an exposure changed and what it may explain.

    Attributes:
        before: Share of exposed leads in the segment before the onset.
        since: The same since the onset.
        rest_before: The same in the rest, before.
        rest_since: The same in the rest, since.
        z: Standardised change in the segment beyond that in the rest.
        with_rate: Conversion of exposed leads.
        without_rate: Conversion of the others.
        explained: Leads lost that go with the change, if the difference in conversion were due
            to the exposure: a correlation, not a proof.
    """

    before: float
    since: float
    rest_before: float
    rest_since: float
    z: float
    with_rate: float
    without_rate: float
    explained: float


def change_of(
    data: Contrast, exposed: NDArray[np.bool_], known: NDArray[np.bool_]
) -> Change | None:
    """Compare an exposure before and since, in the segment against the rest.

    Args:
        data: The leads.
        exposed: Whether a lead was exposed.
        known: Whether that is known of it.

    Returns:
        The change; None where there are too few leads to tell.
    """
    groups = [
        exposed[data.group(inside=inside, since=since) & known]
        for inside in (True, False)
        for since in (False, True)
    ]
    if any(len(group) < LEAST_LEADS for group in groups[:2]):
        return None
    share = [float(group.mean()) if len(group) else 0.0 for group in groups]
    noise = [
        (value * (1 - value) + 0.25 / len(group)) / len(group) if len(group) else 0.0
        for value, group in zip(share, groups, strict=True)
    ]
    moved = share[1] - share[0]
    if len(groups[2]) and len(groups[3]):
        moved -= share[3] - share[2]
    else:
        noise[2:] = [0.0, 0.0]
    rates = _rates(data, exposed, known)
    if rates is None:
        return None
    explained = (
        moved * (rates[1] - rates[0]) * float((data.group(inside=True, since=True) & known).sum())
    )
    z = moved / float(np.sqrt(sum(noise)))
    return Change(share[0], share[1], share[2], share[3], z, rates[0], rates[1], explained)


def _rates(
    data: Contrast, exposed: NDArray[np.bool_], known: NDArray[np.bool_]
) -> tuple[float, float] | None:
    """Give the conversion of exposed and other leads, in the segment where there are enough."""
    for rows in (data.inside & known, known):
        yes, no = rows & exposed, rows & ~exposed
        if min(yes.sum(), no.sum()) >= LEAST_LEADS:
            return float(data.converted[yes].mean()), float(data.converted[no].mean())
    return None
