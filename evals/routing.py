"""`routing`: does the offline model call the right tools, and say only what they gave?"""

import functools
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import HumanMessage
from langchain_core.tools import BaseTool, StructuredTool

from agent import turns
from agent.conversation import Conversation, build_conversation
from evals.calls import right_arguments, right_tools
from evals.company import sample_company
from evals.figures import Progress, Report, share, version_of
from evals.questions import Questions
from evals.support import stated, unsupported
from knowledge.library.search import words

GRADER = "1"

Made = list[dict[str, Any]]


def run(progress: Progress) -> Report:
    """Ask questions about the sample company, each by itself, and grade calls and answers."""
    progress("making the sample company", 0.0)
    weir = sample_company()
    weir.sync_library()
    tools = [remembered(tool) for tool in weir.tools()]
    return evaluate(build_conversation(weir.chat_model(), tools), tools, progress)


def evaluate(
    conversation: Conversation,
    tools: Sequence[BaseTool],
    progress: Progress,
    questions: Questions | None = None,
) -> Report:
    """Grade a conversation.

    ``argument_accuracy`` is among the questions whose tools were right; ``irrelevance_abstention``
    is the share of questions for no tool on which none was called; ``numbers_supported`` is the
    share of all numbers, dates and ids in the answers that a tool of the turn gave.
    """
    questions = questions or Questions("routing")
    made: dict[str, Made] = {}
    said = held = called = worked = 0
    misses = []
    for number, row in enumerate(questions.rows):
        progress("asking", number / len(questions.rows))
        turn = answer(conversation, row["question"])
        made[row["id"]] = [{"tool": item.tool, "args": item.args} for item in turn.results]
        grounds = [part for item in turn.results for part in (item.content, item.data)]
        missing = unsupported(turn.answer, row["question"], grounds)
        failed = [item.tool for item in turn.results if not item.ok]
        called += len(turn.results)
        worked += len(turn.results) - len(failed)
        said += stated(turn.answer)
        held += stated(turn.answer) - len(missing)
        right = right_tools(row["calls"], made[row["id"]])
        right = right and right_arguments(row["calls"], made[row["id"]])
        if not right or missing or failed:
            misses.append(
                {**row, "made": made[row["id"]], "unsupported": missing, "failed": failed}
            )
    return Report(
        name="routing",
        version=version_of(GRADER, questions.content),
        figures={
            **_grade(questions.rows, made),
            "numbers_supported": share(held, said),
            "calls_that_worked": share(worked, called),
        },
        baselines={
            "most_frequent_tool": _grade(questions.rows, most_frequent(questions.rows)),
            "keyword_match": _grade(questions.rows, by_description(questions.rows, tools)),
        },
        cases={
            "for_tools": sum(bool(row["calls"]) for row in questions.rows),
            "for_none": sum(not row["calls"] for row in questions.rows),
            "stated": said,
        },
        misses=misses,
    )


def answer(conversation: Conversation, question: str) -> turns.Turn:
    """Ask a question that stands alone."""
    state = conversation.graph.invoke({"messages": [HumanMessage(question)]})
    return turns.read(state["messages"])[-1]


def remembered(tool: BaseTool) -> BaseTool:
    """Keep a reading tool's results by arguments: a hundred questions ask for the same leaks."""
    if not isinstance(tool, StructuredTool) or tool.func is None or tool.name == "draft_play":
        return tool
    results: dict[str, Any] = {}
    function: Callable[..., Any] = tool.func

    @functools.wraps(function)
    def call(**arguments: Any) -> Any:
        key = json.dumps(arguments, sort_keys=True, default=str)
        if key not in results:
            results[key] = function(**arguments)
        return results[key]

    return tool.model_copy(update={"func": call})


def most_frequent(rows: Sequence[dict[str, Any]]) -> dict[str, Made]:
    """Call the tool that most questions are for, whatever is asked."""
    counts = Counter(call["tool"] for row in rows for call in row["calls"])
    made = [{"tool": counts.most_common(1)[0][0], "args": {}}]
    return {row["id"]: made for row in rows}


def by_description(rows: Sequence[dict[str, Any]], tools: Sequence[BaseTool]) -> dict[str, Made]:
    """Call the tool whose name and description share most words with the question, if any."""
    known = {
        tool.name: set(words(f"{tool.name.replace('_', ' ')} {tool.description}"))
        for tool in sorted(tools, key=lambda tool: tool.name)
    }
    made: dict[str, Made] = {}
    for row in rows:
        asked = set(words(row["question"]))
        best = max(known, key=lambda name: len(known[name] & asked))
        shared = known[best] & asked
        made[row["id"]] = [{"tool": best, "args": {}}] if shared else []
    return made


def _grade(rows: Sequence[dict[str, Any]], made: dict[str, Made]) -> dict[str, float | None]:
    meant = [row for row in rows if row["calls"]]
    foreign = [row for row in rows if not row["calls"]]
    routed = [row for row in meant if right_tools(row["calls"], made[row["id"]])]
    filled = [row for row in routed if right_arguments(row["calls"], made[row["id"]])]
    return {
        "tool_accuracy": share(len(routed), len(meant)),
        "argument_accuracy": share(len(filled), len(routed)),
        "irrelevance_abstention": share(sum(not made[row["id"]] for row in foreign), len(foreign)),
    }
