"""assistant.threads.*: what the app is doing, titles and suggested prompts."""

from evals.slack_server.errors import SlackError
from evals.slack_server.state import Json, copied
from evals.slack_server.web_api.method import Request, method

PROMPTS = 4
LOADING_MESSAGES = 10


@method("assistant.threads.setStatus", scope="assistant:write")
def set_status(request: Request) -> Json:
    """Show what the app is doing; an empty status shows nothing."""
    channel, thread_ts = request.channel("channel_id"), str(request.need("thread_ts"))
    if "status" not in request.args:
        request.need("status")
    if len(request.args.get("loading_messages") or []) > LOADING_MESSAGES:
        raise SlackError("invalid_arguments")
    if channel.find(thread_ts) is None:
        raise SlackError("thread_not_found")
    if request.args["status"]:
        channel.statuses[thread_ts] = {
            "status": request.args["status"],
            "loading_messages": copied(request.args.get("loading_messages") or []),
        }
    else:
        channel.statuses.pop(thread_ts, None)
    return {}


@method("assistant.threads.setTitle", scope="assistant:write")
def set_title(request: Request) -> Json:
    """Name a thread."""
    channel, thread_ts = request.channel("channel_id"), str(request.need("thread_ts"))
    if not channel.user:
        raise SlackError("channel_type_not_supported")
    channel.titles[thread_ts] = str(request.need("title"))
    return {}


@method("assistant.threads.setSuggestedPrompts", scope="assistant:write")
def set_prompts(request: Request) -> Json:
    """Suggest what to ask, in a thread or at the top of the conversation."""
    channel, prompts = request.channel("channel_id"), request.need("prompts")
    if not channel.user:
        raise SlackError("channel_type_not_supported")
    complete = all(prompt.get("title") and prompt.get("message") for prompt in prompts)
    if not 1 <= len(prompts) <= PROMPTS or not complete:
        raise SlackError("invalid_arguments")
    channel.prompts[str(request.args.get("thread_ts") or "")] = {
        "title": request.args.get("title"),
        "prompts": copied(prompts),
    }
    return {}
