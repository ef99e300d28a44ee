"""The offline model: a chat model that needs no network, no key and no hosted service."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCall
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict, PrivateAttr

from agent import turns
from agent.models.calls import fitted, next_call
from agent.models.replies import no_tool, reply
from agent.models.routing import Embeds, Router
from agent.models.understanding import understand
from agent.models.vocabulary import Vocabulary

NAME = "offline"


class OfflineChatModel(BaseChatModel):
    """Call tools and write answers by rules, examples and templates.

    It reads the question with a sentence-embedding router and the words of the company's own
    data, calls the tools that are bound to it, and writes from their results alone. Texts inside
    tool results are never read for what to do next: only the human's words route.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    vocabulary: Callable[[], Vocabulary] = Vocabulary
    """Gives the words of the company's data; called once a turn."""
    embedder: Any = None
    """Embeds sentences; loaded at the first question."""
    folder: Path | None = None
    """Folder that keeps what the router computed, where there is one."""

    _router: Router | None = PrivateAttr(default=None)

    @classmethod
    def create(
        cls,
        *,
        vocabulary: Callable[[], Vocabulary] | None = None,
        embedder: Embeds | None = None,
        cache: Path | None = None,
    ) -> "OfflineChatModel":
        """Create the model, with an embedder of its own where none is shared."""
        if embedder is None:
            # numpy and the model's weights are behind it
            from knowledge.library.embedding import Embedder  # noqa: PLC0415

            embedder = Embedder()
        return cls(vocabulary=vocabulary or Vocabulary, embedder=embedder, folder=cache)

    @property
    def _llm_type(self) -> str:
        return "weir-offline"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": NAME}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,  # noqa: ARG002 - it always chooses for itself
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools by their schemas, as a hosted model's client would."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        message = self._decide(messages, kwargs.get("tools") or [], stop)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        message = self._decide(messages, kwargs.get("tools") or [], stop)
        for piece in _pieces(message):
            chunk = ChatGenerationChunk(message=piece)
            if run_manager and piece.content:
                run_manager.on_llm_new_token(str(piece.content), chunk=chunk)
            yield chunk

    def _decide(
        self, messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]], stop: Any
    ) -> AIMessage:
        """Call the next tool that the question needs, or answer when all is known."""
        thread = turns.read(messages)
        if not thread:
            return _message(reply([], []))
        *earlier, now = thread
        # Understanding needs the question and the thread only, so it comes out the same after
        # every tool result, and nothing that a tool returned can change what is asked.
        wants = understand(now.question, earlier, self.vocabulary(), self._route_with())
        call = next_call(wants, earlier, now.results)
        if call is None:
            return _message(_cut(reply(wants, now.results), stop))
        bound = {tool["function"]["name"]: tool["function"] for tool in tools}
        if call.tool not in bound:
            parts = [reply((), now.results), no_tool(call.tool)]
            return _message("\n\n".join(part for part in parts if part))
        parameters = bound[call.tool].get("parameters", {}).get("properties", {})
        call = fitted(call, parameters)
        identity = f"call_{len(thread)}_{len(now.results) + 1}"
        return _message("", [ToolCall(name=call.tool, args=call.args, id=identity)])

    def _route_with(self) -> Router:
        if self._router is None:
            self._router = Router.standard(self.embedder, self.folder)
        return self._router


def _message(text: str, calls: Sequence[ToolCall] = ()) -> AIMessage:
    return AIMessage(
        content=text,
        tool_calls=list(calls),
        response_metadata={"model_name": NAME, "model_provider": "weir"},
    )


def _pieces(message: AIMessage) -> Iterator[AIMessageChunk]:
    """Cut a message into chunks: its words one by one, or its tool calls."""
    words = re.findall(r"\S*\s*", str(message.content))[:-1] if message.content else []
    for word in words:
        yield AIMessageChunk(content=word)
    calls = [
        tool_call_chunk(
            name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=place
        )
        for place, call in enumerate(message.tool_calls)
    ]
    yield AIMessageChunk(
        content="",
        tool_call_chunks=calls,
        response_metadata=message.response_metadata,
        chunk_position="last",
    )


def _cut(text: str, stop: Sequence[str] | None) -> str:
    """End a text before the first stop sequence, as every chat model does."""
    for end in stop or ():
        text = text.split(end, 1)[0]
    return text
