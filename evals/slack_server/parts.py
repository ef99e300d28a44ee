"""What the parts of the server share."""

from evals.slack_server.deliver import Delivery
from evals.slack_server.faults import Faults
from evals.slack_server.state import Json, State, Workspace

APP_TOKEN = "xapp-1"  # noqa: S105 - of no real app
BOT_TOKEN = "xoxb-1"  # noqa: S105 - of no real app


class Parts:
    """Declare what each part of the server finds in it."""

    state: State
    faults: Faults
    delivery: Delivery
    base: str

    def send_event(self, workspace: Workspace, body: Json) -> Json:
        """Deliver an event; give its payload."""
        raise NotImplementedError

    def stored_view(self, workspace: Workspace, user: str, view_id: str) -> Json | None:
        """Find a view that a person has open."""
        raise NotImplementedError

    def with_values(self, view: Json) -> Json:
        """Give a view with what was typed into it."""
        raise NotImplementedError

    def workspace(
        self, team: str | None, *, channel: str | None = None, user: str | None = None
    ) -> Workspace:
        """Find a workspace by its id, or by what only it has."""
        if team is not None:
            return self.state.workspaces[team]
        return self.state.where(channel=channel, user=user)
