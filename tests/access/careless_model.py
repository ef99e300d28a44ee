# ruff: noqa: ARG002 - the interface of a chat model
"""A chat model that makes one tool call, whatever it was asked: careless, or captured by a text."""

from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable


class CarelessModel(BaseChatModel):
    """Call a tool, then say "done"."""

    tool: str
    args: dict[str, Any]

    @property
    def _llm_type(self) -> str:
        return "careless"

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
        called = [{"name": self.tool, "args": self.args, "id": "call_1"}]
        ended = messages[-1].type == "tool"
        message = AIMessage("done") if ended else AIMessage("", tool_calls=called)
        return ChatResult(generations=[ChatGeneration(message=message)])
