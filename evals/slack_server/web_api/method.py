"""What a Web API method is given, and where each is registered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from evals.slack_server.errors import SlackError
from evals.slack_server.state import Channel, Json, State, Workspace


@dataclass
class Request:
    """Hold one call.

    Attributes:
        state: Everything.
        workspace: Workspace of the token; None for methods that need none.
        args: Arguments, lists and objects decoded.
        base: Address of the server, without a slash at its end.
        send_event: Delivers an event of the workspace to the app.
        token: Token of the call.
    """

    state: State
    workspace: Workspace | None
    args: Json
    base: str
    send_event: Callable[[Workspace, Json], Json]
    token: str | None = None

    @property
    def here(self) -> Workspace:
        """Give the workspace of the token."""
        if self.workspace is None:
            raise SlackError("not_authed")
        return self.workspace

    def need(self, name: str) -> Any:
        """Give an argument that must be there."""
        if self.args.get(name) in (None, ""):
            message = f"[ERROR] missing required field: {name}"
            raise SlackError("invalid_arguments", response_metadata={"messages": [message]})
        return self.args[name]

    def flag(self, name: str) -> bool:
        """Tell whether an argument says yes."""
        return str(self.args.get(name, "")).lower() in {"1", "true"}

    def channel(self, name: str = "channel", *, writing: bool = False) -> Channel:
        """Find the conversation that an argument names."""
        workspace, given = self.here, str(self.args.get(name) or "")
        if given in workspace.users and writing:
            return workspace.direct(given)
        channel = workspace.channels.get(given)
        if channel is None:
            raise SlackError("channel_not_found")
        if workspace.bot_user not in channel.members:
            raise SlackError("channel_not_found" if channel.is_private else "not_in_channel")
        if writing and channel.is_archived:
            raise SlackError("is_archived")
        return channel


TokenKind = Literal["bot", "app", "none"]
Method = Callable[[Request], Json]


@dataclass(frozen=True)
class Registered:
    """Hold a method and what it asks for."""

    call: Method
    scope: str | None
    takes: TokenKind


METHODS: dict[str, Registered] = {}


def method(
    name: str, *, scope: str | None = None, takes: TokenKind = "bot"
) -> Callable[[Method], Method]:
    """Register a method: with its scope, and whether it takes a bot, an app or no token."""

    def register(call: Method) -> Method:
        METHODS[name] = Registered(call, scope, takes)
        return call

    return register


def page(items: list[Any], args: Json, name: str) -> Json:
    """Give one page of a list, with the cursor of the next."""
    start = int(args.get("cursor") or 0)
    limit = max(1, min(int(args.get("limit") or 100), 1000))
    rest = start + limit
    cursor = str(rest) if rest < len(items) else ""
    return {name: items[start:rest], "response_metadata": {"next_cursor": cursor}}
