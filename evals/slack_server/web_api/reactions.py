"""reactions.*: signs under messages."""

from evals.slack_server.errors import SlackError
from evals.slack_server.state import Json
from evals.slack_server.web_api.method import Request, method


@method("reactions.add", scope="reactions:write")
def add(request: Request) -> Json:
    """Put a sign under a message."""
    message = _message(request)
    reactions = message.setdefault("reactions", [])
    name, user = str(request.need("name")), request.here.bot_user
    found = next((item for item in reactions if item["name"] == name), None)
    if found is None:
        found = {"name": name, "users": [], "count": 0}
        reactions.append(found)
    if user in found["users"]:
        raise SlackError("already_reacted")
    found["users"].append(user)
    found["count"] += 1
    return {}


@method("reactions.remove", scope="reactions:write")
def remove(request: Request) -> Json:
    """Take a sign away."""
    message, name = _message(request), str(request.need("name"))
    kept = [item for item in message.get("reactions", []) if item["name"] != name]
    if len(kept) == len(message.get("reactions", [])):
        raise SlackError("no_reaction")
    message["reactions"] = kept
    return {}


def _message(request: Request) -> Json:
    message = request.channel().find(str(request.need("timestamp")))
    if message is None:
        raise SlackError("message_not_found")
    return message
