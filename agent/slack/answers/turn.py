"""Turn: follow a conversation from a thread beside it, so that a stop is seen at any time."""

import logging
import queue
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from agent.conversation import Conversation, Event, stream

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from agent.turns import Result

_LOG = logging.getLogger(__name__)
TICK_SECONDS = 0.25
# A tool that runs can't be broken off; so long is waited for it before the next question.
_PATIENCE_SECONDS = 60.0


class Turn:
    """Follow one question; None is given whenever nothing happened for a moment."""

    def __init__(
        self, conversation: Conversation, question: str, thread_id: str, user: str
    ) -> None:
        self._conversation = conversation
        self._question, self._thread_id, self._user = question, thread_id, user
        self._queue: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()
        self._halted = threading.Event()
        self._thread = threading.Thread(target=self._feed, name="weir-answer", daemon=True)

    def events(self) -> Iterator[Event | None]:
        """Start, and give what happens until it ends."""
        self._thread.start()
        while True:
            try:
                event = self._queue.get(timeout=TICK_SECONDS)
            except queue.Empty:
                yield None
                continue
            if event is None:
                return
            if isinstance(event, BaseException):
                raise event
            yield event

    def halt(self) -> None:
        """Have it end at the next event, and leave the thread as if it had not been asked."""
        self._halted.set()

    def wait(self) -> None:
        """Wait until it has ended."""
        self._thread.join(_PATIENCE_SECONDS)

    def _feed(self) -> None:
        try:
            for event in stream(
                self._conversation, self._question, thread_id=self._thread_id, user=self._user
            ):
                if self._halted.is_set():
                    break
                self._queue.put(event)
        except Exception as error:  # noqa: BLE001 - raised again by whoever follows
            self._queue.put(error)
        if self._halted.is_set():
            forget_unfinished(self._conversation, self._thread_id)
        self._queue.put(None)


def forget_unfinished(conversation: Conversation, thread_id: str) -> None:
    """Take a question without its answer out of a thread: a model would stumble over it."""
    from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage  # noqa: PLC0415

    config: RunnableConfig = {"configurable": {"thread_id": thread_id}}
    try:
        # Named by its checkpoint, a state is without what its last tools left unsaved.
        saved = conversation.graph.get_state(conversation.graph.get_state(config).config)
        messages = saved.values.get("messages") or []
        if not messages or (isinstance(messages[-1], AIMessage) and not messages[-1].tool_calls):
            return
        asked = [at for at, item in enumerate(messages) if isinstance(item, HumanMessage)]
        gone = [RemoveMessage(id=item.id) for item in messages[asked[-1] :] if item.id]
        conversation.graph.update_state(config, {"messages": gone}, as_node="__start__")
    except Exception:  # noqa: BLE001 - the answer was shown; at worst a question is left
        _LOG.exception("The stopped question could not be taken out of its thread.")


def results(conversation: Conversation, thread_id: str) -> "list[Result]":
    """Read what the tools of a thread's last turn gave."""
    from agent import turns  # noqa: PLC0415

    config: RunnableConfig = {"configurable": {"thread_id": thread_id}}
    messages: list[Any] = conversation.graph.get_state(config).values.get("messages") or []
    read = turns.read(messages)
    return read[-1].results if read else []
