"""Middleware of the conversation: limits, timing, redaction, fallback, memory and the guard."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NotRequired, TypeAlias, TypeVar

from langchain.agents.middleware import (
    AgentMiddleware,
    AgentState,
    ModelFallbackMiddleware,
    ModelRequest,
    ModelResponse,
    hook_config,
)
from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, RemoveMessage, ToolMessage
from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime
from langgraph.types import Command

import prompts
from agent import guard, turns
from agent.models.offline import OfflineChatModel
from agent.redact import Redactor
from knowledge.errors import WeirError
from tools.crm.port import CrmError

_Message = TypeVar("_Message", bound=BaseMessage)
_LOG = logging.getLogger(__name__)

ModelHandler: TypeAlias = Callable[[ModelRequest[Any]], ModelResponse[Any]]
AsyncModelHandler: TypeAlias = Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
ToolHandler: TypeAlias = Callable[[ToolCallRequest], ToolMessage | Command[Any]]
AsyncToolHandler: TypeAlias = Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]]


class GuardedState(AgentState[Any]):
    """State of a conversation: its messages, and what the last answer could not support."""

    unsupported: NotRequired[list[dict[str, str]]]


class GuardMiddleware(AgentMiddleware[GuardedState, None, Any]):
    """Check the answer of a turn against its tool results, and say what has no support."""

    state_schema = GuardedState

    def after_agent(self, state: GuardedState, runtime: Runtime[None]) -> dict[str, Any]:  # noqa: ARG002
        """Check the last message and close it with what nothing supports."""
        last = state["messages"][-1]
        turn = turns.read(state["messages"])[-1]
        if not isinstance(last, AIMessage) or not turn.answer:
            return {"unsupported": []}
        results: list[Any] = [result.content for result in turn.results]
        results += [result.data for result in turn.results]
        found = guard.check(turn.answer, turn.question, results)
        update: dict[str, Any] = {"unsupported": [item.as_dict() for item in found]}
        if found:
            text = f"{turn.answer}\n\n{guard.closing(found)}"
            update["messages"] = [last.model_copy(update={"content": text})]
        return update


class CallLimitMiddleware(AgentMiddleware[AgentState[Any], None, Any]):
    """End a turn that calls its model again and again, in a sentence."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: AgentState[Any], runtime: Runtime[None]) -> dict[str, Any] | None:  # noqa: ARG002
        """Stop before the call that is one too many."""
        turn = turns.read(state["messages"])[-1]
        if len(turn.models) < self.limit:
            return None
        sentence = prompts.load("limits").sections["calls"]
        return {"jump_to": "end", "messages": [AIMessage(content=sentence)]}


class ToolMiddleware(AgentMiddleware[AgentState[Any], None, Any]):
    """Time each tool call, tell listeners when it starts and ends, and turn errors into words."""

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: ToolHandler
    ) -> ToolMessage | Command[Any]:
        """Run a tool call."""
        begin = _started(request)
        try:
            result = handler(request)
        except GraphBubbleUp:
            raise
        except Exception as error:  # noqa: BLE001 - any tool may fail, and the turn goes on
            result = _failure(request, error)
        return _finished(request, result, begin)

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: AsyncToolHandler
    ) -> ToolMessage | Command[Any]:
        """Run a tool call where the graph runs asynchronously."""
        begin = _started(request)
        try:
            result = await handler(request)
        except GraphBubbleUp:
            raise
        except Exception as error:  # noqa: BLE001 - any tool may fail, and the turn goes on
            result = _failure(request, error)
        return _finished(request, result, begin)


