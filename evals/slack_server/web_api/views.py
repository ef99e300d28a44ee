"""views.*: modals and the home tab."""

from evals.slack_server.errors import SlackError
from evals.slack_server.limits.views import check_view
from evals.slack_server.payloads import shown_view
from evals.slack_server.state import Json, State, Workspace, copied
from evals.slack_server.web_api.messages import with_block_ids
from evals.slack_server.web_api.method import Request, method

PUSH_DEPTH = 3


@method("views.open")
def open_view(request: Request) -> Json:
    """Open a modal for whoever clicked."""
    check_view(request.args.get("view"), request.here.files)
    trigger = request.state.use_trigger(request.need("trigger_id"), request.here.team)
    view = stored(request.state, request.here, request.args["view"], trigger.user)
    request.here.modals[trigger.user] = [view]
    return {"view": shown_view(view)}


@method("views.push")
def push_view(request: Request) -> Json:
    """Lay a modal over the one that is open."""
    check_view(request.args.get("view"), request.here.files)
    trigger = request.state.use_trigger(request.need("trigger_id"), request.here.team)
    return {"view": shown_view(pushed(request.state, request.here, request.args, trigger.user))}


def pushed(state: State, workspace: Workspace, args: Json, user: str) -> Json:
    """Lay a view over those that a person has open."""
    stack = workspace.modals.get(user, [])
    if not stack:
        raise SlackError("not_found")
    if len(stack) >= PUSH_DEPTH:
        raise SlackError("push_limit_reached")
    view = stored(state, workspace, args["view"], user)
    view |= {"root_view_id": stack[0]["id"], "previous_view_id": stack[-1]["id"]}
    stack.append(view)
    return view


@method("views.update")
def update_view(request: Request) -> Json:
    """Change an open modal."""
    args, workspace = request.args, request.here
    check_view(args.get("view"), workspace.files)
    named = args.get("view_id"), args.get("external_id")
    every = [view for stack in workspace.modals.values() for view in stack]
    found = [
        view
        for view in [*every, *workspace.homes.values()]
        if view["id"] == named[0] or (named[1] and view["external_id"] == named[1])
    ]
    if not found:
        raise SlackError("not_found")
    if args.get("hash") and args["hash"] != found[0]["hash"]:
        raise SlackError("hash_conflict")
    replace(request.state, workspace, found[0], args["view"])
    return {"view": shown_view(found[0])}


@method("views.publish")
def publish_view(request: Request) -> Json:
    """Set somebody's home tab."""
    args, workspace = request.args, request.here
    user = str(request.need("user_id"))
    known = workspace.users.get(user)
    if known is None:
        raise SlackError("user_not_found")
    check_view(args.get("view"), workspace.files)
    if args["view"]["type"] != "home":
        raise SlackError("invalid_arguments")
    current = workspace.homes.get(user)
    if current and args.get("hash") and args["hash"] != current["hash"]:
        raise SlackError("hash_conflict")
    if current:
        replace(request.state, workspace, current, args["view"])
    else:
        workspace.homes[user] = stored(request.state, workspace, args["view"], user)
    return {"view": shown_view(workspace.homes[user])}


def stored(state: State, workspace: Workspace, view: Json, user: str) -> Json:
    """Build a view as Slack keeps it."""
    number = f"V{state.number():08d}"
    made: Json = {
        "id": number,
        "team_id": workspace.team,
        "type": view["type"],
        "root_view_id": number,
        "previous_view_id": None,
        "app_id": workspace.app_id,
        "app_installed_team_id": workspace.team,
        "bot_id": workspace.bot_id,
        "user": user,
        "errors": {},
        "inputs": {},
        "external_id": "",
    }
    replace(state, workspace, made, view)
    return made


def replace(state: State, workspace: Workspace, current: Json, view: Json) -> None:
    """Put a view's content in place of what is shown; typed values stay where blocks do."""
    external = view.get("external_id") or ""
    others = [*workspace.homes.values(), *(v for s in workspace.modals.values() for v in s)]
    if external and any(v["external_id"] == external and v is not current for v in others):
        raise SlackError("duplicate_external_id")
    current |= {
        "title": copied(view.get("title")),
        "submit": copied(view.get("submit")),
        "close": copied(view.get("close")),
        "blocks": with_block_ids(state, view["blocks"]),
        "callback_id": view.get("callback_id", ""),
        "private_metadata": view.get("private_metadata", ""),
        "external_id": external,
        "clear_on_close": bool(view.get("clear_on_close")),
        "notify_on_close": bool(view.get("notify_on_close")),
        "hash": f"{state.ts()}.{state.number()}",
        "errors": {},
        "state": {"values": {}},
    }
    for block in current["blocks"]:
        element = block.get("element")
        if element is not None:
            element.setdefault("action_id", f"auto{state.number()}")
    places = {
        (block["block_id"], block["element"]["action_id"])
        for block in current["blocks"]
        if block["type"] == "input"
    }
    current["inputs"] = {key: kept for key, kept in current["inputs"].items() if key in places}
