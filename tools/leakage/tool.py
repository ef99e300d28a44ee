"""Leaks and risk scores as tools that a model can call."""

import json
from collections.abc import Callable
from typing import Any

from langchain_core.tools import BaseTool, ToolException, tool

from knowledge.errors import BadInputError, WeirError
from knowledge.warehouse.versions import Snapshot
from tools.funnel.data import check_segments, read_segment, same_value
from tools.leakage.detect import find_leaks as detect
from tools.leakage.score import score

_MOST_PERIODS = 8  # that were not compared, which a model is shown; the artifact has all


def leakage_tools(provider: Callable[[], Snapshot]) -> list[BaseTool]:
    """Build leaks and scores over the newest warehouse version at the time of each call."""

    @tool(response_format="content_and_artifact")
    def find_leaks(
        transition: str | None = None, segment: str | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Find where the funnel loses more leads than it used to, the costliest leak first.

        Gives for each leak the transition, the segment, since when, the rate and what it would
        have been, leads and value lost, the false discovery rate, and the drivers that changed
        with it. Finding nothing is an answer: then no drop is beyond doubt.

        Args:
            transition: Only leaks of this transition, such as mql->accepted.
            segment: Only leaks of this segment, such as region=EMEA.
        """
        try:
            with provider() as snapshot:
                wanted = read_segment(segment) if segment else {}
                check_segments(snapshot, tuple(wanted))
                ends = _ends(transition, snapshot.stage_map.transitions)
                found = detect(snapshot)
        except WeirError as error:
            raise ToolException(str(error)) from error
        found["findings"] = [
            item
            for item in found["findings"]
            if ends in (None, (item["from"], item["to"])) and _inside(item["segment"], wanted)
        ]
        shown = {**found, "not_comparable": found["not_comparable"][:_MOST_PERIODS]}
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")), found

    @tool(response_format="content_and_artifact")
    def score_leads(
        segment: str | None = None,
        owner: str | None = None,
        stage: str | None = None,
        limit: int = 10,
        mine: bool = False,  # noqa: ARG001 - whoever knows who asks names the owner in its place
    ) -> tuple[str, dict[str, Any]]:
        """Rank open leads by the risk that they don't make their next transition in time.

        Gives each lead's risk, the reasons in plain words, and what would lower it; or says why
        no score can be given.

        Args:
            segment: Only leads of this segment, such as region=EMEA.
            owner: Only leads of this owner (name or id).
            stage: Only leads in this stage, such as mql.
            limit: How many leads, the riskiest first.
            mine: Only leads of whoever asks, for "my leads"; then leave owner out.
        """
        try:
            with provider() as snapshot:
                found = score(snapshot, segment=segment, owner=owner, stage=stage, limit=limit)
        except WeirError as error:
            raise ToolException(str(error)) from error
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")), found

    # A model that asked for something impossible gets the sentence, and can ask again.
    find_leaks.handle_tool_error = score_leads.handle_tool_error = True
    return [find_leaks, score_leads]


def _inside(segment: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(
        column in segment and same_value(segment[column], value) for column, value in wanted.items()
    )


def _ends(text: str | None, transitions: tuple[tuple[str, str], ...]) -> tuple[str, str] | None:
    if not text:
        return None
    origin, _, target = (part.strip().lower() for part in text.partition("->"))
    if (origin, target) not in transitions:
        known = ", ".join("->".join(pair) for pair in transitions)
        raise BadInputError(f"There is no transition {text!r}; choose from: {known}.")
    return origin, target