class RedactMiddleware(AgentMiddleware[AgentState[Any], None, Any]):
    """Hide personal data from every model but the offline one, and put it back in its answer."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self.redactor = redactor

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: ModelHandler
    ) -> ModelResponse[Any]:
        """Call the model with tokens in the place of personal data."""
        if isinstance(request.model, OfflineChatModel):
            return handler(request)
        return self._restored(handler(self._hidden(request)))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: AsyncModelHandler
    ) -> ModelResponse[Any]:
        """Call the model where the graph runs asynchronously."""
        if isinstance(request.model, OfflineChatModel):
            return await handler(request)
        return self._restored(await handler(self._hidden(request)))

    def _hidden(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        messages = [_changed(message, self.redactor.hide) for message in request.messages]
        return request.override(messages=messages)

    def _restored(self, response: ModelResponse[Any]) -> ModelResponse[Any]:
        response.result = [_changed(message, self.redactor.restore) for message in response.result]
        return response


class FallbackMiddleware(ModelFallbackMiddleware[Any, None]):
    """Let the offline model answer when the hosted one fails, and log why."""

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: ModelHandler
    ) -> ModelResponse[Any] | AIMessage:
        """Call the model, and the next one where it fails."""

        def logged(request: ModelRequest[Any]) -> ModelResponse[Any]:
            try:
                return handler(request)
            except Exception as error:
                _log_failure(request.model, error)
                raise

        return super().wrap_model_call(request, logged)

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: AsyncModelHandler
    ) -> ModelResponse[Any] | AIMessage:
        """Call the model where the graph runs asynchronously."""

        async def logged(request: ModelRequest[Any]) -> ModelResponse[Any]:
            try:
                return await handler(request)
            except Exception as error:
                _log_failure(request.model, error)
                raise

        return await super().awrap_model_call(request, logged)


class MemoryMiddleware(AgentMiddleware[AgentState[Any], None, Any]):
    """Keep a thread small: its latest turns, and the full results of the last one only.

    A checkpoint holds the whole thread, so without a bound each turn would cost more than the one
    before. What a follow-up needs of an older turn is in the content that a model reads.
    """

    def __init__(self, turns_kept: int) -> None:
        super().__init__()
        self.turns_kept = turns_kept

    def before_agent(self, state: AgentState[Any], runtime: Runtime[None]) -> dict[str, Any] | None:  # noqa: ARG002
        """Forget the oldest turns, and the artifacts of all but the last."""
        messages = state["messages"]
        starts = [at for at, item in enumerate(messages) if isinstance(item, HumanMessage)]
        kept = starts[-self.turns_kept] if len(starts) > self.turns_kept else 0
        last = starts[-2] if len(starts) > 1 else 0
        changes: list[BaseMessage] = [
            RemoveMessage(id=item.id) for item in messages[:kept] if item.id
        ]
        changes += [
            item.model_copy(update={"artifact": None})
            for item in messages[kept:last]
            if isinstance(item, ToolMessage) and item.artifact is not None
        ]
        return {"messages": changes} if changes else None


def _started(request: ToolCallRequest) -> float:
    call = request.tool_call
    request.runtime.stream_writer(
        {"event": "tool_started", "name": call["name"], "args": call["args"], "id": call["id"]}
    )
    return time.perf_counter()


def _finished(
    request: ToolCallRequest, result: ToolMessage | Command[Any], begin: float
) -> ToolMessage | Command[Any]:
    seconds = round(time.perf_counter() - begin, 4)
    call = request.tool_call
    ok = not (isinstance(result, ToolMessage) and result.status == "error")
    request.runtime.stream_writer(
        {
            "event": "tool_finished",
            "name": call["name"],
            "id": call["id"],
            "seconds": seconds,
            "ok": ok,
        }
    )
    if isinstance(result, ToolMessage):
        result.additional_kwargs[turns.SECONDS] = seconds
    return result


def _failure(request: ToolCallRequest, error: Exception) -> ToolMessage:
    """Turn an error into a tool result: ours in its own sentence, any other in a plain one."""
    name = request.tool_call["name"]
    if isinstance(error, WeirError | CrmError):
        sentence = str(error)
    else:
        _LOG.error("The tool %s failed.", name, exc_info=error)
        sentence = prompts.load("limits").fill("tool", tool=name)
    return ToolMessage(
        content=sentence, name=name, tool_call_id=request.tool_call["id"], status="error"
    )


def _log_failure(model: BaseChatModel, error: Exception) -> None:
    # The error's text may quote the prompt, so only its kind is written down.
    _LOG.warning("The model %s failed with %s.", type(model).__name__, type(error).__name__)


def _changed(message: _Message, change: Callable[[str], str]) -> _Message:
    """Give a copy of a message whose texts and tool arguments went through a change."""
    update: dict[str, Any] = {"content": _walk(message.content, change)}
    if isinstance(message, AIMessage) and message.tool_calls:
        update["tool_calls"] = [
            {**call, "args": _walk(call["args"], change)} for call in message.tool_calls
        ]
    return message.model_copy(update=update)


def _walk(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _walk(item, change) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_walk(item, change) for item in value]
    return value
