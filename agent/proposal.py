"""From a finding to a drafted play: choose the playbook and the leads, then draft."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import narwhals as nw

from agent.plays.draft import DraftRequest
from agent.plays.play import OPEN_STATES, PlayState
from knowledge.errors import BadInputError, WeirError
from tools.leakage.score import score

if TYPE_CHECKING:
    from agent.plays.desk import PlayDesk
    from agent.plays.play import Play
    from knowledge.library.documents import Document
    from knowledge.library.index import Library
    from knowledge.warehouse.versions import Snapshot

# One approval should stay readable; the next draft takes the next leads.
LEADS_PER_PLAY = 25

AT_RISK = "at_risk"

# Their leads are spoken for, or had their turn and wait for the outcome to be read.
HELD_OR_TREATED = OPEN_STATES | {PlayState.VERIFIED, PlayState.FAILED}

_ROW = ("journey_id", "name", "email", "owner_id", "team", "region", "value")


def propose(
    snapshot: "Snapshot",
    finding: dict[str, Any] | None,
    *,
    desk: "PlayDesk",
    library: "Library",
    by: str,
    journey_ids: Sequence[str] = (),
    limit: int = LEADS_PER_PLAY,
) -> "Play":
    """Draft a play for a finding's open leads, or for named leads at risk.

    Args:
        snapshot: The warehouse version that the finding was made on.
        finding: What is to be mended; None where leads are named.
        desk: Where the play is drafted.
        library: Where its playbook comes from.
        by: E-mail of who asks for it.
        journey_ids: Leads to draft it for, instead of the finding's.
        limit: How many leads at most.

    Raises:
        BadInputError: There is no such lead.
        WeirError: No playbook or no lead is left to draft a play for.
    """
    leads = _leads(snapshot, finding, journey_ids)
    scores = _scores(snapshot, [lead["journey_id"] for lead in leads])
    risk = {row["entity"]: row["risk"] for row in scores}
    leads.sort(key=lambda lead: (-risk.get(lead["journey_id"], 0.0), lead["journey_id"]))
    chosen = _not_in_a_play(desk, leads)[:limit]
    picked = {lead["journey_id"] for lead in chosen}
    playbook, quotes = _playbook(library, finding)
    request = DraftRequest(
        targets=chosen,
        actions=[action.model_dump(by_alias=True) for action in playbook.actions],
        created_by=by,
        finding=finding,
        scores=[row for row in scores if row["entity"] in picked],
        playbook_id=playbook.id,
        citations=quotes,
    )
    owners = _owners(desk, snapshot)
    return desk.draft(request, owners=owners, warehouse_version=snapshot.version)


def find(findings: Sequence[dict[str, Any]], finding_id: str | None) -> dict[str, Any]:
    """Give a finding by id, or the worst one.

    Raises:
        BadInputError: There is none with this id.
        WeirError: There is none at all.
    """
    if not findings:
        raise WeirError("No leak is found in this data, so there is nothing to draft a play for.")
    if finding_id is None:
        return findings[0]
    for finding in findings:
        if finding["id"] == finding_id:
            return finding
    known = ", ".join(finding["id"] for finding in findings)
    raise BadInputError(f"There is no finding {finding_id}; the findings now are: {known}.")


def segment_filter(finding: dict[str, Any]) -> nw.Expr:
    """Select a finding's segment in the journeys mart."""
    chosen = nw.lit(value=True)
    for column, value in finding["segment"].items():
        chosen = chosen & (nw.col(column).is_null() if value is None else nw.col(column) == value)
    return chosen


def _leads(
    snapshot: "Snapshot", finding: dict[str, Any] | None, journey_ids: Sequence[str]
) -> list[dict[str, Any]]:
    """Read the open leads that a finding is about, or those that are named."""
    journeys = snapshot.table("journeys").filter(nw.col("is_open"))
    if finding is None:
        journeys = journeys.filter(nw.col("journey_id").is_in(list(journey_ids)))
    else:
        journeys = journeys.filter(
            segment_filter(finding), nw.col("current_stage") == finding["from"]
        )
    present = [name for name in _ROW if name in journeys.collect_schema().names()]
    rows = [*journeys.select(present).collect().iter_rows(named=True)]
    missing = set(journey_ids) - {row["journey_id"] for row in rows}
    if missing:
        raise BadInputError(f"There is no open lead {', '.join(sorted(missing))}.")
    return rows


def _scores(snapshot: "Snapshot", journey_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Score the leads; an empty list where the model abstains."""
    if not journey_ids:
        return []
    report = score(snapshot, journey_ids=list(journey_ids), limit=len(journey_ids))
    return list(report["scores"])


def _not_in_a_play(desk: "PlayDesk", leads: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out leads that an earlier play holds or has treated."""
    ledger = desk.ledger
    with ledger.read() as tx:
        taken = {
            target.id
            for stored in ledger.select(tx, HELD_OR_TREATED)
            for target in stored.play.targets
        }
    return [lead for lead in leads if lead["journey_id"] not in taken]


def _playbook(
    library: "Library", finding: dict[str, Any] | None
) -> "tuple[Document, list[dict[str, str]]]":
    """Find the playbook for the finding's first driver that has actions, with what to quote."""
    drivers = [driver["driver"] for driver in finding["drivers"]] if finding else []
    for driver in drivers or [AT_RISK]:
        question = f"What should we do about {driver.replace('_', ' ')}?"
        found = library.search(question, kind="playbook", filters={"leak_kinds": driver})
        for hit in found.hits:
            playbook = library.document(hit.doc_id)
            if playbook is not None and playbook.actions:
                quotes = [
                    {"id": other.id, "quote": other.quote}
                    for other in found.hits
                    if other.doc_id == hit.doc_id
                ]
                return playbook, quotes
    named = ", ".join(drivers) or "leads at risk"
    raise WeirError(
        f"No playbook with actions fits ({named}); add one to the library, or write the play by "
        "hand in the CRM."
    )


def _owners(desk: "PlayDesk", snapshot: "Snapshot") -> list[dict[str, Any]]:
    """Read owners with the open leads that each has, for routing by load."""
    load = (
        snapshot.table("journeys")
        .filter(nw.col("is_open"))
        .group_by("owner_id")
        .agg(nw.len().alias("open_leads"))
        .collect()
    )
    open_leads = Counter(dict(load.select("owner_id", "open_leads").iter_rows()))
    with desk.ledger.read() as tx:
        for stored in desk.ledger.select(tx, HELD_OR_TREATED):
            # What plays have rerouted since this version was loaded is not in it yet.
            if stored.play.warehouse_version == snapshot.version:
                for action in stored.play.actions:
                    if action.kind == "reroute_lead":
                        open_leads[action.before["owner_id"]] -= 1
                        open_leads[action.after["owner_id"]] += 1
    owners = snapshot.table("owner").select("id", "name", "team", "region", "is_active").collect()
    return [
        {**owner, "open_leads": open_leads[owner["id"]]} for owner in owners.iter_rows(named=True)
    ]
