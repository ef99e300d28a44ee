"""Routes: who handles what comes in, by its kind and name."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from agent.slack.item import Item, Kind

if TYPE_CHECKING:
    from agent.slack.surface import Surface

# Does the work after Slack was told that the item arrived. It may be run again after a crash, so
# it looks up what it did before it does anything twice.
Handler = Callable[["Surface", Item], None]
# Answers a modal while its sender waits: errors beside the fields, the next view, or None to
# close it. It has less than three seconds.
Submission = Callable[["Surface", Item], dict[str, Any] | None]
# Says at once whether an item is for us at all; one that is not leaves no trace.
Wanted = Callable[["Surface", Item], bool]
# Threads of their own for each, so that none waits behind another: what is done in a moment, what
# may take seconds, and questions.
PoolName = Literal["quick", "slow", "question"]


@dataclass(frozen=True)
class Route:
    """Hold a handler and how it is run.

    Attributes:
        handle: The handler.
        slow: True for what may take seconds; the others are run apart from these, so that a
            click never waits behind them.
        question: True for answering a question; these are run apart from all others, so that
            neither a click nor a home tab waits behind them.
        wanted: Says whether an item is kept; None where each is.
    """

    handle: Handler
    slow: bool = False
    question: bool = False
    wanted: Wanted | None = None

    @property
    def pool(self) -> PoolName:
        """Name the threads that it is run by."""
        if self.question:
            return "question"
        return "slow" if self.slow else "quick"


@dataclass
class Routes:
    """Hold every route; each listener module adds its own."""

    handlers: dict[tuple[Kind, str], Route] = field(default_factory=dict)
    submissions: dict[str, Submission] = field(default_factory=dict)

    def on(
        self,
        kind: Kind,
        name: str,
        handle: Handler,
        *,
        slow: bool = False,
        question: bool = False,
        wanted: Wanted | None = None,
    ) -> None:
        """Have a kind of item handled after it was acknowledged."""
        if (kind, name) in self.handlers:
            raise ValueError(f"there are two handlers for {kind} {name}")
        self.handlers[kind, name] = Route(handle, slow, question, wanted)

    def submit(self, callback_id: str, answer: Submission) -> None:
        """Have a modal answered when it is submitted."""
        if callback_id in self.submissions:
            raise ValueError(f"there are two answers to {callback_id}")
        self.submissions[callback_id] = answer

    def find(self, item: Item) -> Route | None:
        """Find what handles an item, None where nothing does."""
        return self.handlers.get((item.kind, item.name))
