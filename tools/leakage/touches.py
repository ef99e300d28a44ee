"""Touches by journey: over all the records that one person has in the sources."""

from typing import Any

import narwhals as nw

from knowledge.warehouse.journeys import INBOUND, TWO_WAY_ACTIONS
from knowledge.warehouse.reads import ReadsWarehouse
from tools.funnel.clock import DAY, seconds


def person_touches(snapshot: ReadsWarehouse) -> nw.LazyFrame[Any] | None:
    """Give the touches of known people.

    Returns:
        Rows of ``entity_id``, ``at`` (epoch seconds) and ``two_way`` (1 where the person
        answered, met or talked); None where there are no touches.
    """
    if not {"touch", "identity"} <= set(snapshot.names()):
        return None
    identity = snapshot.table("identity").select("id", "entity_id")
    answers = (nw.col("direction").str.to_lowercase() == INBOUND) & (
        nw.col("action").str.to_lowercase().is_in(TWO_WAY_ACTIONS)
    )
    return (
        snapshot.table("touch")
        .filter(~nw.col("person_id").is_null())
        .select(
            "person_id",
            at=seconds(nw.col("at")),
            two_way=nw.when(answers).then(nw.lit(1)).otherwise(nw.lit(0)),
        )
        .join(identity, left_on="person_id", right_on="id", how="inner")
        .select("entity_id", "at", "two_way")
    )


def first_touches(
    snapshot: ReadsWarehouse, rows: nw.LazyFrame[Any], days: int
) -> dict[str, tuple[int, int]] | None:
    """Tell who was touched, and who answered, within some days of entering.

    Args:
        snapshot: The warehouse version.
        rows: Passages with ``journey_id``, ``person_id`` and ``entered``.
        days: How long after entering to look.

    Returns:
        Journey id to (touched, answered), each 0 or 1; None where touches are not recorded.
    """
    touches = person_touches(snapshot)
    if touches is None:
        return None
    found = (
        touches.join(
            rows.select("journey_id", "entered", entity_id=nw.col("person_id")),
            on="entity_id",
            how="inner",
        )
        .filter(nw.col("at") >= nw.col("entered"), nw.col("at") <= nw.col("entered") + days * DAY)
        .group_by("journey_id")
        .agg(touched=nw.len(), answered=nw.col("two_way").max())
        .collect("pyarrow")
    )
    if not len(found):
        return None
    return {
        str(journey): (int(touched > 0), int(answered))
        for journey, touched, answered in found.select(
            "journey_id", "touched", "answered"
        ).iter_rows()
    }
