"""Surface: what every listener and job works with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from agent.config import SlackSettings
from agent.plays.stamps import Clock, utc_now

if TYPE_CHECKING:
    from agent.assembly import Weir
    from agent.conversation import Conversation
    from agent.slack.clients import Clients
    from agent.slack.people import People


@dataclass(frozen=True)
class Surface:
    """Hold the assembly and the ways to Slack.

    Attributes:
        weir: The assembly.
        settings: Settings of the Slack app.
        clients: Web API clients by workspace.
        people: Who Slack users are.
        conversation: The conversation that remembers its threads.
        clock: Tells the time, naive UTC.
    """

    weir: "Weir"
    settings: SlackSettings
    clients: "Clients"
    people: "People"
    conversation: "Conversation"
    clock: Clock = utc_now

    @property
    def database(self) -> sa.Engine:
        """Give the database of record."""
        return self.weir.warehouse.database
