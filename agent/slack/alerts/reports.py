"""Reports: what one warehouse version says, computed once for alerts, digests and App Home."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.errors import WeirError
from knowledge.warehouse.versions import NothingLoadedError

if TYPE_CHECKING:
    from agent.assembly import Weir
    from knowledge.warehouse.versions import Snapshot

# The engines are imported when a version is first looked at: commands that never do pay nothing.
# ruff: noqa: PLC0415

_LOG = logging.getLogger(__name__)

MOST_SCORED = 2000  # leads, the riskiest first
_KEPT = 4  # versions


@dataclass(frozen=True)
class Reports:
    """Hold what a version says; the dictionaries are those of the commands with ``--json``.

    Attributes:
        version: The warehouse version.
        as_of: Until when its data speaks, ISO 8601.
        leaks: As `weir leaks`.
        scores: As `weir score`, with ``value`` and ``owner_id`` added to each lead.
        surges: Accounts with a surge of intent.
        drift: Features of the risk score that shifted.
        breaks: Breaks of data quality.
        funnel: As `weir funnel`.
        owners: Owner id to ``id, name, email``.
    """

    version: int
    as_of: str
    leaks: Mapping[str, Any]
    scores: Mapping[str, Any]
    surges: Mapping[str, Any]
    drift: Mapping[str, Any]
    breaks: Mapping[str, Any]
    funnel: Mapping[str, Any]
    owners: Mapping[str, Mapping[str, Any]]

    def at_risk(self, owner_id: str | None = None) -> list[dict[str, Any]]:
        """Give the leads at risk, of one owner or of all, the most valuable first."""
        rows = [
            row
            for row in self.scores.get("scores", ())
            if owner_id is None or row["owner_id"] == owner_id
        ]
        return sorted(rows, key=lambda row: (-(row["value"] or 0.0), -row["risk"]))


_LOCK = threading.Lock()
_MADE: dict[tuple[str, int], Reports] = {}


def known(weir: "Weir") -> Reports | None:
    """Give the newest version's reports where they are computed already; None otherwise."""
    newest = weir.warehouse.newest()
    return None if newest is None else _MADE.get(_key(weir, newest.version))


def reports(weir: "Weir") -> Reports | None:
    """Give the newest version's reports, None where nothing is loaded."""
    try:
        opened = weir.snapshot()
    except NothingLoadedError:
        return None
    with opened as snapshot, _LOCK:
        key = _key(weir, snapshot.version)
        if key not in _MADE:
            _MADE[key] = _compute(weir, snapshot)
            for old in sorted(_MADE, key=lambda made: made[1])[:-_KEPT]:
                del _MADE[old]
        return _MADE[key]


def _key(weir: "Weir", version: int) -> tuple[str, int]:
    return str(weir.home.absolute()), version


def _compute(weir: "Weir", snapshot: "Snapshot") -> Reports:
    from tools.funnel.clock import iso
    from tools.funnel.metrics import funnel
    from tools.leakage.breaks import breaks
    from tools.leakage.drift import drift
    from tools.leakage.intent import surges

    owners = snapshot.table("owner").select("id", "name", "email").collect("pyarrow")
    return Reports(
        version=snapshot.version,
        as_of=iso(snapshot.as_of),
        leaks=_tried("leaks", lambda: weir.leaks(snapshot)) or {"findings": []},
        scores=_tried("risk", lambda: _scores(snapshot)) or {"scores": []},
        surges=_tried("surges", lambda: surges(snapshot)) or {"accounts": []},
        drift=_tried("drift", lambda: drift(snapshot)) or {"compared": []},
        breaks=_tried("breaks", lambda: breaks(snapshot, snapshot.pinned.load_id))
        or {"breaks": []},
        funnel=_tried("funnel", lambda: funnel(snapshot)) or {"transitions": [], "cohorts": []},
        owners={row["id"]: dict(row) for row in owners.iter_rows(named=True)},
    )


def _scores(snapshot: "Snapshot") -> dict[str, Any]:
    import narwhals as nw

    from tools.leakage.score import score

    report = score(snapshot, limit=MOST_SCORED)
    ids = [row["entity"] for row in report["scores"]]
    journeys = snapshot.table("journeys").filter(nw.col("journey_id").is_in(ids))
    columns = journeys.select("journey_id", "owner_id", "value").collect("pyarrow")
    found = {row["journey_id"]: row for row in columns.iter_rows(named=True)}
    for row in report["scores"]:
        lead = found.get(row["entity"], {})
        row |= {"owner_id": lead.get("owner_id"), "value": lead.get("value")}
    return report


def _tried(what: str, compute: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """Compute a part; data that one engine can't read must not silence the others."""
    try:
        return compute()
    except WeirError as error:
        _LOG.warning("%s could not be computed: %s", what, error)
        return None
