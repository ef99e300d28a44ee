"""What a click is answered: an outcome for programs and one sentence for people."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """Name every answer that a click on a play may get."""

    APPROVED = "approved"
    RECORDED = "recorded"
    REJECTED = "rejected"
    EDITED = "edited"
    UNDO_STARTED = "undo_started"
    STOPPED = "stopped"
    RESUMED = "resumed"
    SNOOZED = "snoozed"
    HANDED_OVER = "handed_over"
    REQUESTED_AGAIN = "requested_again"
    AWAY = "away"
    BACK = "back"

    NOT_FOUND = "not_found"
    NOT_ALLOWED = "not_allowed"
    ALREADY_DECIDED = "already_decided"
    ALREADY_COUNTED = "already_counted"
    CHANGED = "changed"
    EXPIRED = "expired"
    KILLED = "killed"
    POLICY_CHANGED = "policy_changed"
    OVER_CAP = "over_cap"
    BAD_EDIT = "bad_edit"
    BAD_REQUEST = "bad_request"
    NOTHING_TO_UNDO = "nothing_to_undo"
    NO_CHANGE = "no_change"


ACCEPTED = frozenset(
    {
        Outcome.APPROVED,
        Outcome.RECORDED,
        Outcome.REJECTED,
        Outcome.EDITED,
        Outcome.UNDO_STARTED,
        Outcome.STOPPED,
        Outcome.RESUMED,
        Outcome.SNOOZED,
        Outcome.HANDED_OVER,
        Outcome.REQUESTED_AGAIN,
        Outcome.AWAY,
        Outcome.BACK,
    }
)


@dataclass(frozen=True)
class Decision:
    """Answer a click.

    Attributes:
        outcome: What came of it.
        sentence: The same in one plain sentence, to show to whoever clicked.
        play_id: The play, where the click was about one.
        state: The play's state afterwards.
        digest: The play's digest afterwards, which the next click must carry.
    """

    outcome: Outcome
    sentence: str
    play_id: str | None = None
    state: str | None = None
    digest: str | None = None

    @property
    def accepted(self) -> bool:
        """Tell whether the click did what it was meant to do."""
        return self.outcome in ACCEPTED

    def as_dict(self) -> dict[str, Any]:
        """Give the fields as plain JSON."""
        return {**asdict(self), "accepted": self.accepted}
