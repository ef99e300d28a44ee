# ruff: noqa: ARG002 - the interface of a chat model
"""Chat models that say what a test wants: they lie, loop, fail or watch what reaches them."""

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field

Speak = Callable[[list[BaseMessage]], AIMessage]


class ScriptedModel(BaseChatModel):
    """Answer with what a function makes of the messages, and keep what was seen."""

    speak: Speak
    seen: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(
        self, tools: Sequence[Any], **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        return self.bind(tools=[tool.name for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.seen.append(messages)
        message = self.speak(messages)
        message.response_metadata = {"model_name": "scripted"}
        return ChatResult(generations=[ChatGeneration(message=message)])


def script(speak: Speak) -> ScriptedModel:
    return ScriptedModel(speak=speak, seen=[])


def call(name: str, /, **args: Any) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": f"c_{name}"}])


def then(first: AIMessage, text: str) -> Speak:
    """Call a tool first, then say a text."""
    return lambda messages: AIMessage(text) if messages[-1].type == "tool" else first
