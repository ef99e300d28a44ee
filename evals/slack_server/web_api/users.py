"""users.*: who people are."""

from evals.slack_server.errors import SlackError
from evals.slack_server.state import Json, User, Workspace
from evals.slack_server.web_api.method import Request, method, page


@method("users.info", scope="users:read")
def users_info(request: Request) -> Json:
    """Describe one user."""
    user = request.here.user(str(request.need("user")))
    return {"user": described(request.here, user)}


@method("users.lookupByEmail", scope="users:read.email")
def users_by_email(request: Request) -> Json:
    """Find a user by e-mail address."""
    email = str(request.need("email")).lower()
    for user in request.here.users.values():
        foreign = user.home_team not in (None, request.here.team)
        if (user.email or "").lower() == email and not (foreign or user.deleted):
            return {"user": described(request.here, user)}
    raise SlackError("users_not_found")


@method("users.list", scope="users:read")
def users_list(request: Request) -> Json:
    """List users."""
    members = [described(request.here, user) for user in request.here.users.values()]
    return page(members, request.args, "members")


def described(workspace: Workspace, user: User) -> Json:
    """Describe a user as the granted scopes allow."""
    handle = user.name.lower().replace(" ", ".")
    profile: Json = {"real_name": user.name, "display_name": handle}
    if user.email and "users:read.email" in workspace.scopes:
        profile["email"] = user.email
    team = user.home_team or workspace.team
    return {
        "id": user.id,
        "team_id": team,
        "name": handle,
        "deleted": user.deleted,
        "real_name": user.name,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": 3600,
        "profile": profile | {"team": team},
        "is_admin": False,
        "is_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "is_stranger": team != workspace.team,
        "updated": 1_760_000_000,
    }
