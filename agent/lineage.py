"""From a play, a finding, a score or a record back to loads, files and lines."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from agent.proposal import find, segment_filter
from knowledge.errors import BadInputError
from knowledge.warehouse.lineage import trace
from knowledge.warehouse.mart import JOURNEYS
from tools.leakage.score import score_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.plays.desk import PlayDesk
    from knowledge.warehouse.versions import Snapshot

# A finding rests on thousands of leads; a few of them show the way to the files.
EXAMPLES = 2
_MOST_VALUES = 6

Chain = list[dict[str, Any]]


@dataclass(frozen=True)
class Tracer:
    """Trace ids in one deployment.

    Attributes:
        open_snapshot: Opens a warehouse version, the newest by default.
        findings: Gives the findings of a version.
        desk: Knows the plays.
    """

    open_snapshot: "Callable[[int | None], Snapshot]"
    findings: "Callable[[Snapshot], list[dict[str, Any]]]"
    desk: "PlayDesk"

    def trace(self, what: str) -> Chain:
        """Trace an id back to what was received.

        Args:
            what: Id of a play, a finding, a score, a lead, any record, or a load.

        Returns:
            Steps ``kind, ref, text, version`` from the derived to the received.

        Raises:
            BadInputError: Nothing has this id.
            PlayError: There is no such play.
        """
        if what.startswith("play_"):
            play = self.desk.show(what)
            with self.open_snapshot(play["warehouse_version"]) as snapshot:
                return _of_play(snapshot, play)
        with self.open_snapshot(None) as snapshot:
            if what.startswith("leak_"):
                return _of_finding(snapshot, find(self.findings(snapshot), what))
            if what.startswith("score_"):
                journey = _scored(snapshot, what)
                return [
                    _step("score", what, f"risk of {journey}", snapshot.version),
                    *_of_record(snapshot, journey),
                ]
            return _of_record(snapshot, what)


def _of_play(snapshot: "Snapshot", play: dict[str, Any]) -> Chain:
    version = snapshot.version
    chain = [_step("play", play["id"], f"{play['title']} ({play['state']})", version)]
    chain += [
        _step("approval", approval["approver"], f"at {approval['at']}", version)
        for approval in play["approvals"]
    ]
    chain += [
        _step("document", citation["id"], citation["quote"], version)
        for citation in play["citations"]
    ]
    if play["why"]["finding_id"]:
        chain.append(_step("finding", play["why"]["finding_id"], play["why"]["text"], version))
    for lead in play["experiment"]["treatment"][:EXAMPLES]:
        chain += _of_record(snapshot, lead)
    return _without_repeats(chain)


def _of_finding(snapshot: "Snapshot", finding: dict[str, Any]) -> Chain:
    entered = ~nw.col(f"first_{finding['from']}").is_null()
    leads = snapshot.table(JOURNEYS).filter(segment_filter(finding), entered)
    counted = leads.select(nw.len().alias("leads")).collect().item()
    examples = leads.select("journey_id").sort("journey_id").head(EXAMPLES).collect()
    where = ", ".join(f"{name} = {value}" for name, value in finding["segment"].items())
    chain = [
        _step(
            "finding",
            finding["id"],
            f"{finding['from']} to {finding['to']}, {where or 'everybody'}: "
            f"{finding['baseline_rate']:.1%} to {finding['rate']:.1%} since "
            f"{finding['since'][:10]}",
            snapshot.version,
        ),
        _step(
            "mart",
            JOURNEYS,
            f"{counted:,} leads that entered {finding['from']}; {EXAMPLES} of them follow",
            snapshot.version,
        ),
    ]
    for journey in examples["journey_id"].to_list():
        chain += _of_record(snapshot, journey)
    return _without_repeats(chain)


def _scored(snapshot: "Snapshot", score: str) -> str:
    journeys = snapshot.table(JOURNEYS).select("journey_id").collect()["journey_id"]
    for journey in journeys.to_list():
        if score_id(journey) == score:
            return str(journey)
    raise BadInputError(f"There is no score {score}; `weir score` shows those there are.")


def _of_record(snapshot: "Snapshot", record: str) -> Chain:
    return [
        _step(step.kind, step.ref, _values(step.detail), snapshot.version)
        for step in trace(snapshot, record)
    ]


def _values(detail: dict[str, Any]) -> str:
    shown = [(name, value) for name, value in detail.items() if not name.startswith("_")]
    text = ", ".join(f"{name} {value}" for name, value in shown[:_MOST_VALUES])
    return text + (", ..." if len(shown) > _MOST_VALUES else "")


def _step(kind: str, ref: str, text: str, version: int) -> dict[str, Any]:
    return {"kind": kind, "ref": ref, "text": text, "version": version}


def _without_repeats(chain: Chain) -> Chain:
    """Name loads and versions once, at the end, however many rows share them."""
    last = {(step["kind"], step["ref"]): place for place, step in enumerate(chain)}
    return [step for place, step in enumerate(chain) if last[(step["kind"], step["ref"])] == place]
