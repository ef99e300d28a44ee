"""Calls: takes a Web API call through token, scope and limits to its method, and notes it."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from agent.slack.install import SCOPES
from evals.slack_server.errors import SlackError
from evals.slack_server.faults import Fault, Faults
from evals.slack_server.state import Call, Json, State, Workspace, copied
from evals.slack_server.web_api import (  # noqa: F401 - each registers its methods
    assistant,
    auth,
    chat,
    conversations,
    files,
    reactions,
    streams,
    users,
    views,
)
from evals.slack_server.web_api.method import METHODS, Registered, Request

# Errors that say that the app broke a documented limit: none may be left at the end of a test.
LIMITS = {
    "invalid_blocks",
    "invalid_chunks",
    "invalid_metadata_format",
    "markdown_text_conflict",
    "msg_too_long",
    "no_text",
    "only_one_table_allowed",
    "push_limit_reached",
    "too_many_attachments",
    "view_too_large",
    "duplicate_external_id",
    "alt_txt_too_large",
}
_SPEAKING = ("chat.", "views.", "assistant.", "files.complete")


def call(
    state: State,
    faults: Faults,
    name: str,
    args: Json,
    *,
    token: str | None,
    base: str,
    send_event: Callable[[Workspace, Json], Json],
) -> tuple[int, Json, dict[str, str]]:
    """Make a call; give the status, the body and headers of the answer."""
    with state.lock:
        workspace: Workspace | None = None
        headers: dict[str, str] = {}
        status = 200
        fault: Fault | None = None
        try:
            registered = _registered(name)
            workspace = _authorised(state, registered, token)
            if workspace is not None:
                headers["x-oauth-scopes"] = ",".join(sorted(workspace.scopes))
            if registered.scope:
                headers["x-accepted-oauth-scopes"] = registered.scope
            fault = faults.next(name)
            if fault is not None:
                if fault.retry_after is not None:
                    status = 429
                    headers["Retry-After"] = str(fault.retry_after)
                raise SlackError(fault.error)  # noqa: TRY301 - it is answered as any error
            _scoped(registered, workspace)
            request = Request(state, workspace, args, base, send_event, token)
            answer = {"ok": True, **registered.call(request)}
            error = None
        except SlackError as refused:
            answer, error = refused.answer, refused.error
            if fault is None:
                _note_violation(state, name, answer)
        if name.startswith(_SPEAKING) and error is None:
            state.outgoing.append((name, copied(args)))
        known = {key: value for key, value in args.items() if key != "token"}
        team = workspace.team if workspace else None
        state.calls.append(Call(name, copied(known), error is None, error, time.time(), team))
        return status, copied(answer), headers


def decode(form: Mapping[str, Any]) -> Json:
    """Decode a form: lists and objects travel as JSON in it."""
    return {name: _decoded(name, value) for name, value in form.items()}


def _decoded(name: str, value: Any) -> Any:
    structured = {
        "blocks",
        "attachments",
        "metadata",
        "view",
        "files",
        "chunks",
        "prompts",
        "loading_messages",
    }
    if name not in structured or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _registered(name: str) -> Registered:
    if name not in METHODS:
        raise SlackError("unknown_method")
    return METHODS[name]


def _authorised(state: State, registered: Registered, token: str | None) -> Workspace | None:
    if registered.takes == "none":
        return None
    if registered.takes == "app":
        if not token:
            raise SlackError("not_authed")
        if all(token != workspace.app_token for workspace in state.workspaces.values()):
            bot = token.startswith("xoxb-")
            raise SlackError("not_allowed_token_type" if bot else "invalid_auth")
        return None
    return state.team_of_token(token)


def _scoped(registered: Registered, workspace: Workspace | None) -> None:
    if registered.scope and workspace and registered.scope not in workspace.scopes:
        provided = ",".join(sorted(workspace.scopes))
        raise SlackError("missing_scope", needed=registered.scope, provided=provided)


def _note_violation(state: State, name: str, answer: Json) -> None:
    messages = answer.get("response_metadata", {}).get("messages", [])
    if answer["error"] in LIMITS or messages:
        told = "; ".join(messages)
        state.violations.append(f"{name}: {answer['error']}{': ' if told else ''}{told}")


def all_scopes() -> set[str]:
    """Name every scope that the app or a method asks for."""
    return set(SCOPES) | {entry.scope for entry in METHODS.values() if entry.scope}
