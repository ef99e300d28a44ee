"""The look-up as a tool that a model can call."""

import json
from collections.abc import Callable
from typing import Any

from langchain_core.tools import BaseTool, tool

from knowledge.warehouse.versions import Snapshot
from tools.crm.lookup import lookup


def build_tools(open_snapshot: Callable[[], Snapshot]) -> list[BaseTool]:
    """Build the look-up over the newest warehouse version at the time of each call."""

    @tool(response_format="content_and_artifact")
    def lookup_record(name: str, kind: str | None = None) -> tuple[str, dict[str, Any]]:
        """Look up one lead, person, account, owner or opportunity.

        Gives its stage and since when, owner, score, last touches, content seen, opportunity and
        account. A name may be misspelled or partial; where several records fit, they are listed
        and nothing is chosen.

        Args:
            name: A name, an e-mail address or a record id.
            kind: lead, person, account, owner or opportunity; leave it out to search all.
        """
        with open_snapshot() as snapshot:
            found = lookup(snapshot, name, kind or None)
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")), found

    return [lookup_record]
