"""Item: one thing that came in from Slack, as the inbox keeps it."""

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["event", "action", "submission", "closed", "command", "shortcut"]


@dataclass(frozen=True)
class Item:
    """Hold what came in and who sent it.

    Attributes:
        key: Slack's own id of it; a redelivery has the same.
        kind: What sort of thing it is.
        name: Event type, action id, callback id or command.
        team: Workspace it came from.
        actor: User who did it, None where nobody did.
        channel: Conversation it happened in, None in a modal or on the home tab.
        thread_ts: Thread it happened in; the message's own ts where it begins one.
        ts: Message that it is or is about, None where there is none.
        body: Slack's payload as it was received.
        attempts: How often it has been taken up, the current time included.
        received_at: Stamp of its arrival.
    """

    key: str
    kind: Kind
    name: str
    team: str
    actor: str | None
    channel: str | None
    thread_ts: str | None
    ts: str | None
    body: dict[str, Any]
    attempts: int
    received_at: str

    @property
    def trigger_id(self) -> str | None:
        """Give what opens a modal, for three seconds after the click."""
        return self.body.get("trigger_id")

    @property
    def value(self) -> str | None:
        """Give the opaque id of the button, or the value chosen in a menu."""
        action = (self.body.get("actions") or [{}])[0]
        chosen = action.get("selected_option") or {}
        return action.get("value") or chosen.get("value")
