"""State: workspaces, people, conversations, messages and views, as Slack remembers them."""

import copy
import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from evals.slack_server.errors import SlackError

Json = dict[str, Any]
TRIGGER_SECONDS = 3.0
RESPONSE_URL_USES = 5
RESPONSE_URL_SECONDS = 1800.0


@dataclass
class User:
    """Hold a person or a bot."""

    id: str
    name: str
    email: str | None = None
    is_bot: bool = False
    is_restricted: bool = False
    tz: str = "Europe/Berlin"
    home_team: str | None = None
    deleted: bool = False


@dataclass
class Channel:
    """Hold a conversation.

    Attributes:
        messages: Everything posted, oldest first, replies included.
        ephemerals: What single people see, as (user, message).
        statuses: What the app is doing, by thread.
        titles: Titles of assistant threads.
        prompts: Suggested prompts, by thread.
        user: The other side of a direct message.
    """

    id: str
    name: str
    members: set[str]
    is_private: bool = False
    is_ext_shared: bool = False
    is_archived: bool = False
    user: str | None = None
    messages: list[Json] = field(default_factory=list)
    ephemerals: list[tuple[str, Json]] = field(default_factory=list)
    statuses: dict[str, Json] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    prompts: dict[str, Json] = field(default_factory=dict)

    def find(self, ts: str) -> Json | None:
        """Find a message."""
        return next((message for message in self.messages if message["ts"] == ts), None)


@dataclass
class Workspace:
    """Hold a workspace in which the app is installed."""

    team: str
    name: str
    bot_token: str
    app_token: str
    bot_user: str
    scopes: set[str]
    app_id: str = "A0WEIR"
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    # Open modals by person, the one that is seen last.
    modals: dict[str, list[Json]] = field(default_factory=dict)
    homes: dict[str, Json] = field(default_factory=dict)
    files: dict[str, Json] = field(default_factory=dict)
    revoked: bool = False

    @property
    def bot_id(self) -> str:
        """Give the bot's id, which is not its user id."""
        return f"B{self.bot_user[1:]}"

    def user(self, user: str) -> User:
        """Find a user."""
        if user not in self.users:
            raise SlackError("user_not_found")
        return self.users[user]

    def direct(self, user: str) -> Channel:
        """Open the direct conversation between a person and the bot."""
        known = self.user(user)
        channel_id = f"D{user}"
        if channel_id not in self.channels:
            self.channels[channel_id] = Channel(
                channel_id, known.name, {user, self.bot_user}, is_private=True, user=user
            )
        return self.channels[channel_id]


@dataclass
class Trigger:
    """Hold what lets the app open one modal, for a short while."""

    team: str
    user: str
    until: float
    used: bool = False


@dataclass
class ResponseUrl:
    """Hold what lets the app answer an interaction."""

    team: str
    channel: str
    user: str
    thread_ts: str | None
    message_ts: str | None
    until: float
    left: int = RESPONSE_URL_USES


@dataclass(frozen=True)
class Call:
    """Hold one call of the Web API."""

    method: str
    args: Json
    ok: bool
    error: str | None
    at: float
    team: str | None = None


@dataclass
class State:
    """Hold everything; whoever reads or writes holds the lock."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    uploads: dict[str, Json] = field(default_factory=dict)
    streams: dict[tuple[str, str], Any] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    # Everything the app said, for a look at its markup: (method, JSON of it).
    outgoing: list[tuple[str, Any]] = field(default_factory=list)
    client_id: str = "1.1"
    client_secret: str = "secret-1"  # noqa: S105 - of no real app
    _last: int = 0
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def ts(self) -> str:
        """Give the next timestamp; no two are alike."""
        self._last = max(self._last + 1, int(time.time() * 1e6))
        return f"{self._last // 10**6}.{self._last % 10**6:06d}"

    def number(self) -> int:
        """Give the next number, for ids."""
        return next(self._numbers)

    def trigger(self, team: str, user: str) -> str:
        """Make a trigger id."""
        trigger_id = f"{self.number()}.{team}.{user}"
        self.triggers[trigger_id] = Trigger(team, user, time.monotonic() + TRIGGER_SECONDS)
        return trigger_id

    def use_trigger(self, trigger_id: Any, team: str) -> Trigger:
        """Use a trigger id up.

        Raises:
            SlackError: There is none, it is too old, or it was used.
        """
        trigger = self.triggers.get(str(trigger_id))
        if trigger is None or trigger.team != team:
            raise SlackError("invalid_trigger_id")
        if time.monotonic() > trigger.until:
            raise SlackError("expired_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        trigger.used = True
        return trigger

    def team_of_token(self, token: str | None) -> Workspace:
        """Find the workspace that a bot token belongs to.

        Raises:
            SlackError: It belongs to none.
        """
        if not token:
            raise SlackError("not_authed")
        for workspace in self.workspaces.values():
            if workspace.bot_token == token:
                if workspace.revoked:
                    raise SlackError("token_revoked")
                return workspace
        raise SlackError("invalid_auth")

    def where(self, *, channel: str | None = None, user: str | None = None) -> Workspace:
        """Find the one workspace that has a channel or a user."""
        found = [
            workspace
            for workspace in self.workspaces.values()
            if (channel is None or channel in workspace.channels)
            and (user is None or user in workspace.users)
        ]
        if len(found) != 1:
            raise LookupError(
                f"{len(found)} workspaces have channel {channel} and user {user}: say team="
            )
        return found[0]


def copied(value: Any) -> Any:
    """Copy what a reader gets, so that it stays as it was read."""
    return copy.deepcopy(value)
