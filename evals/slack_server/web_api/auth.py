"""auth.*, apps.* and oauth.*: who the app is, and how it comes into a workspace."""

from evals.slack_server.errors import SlackError
from evals.slack_server.state import Json
from evals.slack_server.web_api.method import Request, method


@method("api.test", takes="none")
def api_test(request: Request) -> Json:
    """Answer, whoever asks."""
    return {"args": request.args}


@method("auth.test")
def auth_test(request: Request) -> Json:
    """Tell which workspace and bot a token belongs to."""
    workspace = request.here
    return {
        "url": f"https://{workspace.name.lower()}.slack.com/",
        "team": workspace.name,
        "user": "weir",
        "team_id": workspace.team,
        "user_id": workspace.bot_user,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


@method("auth.revoke")
def auth_revoke(request: Request) -> Json:
    """Revoke a token."""
    request.here.revoked = True
    return {"revoked": True}


@method("apps.connections.open", takes="app")
def connections_open(request: Request) -> Json:
    """Give the address of a WebSocket, good for one connection."""
    ticket = f"ticket-{request.state.number()}"
    request.state.codes[ticket] = str(request.token)
    address = request.base.replace("http://", "ws://", 1)
    return {"url": f"{address}/link/?ticket={ticket}&app_id=A0WEIR"}


@method("oauth.v2.access", takes="none")
def oauth_access(request: Request) -> Json:
    """Exchange a code for a bot token."""
    state, args = request.state, request.args
    if args.get("client_id") != state.client_id:
        raise SlackError("invalid_client_id")
    if args.get("client_secret") != state.client_secret:
        raise SlackError("bad_client_secret")
    team, _, user = state.codes.pop(str(args.get("code")), "").partition("|")
    if team not in state.workspaces:
        raise SlackError("invalid_code")
    workspace = state.workspaces[team]
    workspace.revoked = False
    return {
        "app_id": workspace.app_id,
        "authed_user": {"id": user},
        "scope": ",".join(sorted(workspace.scopes)),
        "token_type": "bot",
        "access_token": workspace.bot_token,
        "bot_user_id": workspace.bot_user,
        "team": {"id": workspace.team, "name": workspace.name},
        "enterprise": None,
        "is_enterprise_install": False,
    }
