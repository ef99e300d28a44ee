"""Turns: a thread's messages read as questions, tool results and answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage

# Where the conversation records how long a tool took, in seconds.
SECONDS = "seconds"


@dataclass(frozen=True)
class Result:
    """What one tool call asked and gave.

    Attributes:
        tool: Name of the tool.
        args: What it was called with.
        content: What a model reads of the result.
        data: The result as JSON; empty where the tool gave text alone.
        ok: False where the tool reported an error.
        seconds: How long it took, where that was measured.
    """

    tool: str
    args: dict[str, Any]
    content: str
    data: dict[str, Any] = field(default_factory=dict)
    ok: bool = True
    seconds: float | None = None


@dataclass
class Turn:
    """A question with everything that happened until the next one."""

    question: str
    results: list[Result] = field(default_factory=list)
    answer: str = ""
    models: list[str] = field(default_factory=list)


def read(messages: Sequence[AnyMessage | BaseMessage]) -> list[Turn]:
    """Read messages as turns, the oldest first; what precedes the first question is left out."""
    turns: list[Turn] = []
    calls: dict[str, tuple[str, dict[str, Any]]] = {}
    for message in messages:
        if isinstance(message, HumanMessage):
            turns.append(Turn(text_of(message)))
        elif not turns:
            continue
        elif isinstance(message, AIMessage):
            turns[-1].answer = text_of(message)
            model = message.response_metadata.get("model_name")
            turns[-1].models.append(str(model or ""))
            for call in message.tool_calls:
                calls[call["id"] or ""] = (call["name"], dict(call["args"]))
        elif isinstance(message, ToolMessage):
            name, args = calls.get(message.tool_call_id, (message.name or "", {}))
            turns[-1].results.append(_result(message, name, args))
    return turns


def text_of(message: BaseMessage) -> str:
    """Give a message's text, also where a provider sends it in blocks."""
    return str(message.text)


def _result(message: ToolMessage, name: str, args: dict[str, Any]) -> Result:
    content = text_of(message)
    data = message.artifact if isinstance(message.artifact, dict) else _parse(content)
    return Result(
        name,
        args,
        content,
        data,
        ok=message.status != "error",
        seconds=message.additional_kwargs.get(SECONDS),
    )


def _parse(content: str) -> dict[str, Any]:
    """Read JSON content, so that a result whose artifact was dropped still says what it found."""
    if not content.startswith("{"):
        return {}
    try:
        parsed = json.loads(content)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
