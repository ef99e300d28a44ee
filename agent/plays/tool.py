"""The one tool of the conversation that proposes: it drafts, a human approves."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, Field

from knowledge.errors import WeirError

if TYPE_CHECKING:
    from agent.plays.desk import PlayDesk
    from agent.plays.play import Play

# Who is named as the author where a surface does not know who asks.
ASSISTANT = "weir"


class Proposer(Protocol):
    """Draft plays and show them; the assembly is one."""

    @property
    def plays(self) -> "PlayDesk":
        """Give the desk of plays."""

    def propose(
        self, *, by: str, finding_id: str | None = None, journey_ids: Sequence[str] = ()
    ) -> "Play":
        """Draft a play for a finding, or for named leads."""


class _DraftArguments(BaseModel):
    finding_id: str | None = Field(
        default=None, description="Finding of find_leaks, such as leak_3f2a91; worst by default."
    )
    journey_ids: list[str] | None = Field(
        default=None, description="Leads to draft for instead, as score_leads names them."
    )


def play_tools(proposer: Proposer) -> list[BaseTool]:
    """Build ``draft_play`` over the assembly."""

    def draft_play(
        config: RunnableConfig,
        finding_id: str | None = None,
        journey_ids: list[str] | None = None,
    ) -> tuple[str, dict[str, Any]]:
        """Draft a play that would mend a leak or win back leads at risk.

        Nothing is written to the CRM: the play waits until an authorised human approves it.
        """
        asked_by = (config.get("configurable") or {}).get("user") or ASSISTANT
        try:
            play = proposer.propose(
                by=str(asked_by), finding_id=finding_id, journey_ids=tuple(journey_ids or ())
            )
        except WeirError as error:
            return str(error), {"error": str(error)}
        shown = proposer.plays.show(play.id)
        brief = {
            "id": shown["id"],
            "state": shown["state"],
            "title": shown["title"],
            "tier": shown["tier"],
            "why": shown["why"]["text"],
            "leads": shown["targets"] and [target["name"] for target in shown["targets"]],
            "actions": [action["summary"] for action in shown["actions"]],
            "expected_effect": shown["expected_effect"],
            "who_may_approve": shown["who_may_approve"],
            "citations": shown["citations"],
        }
        return f"Drafted {play.id}; it waits for approval. {play.title}", brief

    return [
        StructuredTool.from_function(
            draft_play, args_schema=_DraftArguments, response_format="content_and_artifact"
        )
    ]
