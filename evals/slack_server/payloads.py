"""Payloads as Slack sends them: events, clicks, submissions, commands and shortcuts."""

import time
from typing import Any

from evals.slack_server.state import (
    RESPONSE_URL_SECONDS,
    Channel,
    Json,
    ResponseUrl,
    State,
    Workspace,
    copied,
)

VERIFICATION_TOKEN = "verification"  # noqa: S105 - Slack's deprecated field, secures nothing
_HIDDEN = ("errors", "inputs", "user", "closed")


def event(state: State, workspace: Workspace, body: Json, *, shared: bool = False) -> Json:
    """Wrap an event for the Events API."""
    number = state.number()
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": workspace.team,
        "context_team_id": workspace.team,
        "context_enterprise_id": None,
        "api_app_id": workspace.app_id,
        "event": body,
        "type": "event_callback",
        "event_id": f"Ev{number:09d}",
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team,
                "user_id": workspace.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": shared,
        "event_context": f"4-{number}",
    }


def person(workspace: Workspace, user: str) -> Json:
    """Describe who did something."""
    known = workspace.users.get(user)
    name = known.name if known else user
    handle = name.lower().replace(" ", ".")
    team = (known.home_team if known else None) or workspace.team
    return {"id": user, "username": handle, "name": handle, "team_id": team}


def team(workspace: Workspace) -> Json:
    """Describe the workspace."""
    return {"id": workspace.team, "domain": workspace.name.lower()}


def response_url(
    state: State,
    base: str,
    workspace: Workspace,
    channel: Channel,
    user: str,
    *,
    thread_ts: str | None = None,
    message_ts: str | None = None,
) -> str:
    """Make an address at which the app can answer an interaction."""
    key = f"{workspace.team}{state.number()}"
    until = time.monotonic() + RESPONSE_URL_SECONDS
    state.response_urls[key] = ResponseUrl(
        workspace.team, channel.id, user, thread_ts, message_ts, until
    )
    return f"{base}/response/{key}"


def _head(state: State, workspace: Workspace, user: str, kind: str) -> Json:
    return {
        "type": kind,
        "user": person(workspace, user),
        "api_app_id": workspace.app_id,
        "token": VERIFICATION_TOKEN,
        "trigger_id": state.trigger(workspace.team, user),
        "team": team(workspace),
        "enterprise": None,
        "is_enterprise_install": False,
    }


def shown_message(message: Json) -> Json:
    """Give a message as payloads carry it: without what this server adds for readers."""
    return {name: value for name, value in copied(message).items() if name != "channel"}


def shown_view(view: Json) -> Json:
    """Give a view as payloads carry it."""
    return {name: value for name, value in copied(view).items() if name not in _HIDDEN}


def message_action(
    state: State, base: str, workspace: Workspace, user: str, *, message: Json, action: Json
) -> Json:
    """Describe a click in a message."""
    channel = workspace.channels[message["channel"]]
    thread_ts = message.get("thread_ts")
    container: Json = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel.id,
        "is_ephemeral": bool(message.get("is_ephemeral")),
    }
    if thread_ts:
        container["thread_ts"] = thread_ts
    shown = shown_message(message)
    if container["is_ephemeral"]:
        shown = {"type": "message", "ts": message["ts"]}
    name = "directmessage" if channel.user else channel.name
    return {
        **_head(state, workspace, user, "block_actions"),
        "container": container,
        "channel": {"id": channel.id, "name": name},
        "message": shown,
        "state": {"values": copied(message.get("state_values", {}))},
        "response_url": response_url(
            state,
            base,
            workspace,
            channel,
            user,
            thread_ts=thread_ts,
            message_ts=message["ts"],
        ),
        "actions": [action],
    }


def view_action(state: State, workspace: Workspace, user: str, *, view: Json, action: Json) -> Json:
    """Describe a click in a modal or on the home tab."""
    return {
        **_head(state, workspace, user, "block_actions"),
        "container": {"type": "view", "view_id": view["id"]},
        "view": shown_view(view),
        "actions": [action],
    }


def submission(state: State, workspace: Workspace, user: str, view: Json) -> Json:
    """Describe a modal that was submitted."""
    head = _head(state, workspace, user, "view_submission")
    return {**head, "view": shown_view(view), "response_urls": []}


def closed(state: State, workspace: Workspace, user: str, view: Json, *, everything: bool) -> Json:
    """Describe a modal that was closed."""
    payload = _head(state, workspace, user, "view_closed")
    del payload["trigger_id"]
    return {**payload, "view": shown_view(view), "is_cleared": everything}


def command(
    state: State,
    base: str,
    workspace: Workspace,
    user: str,
    *,
    name: str,
    text: str,
    where: Channel,
) -> Json:
    """Describe a slash command."""
    known = person(workspace, user)
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": workspace.team,
        "team_domain": workspace.name.lower(),
        "channel_id": where.id,
        "channel_name": "directmessage" if where.user else where.name,
        "user_id": user,
        "user_name": known["name"],
        "command": name,
        "text": text,
        "api_app_id": workspace.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url(state, base, workspace, where, user),
        "trigger_id": state.trigger(workspace.team, user),
    }


def shortcut(
    state: State,
    base: str,
    workspace: Workspace,
    user: str,
    *,
    callback_id: str,
    message: Json | None,
) -> Json:
    """Describe a shortcut, global or on a message."""
    kind = "shortcut" if message is None else "message_action"
    payload: dict[str, Any] = {
        **_head(state, workspace, user, kind),
        "callback_id": callback_id,
        "action_ts": state.ts(),
    }
    if message is not None:
        channel = workspace.channels[message["channel"]]
        payload |= {
            "message_ts": message["ts"],
            "message": shown_message(message),
            "channel": {"id": channel.id, "name": channel.name},
            "response_url": response_url(
                state, base, workspace, channel, user, message_ts=message["ts"]
            ),
        }
    return payload
