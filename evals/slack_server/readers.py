"""Readers: what people see, and what the app did."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from evals.slack_server import words
from evals.slack_server.parts import Parts
from evals.slack_server.state import Call, Channel, Json, copied


class Readers(Parts):
    """Let a test read."""

    def messages(
        self, channel: str, thread_ts: str | None = None, *, team: str | None = None
    ) -> list[Json]:
        """Give the messages of a conversation or of one thread, oldest first."""
        with self.state.lock:
            return [
                copied(message)
                for message in self._channel(channel, team).messages
                if thread_ts is None or thread_ts in {message["ts"], message.get("thread_ts")}
            ]

    def direct_messages(
        self, user: str, thread_ts: str | None = None, *, team: str | None = None
    ) -> list[Json]:
        """Give the messages between a person and the app."""
        with self.state.lock:
            channel = self.workspace(team, user=user).direct(user)
        return self.messages(channel.id, thread_ts, team=team)

    def answers(self, channel: str, thread_ts: str, *, team: str | None = None) -> list[Json]:
        """Give what the app itself said in a thread."""
        bot = self.workspace(team, channel=channel).bot_user
        return [m for m in self.messages(channel, thread_ts, team=team) if m["user"] == bot]

    def text_of(self, shown: Json) -> str:
        """Give everything that a reader sees."""
        return words.text_of(shown)

    def ephemerals(self, user: str, channel: str, *, team: str | None = None) -> list[Json]:
        """Give what only one person sees in a conversation."""
        with self.state.lock:
            pairs = self._channel(channel, team).ephemerals
            return [copied(message) for seen_by, message in pairs if seen_by == user]

    def view(self, user: str, *, team: str | None = None) -> Json | None:
        """Give the modal that a person sees, None where none is open."""
        with self.state.lock:
            stack = self.workspace(team, user=user).modals.get(user, [])
            return dict(copied(stack[-1])) if stack else None

    def home(self, user: str, *, team: str | None = None) -> Json | None:
        """Give a person's home tab."""
        with self.state.lock:
            home = self.workspace(team, user=user).homes.get(user)
            return dict(copied(home)) if home else None

    def status(self, channel: str, thread_ts: str, *, team: str | None = None) -> str:
        """Give what the app says that it is doing in a thread."""
        with self.state.lock:
            return str(self._channel(channel, team).statuses.get(thread_ts, {}).get("status", ""))

    def prompts(self, channel: str, thread_ts: str = "", *, team: str | None = None) -> list[Json]:
        """Give the suggested prompts of a thread."""
        with self.state.lock:
            found = self._channel(channel, team).prompts.get(thread_ts, {})
            return list(copied(found.get("prompts", [])))

    def title(self, channel: str, thread_ts: str, *, team: str | None = None) -> str | None:
        """Give the title of a thread."""
        with self.state.lock:
            return self._channel(channel, team).titles.get(thread_ts)

    @property
    def files(self) -> list[Json]:
        """Give every file that was uploaded, with its content."""
        with self.state.lock:
            return [copied(f) for w in self.state.workspaces.values() for f in w.files.values()]

    def calls(self, method: str | None = None) -> list[Call]:
        """Give the calls of the Web API."""
        with self.state.lock:
            return [call for call in self.state.calls if method in {None, call.method}]

    @property
    def violations(self) -> list[str]:
        """Give every documented limit that the app broke."""
        with self.state.lock:
            return list(self.state.violations)

    @property
    def acks(self) -> list[float]:
        """Give how many seconds each acknowledgement took."""
        return list(self.delivery.acks)

    @property
    def unanswered(self) -> list[Json]:
        """Give the payloads that were never acknowledged."""
        return list(copied(self.delivery.unanswered))

    @property
    def underway(self) -> int:
        """Count the payloads that the app has not yet acknowledged."""
        return self.delivery.underway

    @property
    def connections(self) -> int:
        """Count the open connections of Socket Mode."""
        return sum(not s.closed for each in list(self.delivery.sockets.values()) for s in each)

    def hostile_markup(
        self, *, hostile: Iterable[str] = (), allowed: Iterable[str] = ()
    ) -> list[str]:
        """List broadcasts, mentions of hostile users and labelled links that the app sent."""
        with self.state.lock:
            outgoing = list(self.state.outgoing)
        return words.hostile_markup(outgoing, hostile=set(hostile), allowed=set(allowed))

    def wait(self, predicate: Callable[[], Any], seconds: float = 30.0, what: str = "it") -> Any:
        """Wait until something is so; give what it gave.

        Raises:
            AssertionError: It was not so in time.
        """
        until = time.monotonic() + seconds
        while True:
            found = predicate()
            if found:
                return found
            if time.monotonic() > until:
                raise AssertionError(f"{what} did not happen in {seconds:g} seconds")
            time.sleep(0.02)

    def _channel(self, channel: str, team: str | None) -> Channel:
        return self.workspace(team, channel=channel).channels[channel]
