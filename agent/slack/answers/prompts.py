"""Prompts: what a person can ask, by what they do in the company."""

from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from agent.access import Viewer

# Title and question; Slack shows at most four.
Prompt = tuple[str, str]
_LEAKS: Prompt = ("Where do we lose leads?", "Where do we lose leads, and why?")
_PLAY: Prompt = ("Draft a play", "Draft a play for the worst leak")
_BY_ROLE: dict[str, tuple[Prompt, ...]] = {
    "revops": (
        _LEAKS,
        ("Conversion by lead source", "How do we convert by lead source?"),
        ("Time by region", "How long do leads take in each stage, by region?"),
        _PLAY,
    ),
    "manager": (
        _LEAKS,
        ("Leads at risk", "Which open leads are most at risk?"),
        ("The whole funnel", "How does the funnel convert, stage by stage?"),
        _PLAY,
    ),
    "sales": (
        ("My leads at risk", "Which of my leads are most at risk?"),
        ("First response", "What does the playbook say about slow first response?"),
        _LEAKS,
        ("What can you do?", "What can you do?"),
    ),
}
_MOST = 4


def suggested(viewer: "Viewer") -> tuple[Prompt, ...]:
    """Choose the questions for a person's role."""
    role = next((name for name in _BY_ROLE if name in viewer.roles), "sales")
    return _BY_ROLE[role][:_MOST]


def examples(viewer: "Viewer") -> list[str]:
    """List the questions for a person's role."""
    return [question for _title, question in suggested(viewer)]


def help_text(viewer: "Viewer") -> str:
    """Write what Weir does and what this person may ask first, as Markdown."""
    asked = "\n".join(f"- {question}" for question in examples(viewer))
    return (
        "I find where the middle of the funnel leaks, say why, and draft the play that fixes it. "
        "Nothing is changed until an authorised person approves.\n\n"
        f"You can ask, for example:\n{asked}\n\n"
        "In a thread where I answered, just go on asking. "
        "`/weir ask QUESTION` answers you privately, `/weir next NAME` chooses what to send, "
        "`/weir plays` shows what waits for you."
    )


def suggest(client: "WebClient", channel: str, viewer: "Viewer", thread_ts: str | None) -> None:
    """Offer the questions in the agent pane.

    Args:
        client: Client of the workspace.
        channel: The direct message.
        viewer: Whom they are for.
        thread_ts: Thread of the older assistant pane; the agent pane has none.
    """
    offered: list[dict[str, Any]] = [
        {"title": title, "message": question} for title, question in suggested(viewer)
    ]
    try:
        client.assistant_threads_setSuggestedPrompts(
            channel_id=channel, thread_ts=thread_ts, title="Ask about your funnel", prompts=offered
        )
    except SlackApiError as error:
        # Without suggestions one can still ask; a workspace may have the pane switched off.
        if error.response.get("error") in ("ratelimited", "internal_error"):
            raise
