"""The funnel as a tool that a model can call."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from langchain_core.tools import BaseTool, ToolException, tool

from knowledge.errors import WeirError
from knowledge.warehouse.versions import Snapshot
from tools.funnel.data import same_value
from tools.funnel.metrics import funnel as compute

_BRIEF = ("from", "to", "entered", "rate", "comparable")
_MOST_VALUES = 12  # of a segment column that a model is shown; the artifact has all


def funnel_tools(provider: Callable[[], Snapshot]) -> list[BaseTool]:
    """Build the funnel over the newest warehouse version at the time of each call."""

    @tool(response_format="content_and_artifact")
    def funnel(
        by: str | None = None,
        value: str | None = None,
        since: date | None = None,
        until: date | None = None,
        window_days: int | None = None,
    ) -> tuple[str, dict[str, Any]]:
        """Compute the funnel: how many leads enter each stage, pass, leave or are still open.

        Gives for each transition the conversion rate of mature leads with a 95% interval, median
        and p90 days to convert, and whether it may be compared; monthly cohorts; lead response
        time; recycle rate; pipeline velocity.

        Args:
            by: Segment column to cut by, such as region or lead_source.
            value: Show only this value of the segment column.
            since: First day on which leads entered (YYYY-MM-DD).
            until: Last day on which leads entered (YYYY-MM-DD).
            window_days: Count conversions only within so many days of entering.
        """
        try:
            with provider() as snapshot:
                columns = (by,) if by else ()
                found = compute(
                    snapshot, by=columns, window_days=window_days, since=since, until=until
                )
        except WeirError as error:
            raise ToolException(str(error)) from error
        if value is not None:
            found["segments"] = [
                item for item in found["segments"] if same_value(item["value"], value)
            ]
        shown = {
            **found,
            "segments": found["segments"][:_MOST_VALUES],
            "cohorts": [_brief(cohort) for cohort in found["cohorts"]],
        }
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")), found

    # A model that asked for something impossible gets the sentence, and can ask again.
    funnel.handle_tool_error = True
    return [funnel]


def _brief(cohort: dict[str, Any]) -> dict[str, Any]:
    """Leave a model the figures of a cohort that a question can be about."""
    rows = [{key: row[key] for key in _BRIEF} for row in cohort["transitions"] if row["entered"]]
    return {"period": cohort["period"], "transitions": rows}
