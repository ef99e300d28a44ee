"""The contrast: a finding's segment and the rest, before and since, lead by lead."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from knowledge.warehouse.reads import ReadsWarehouse
from tools.funnel.clock import DAY, epoch_day, seconds
from tools.funnel.columns import numbers
from tools.funnel.maturity import Observation
from tools.funnel.metrics import scope_of
from tools.funnel.passages import passages, widen
from tools.leakage.touches import first_touches

CARRIED = ("owner_id", "consent", "handoffs", "score", "first_response_at")
LOOK_DAYS = 14  # after entering, in which somebody should have been in touch


@dataclass(frozen=True)
class Contrast:
    """Hold the mature leads of one transition with what happened to them.

    Attributes:
        journey: Id of each lead.
        inside: Whether it belongs to the finding's segment.
        since: Whether it entered since the onset.
        converted: Whether it passed within the window.
        entered: Epoch seconds of entering.
        columns: What else is known of it; absent where the data has no such column.
    """

    journey: NDArray[Any]
    inside: NDArray[np.bool_]
    since: NDArray[np.bool_]
    converted: NDArray[np.bool_]
    entered: NDArray[np.float64]
    columns: dict[str, NDArray[Any]]

    def group(self, *, inside: bool, since: bool) -> NDArray[np.bool_]:
        """Select one of the four groups."""
        return np.asarray((self.inside == inside) & (self.since == since))


def contrast(
    snapshot: ReadsWarehouse, observations: list[Observation], finding: dict[str, Any]
) -> Contrast:
    """Collect the leads of a finding's transition, the same ones that the finding was judged by."""
    stages = snapshot.stage_map
    step = stages.transitions.index((finding["from"], finding["to"]))
    journeys = snapshot.table("journeys")
    present = set(journeys.collect_schema().names())
    scope = scope_of(snapshot, observations)
    scope = replace(scope, limits=scope.windows)
    carried = [name for name in CARRIED if name in present]
    segment = finding["segment"]
    keep = ("journey_id", *carried, *segment)
    if "person_id" in present:
        keep = (*keep, "person_id")
    wide = widen(journeys, stages, snapshot.as_of, keep)
    rows = passages(wide, [step], scope, keep).filter(
        nw.col("mature") == 1, nw.col("affected") == 0
    )
    inside = nw.lit(value=True)
    for column, value in segment.items():
        same = nw.col(column).is_null() if value is None else nw.col(column) == value
        inside = inside & same
    chosen: dict[str, nw.Expr] = {
        "journey": nw.col("journey_id"),
        "inside": nw.when(inside).then(nw.lit(1)).otherwise(nw.lit(0)),
        "entered": nw.col("entered"),
        "converted": nw.col("converted"),
    }
    if "owner_id" in carried:
        chosen["unowned"] = nw.col("owner_id").is_null()
    if "consent" in carried:
        chosen["consent"] = nw.when(nw.col("consent")).then(nw.lit(1)).otherwise(nw.lit(0))
    if "handoffs" in carried:
        chosen["handoffs"] = nw.col("handoffs")
    if "score" in carried:
        chosen["score"] = nw.col("score")
    if "first_response_at" in carried and finding["from"] == "mql":
        chosen["response"] = seconds(nw.col("first_response_at")) - nw.col("entered")
    table = rows.select(**chosen).collect("pyarrow")
    found = {name: _array(table[name]) for name in chosen}
    touched = first_touches(snapshot, rows, LOOK_DAYS) if "person_id" in present else None
    if touched is not None:
        place = [touched.get(item, (0, 0)) for item in found["journey"]]
        found["touched"] = np.array([item[0] for item in place], dtype=np.float64)
        found["answered"] = np.array([item[1] for item in place], dtype=np.float64)
    onset = epoch_day_of(finding["since"]) * DAY
    return Contrast(
        journey=found.pop("journey"),
        inside=found.pop("inside") > 0,
        since=found["entered"] >= onset,
        converted=found.pop("converted") > 0,
        entered=found.pop("entered"),
        columns=found,
    )


def epoch_day_of(text: str) -> int:
    """Read an ISO date as an epoch day."""
    return epoch_day(date.fromisoformat(text))


def _array(column: nw.Series[Any]) -> NDArray[Any]:
    if column.dtype == nw.String:
        return np.array(column.to_list(), dtype=object)
    return numbers(column)
