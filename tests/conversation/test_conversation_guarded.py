from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.tools import BaseTool
from scripted import call, script, then

from agent.conversation import (
    MODEL_CALLS,
    Final,
    Text,
    ask,
    build_conversation,
    stream,
)
from agent.models.offline import OfflineChatModel


def test_a_model_that_lies_is_flagged_in_the_text_and_in_the_json(
    tools: Sequence[BaseTool],
) -> None:
    lie = 'EMEA converts 37.5%, see leak_000000: "we always knew that this would happen".'
    conversation = build_conversation(script(then(call("find_leaks"), lie)), tools)
    answer = ask(conversation, "where do we lose leads?")
    found = {item["text"] for item in answer.unsupported}
    assert found == {"37.5%", "leak_000000", "we always knew that this would happen"}
    assert answer.answer.startswith(lie)
    assert "unverified" in answer.answer
    assert answer.tool_calls[0]["name"] == "find_leaks"


def test_a_model_that_quotes_its_tools_is_not_flagged(tools: Sequence[BaseTool]) -> None:
    truth = "EMEA converts 31%, against 44.1% before; 118 leads lost since June 2026 [leak_3f2a91]."
    conversation = build_conversation(script(then(call("find_leaks"), truth)), tools)
    answer = ask(conversation, "where do we lose leads?")
    assert (answer.answer, answer.unsupported) == (truth, [])
    assert answer.evidence == [{"kind": "finding", "ref": "leak_3f2a91", "version": 4}]


def test_figures_of_an_earlier_turn_are_no_support(tools: Sequence[BaseTool]) -> None:
    from langgraph.checkpoint.memory import InMemorySaver  # noqa: PLC0415

    def speak(messages: list[BaseMessage]) -> AIMessage:
        first = sum(message.type == "human" for message in messages) == 1
        if first and messages[-1].type == "human":
            return call("find_leaks")
        return AIMessage("118 leads were lost.")

    conversation = build_conversation(script(speak), tools, checkpointer=InMemorySaver())
    assert ask(conversation, "how many?", thread_id="t").unsupported == []
    assert ask(conversation, "say that again", thread_id="t").unsupported == [
        {"kind": "number", "text": "118"}
    ]


def test_the_closing_sentence_is_streamed_after_the_text(tools: Sequence[BaseTool]) -> None:
    conversation = build_conversation(script(then(call("funnel"), "We win 99.9%.")), tools)
    events = list(stream(conversation, "how is the funnel?"))
    final = events[-1]
    assert isinstance(final, Final)
    text = "".join(event.text for event in events if isinstance(event, Text))
    assert text == final.answer.answer


def test_a_model_that_goes_in_circles_is_stopped(tools: Sequence[BaseTool]) -> None:
    model = script(lambda _messages: call("funnel"))
    answer = ask(build_conversation(model, tools), "how is the funnel?")
    assert len(model.seen) == MODEL_CALLS
    assert "too many steps" in answer.answer
    assert answer.unsupported == []


def test_tool_calls_are_limited_within_one_message(tools: Sequence[BaseTool]) -> None:
    def speak(messages: list[BaseMessage]) -> AIMessage:
        if messages[-1].type == "tool":
            return AIMessage("Done.")
        calls = [{"name": "funnel", "args": {}, "id": f"c{n}"} for n in range(40)]
        return AIMessage("", tool_calls=calls)

    answer = ask(build_conversation(script(speak), tools), "how is the funnel?")
    done = [item for item in answer.tool_calls if item["seconds"] is not None]
    assert 0 < len(done) <= 12


def test_the_offline_model_answers_when_the_hosted_one_fails(
    tools: Sequence[BaseTool], offline: OfflineChatModel, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_messages: list[BaseMessage]) -> AIMessage:
        raise RuntimeError("secret prompt text: overloaded")

    model = script(fail)
    conversation = build_conversation(model, tools, fallback=offline, retry_seconds=0.0)
    answer = ask(conversation, "Where do we lose MQLs in EMEA?")
    assert "31.0%" in answer.answer
    assert answer.model == "offline"
    assert answer.notes == [
        "The hosted model did not answer, so this comes from the offline model."
    ]
    assert len(model.seen) >= 3
    assert "RuntimeError" in caplog.text
    assert "secret prompt text" not in caplog.text


def test_without_a_fallback_the_error_is_raised(tools: Sequence[BaseTool]) -> None:
    def fail(_messages: list[BaseMessage]) -> AIMessage:
        raise RuntimeError("overloaded")

    conversation = build_conversation(script(fail), tools, retry_seconds=0.0)
    with pytest.raises(RuntimeError, match="overloaded"):
        ask(conversation, "how is the funnel?")


def test_a_hosted_model_that_recovers_is_asked_again(tools: Sequence[BaseTool]) -> None:
    failures = iter([True, False, False])

    def speak(_messages: list[BaseMessage]) -> AIMessage:
        if next(failures):
            raise ConnectionError("reset")
        return AIMessage("Hello.")

    conversation = build_conversation(script(speak), tools, retry_seconds=0.0)
    assert ask(conversation, "hello").answer == "Hello."


def test_personal_data_never_reaches_a_hosted_model_and_comes_back(
    tools: Sequence[BaseTool],
) -> None:
    looked_up: list[Any] = []

    def speak(messages: list[BaseMessage]) -> AIMessage:
        if messages[-1].type == "tool":
            looked_up.append(messages[-1])
            token = next(word for word in str(messages[1].content).split() if "email-" in word)
            return AIMessage(f"I looked up {token} for you.")
        token = next(word for word in str(messages[-1].content).split() if "email-" in word)
        return call("lookup_record", name=token)

    model = script(speak)
    conversation = build_conversation(model, tools)
    question = "look up hannah@globex.example or +49 170 1234567"
    events = list(stream(conversation, question))
    final = events[-1]
    assert isinstance(final, Final)
    assert final.answer.tool_calls[0]["args"] == {"name": "hannah@globex.example"}
    assert final.answer.answer == "I looked up hannah@globex.example for you."
    assert final.answer.unsupported == []
    streamed = "".join(event.text for event in events if isinstance(event, Text))
    assert streamed == final.answer.answer
    sent = " ".join(str(message.content) for messages in model.seen for message in messages)
    assert "hannah@globex.example" not in sent
    assert "1234567" not in sent
