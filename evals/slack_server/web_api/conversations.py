"""conversations.*: channels, direct messages and what was said there."""

from evals.slack_server.errors import SlackError
from evals.slack_server.state import Channel, Json, Workspace, copied
from evals.slack_server.web_api.method import Request, method, page


@method("conversations.info", scope="channels:read")
def conversations_info(request: Request) -> Json:
    """Describe a conversation."""
    channel = request.here.channels.get(str(request.args.get("channel")))
    if channel is None:
        raise SlackError("channel_not_found")
    if channel.is_private and request.here.bot_user not in channel.members:
        raise SlackError("channel_not_found")
    return {"channel": described(request.here, channel)}


@method("conversations.open", scope="im:write")
def conversations_open(request: Request) -> Json:
    """Open a direct message."""
    if request.args.get("channel"):
        return {"channel": {"id": request.channel().id}}
    users = request.need("users")
    named = users.split(",") if isinstance(users, str) else users
    if len(named) != 1:
        raise SlackError("method_not_supported_for_channel_type")
    known = request.here.users.get(named[0])
    if known is None:
        raise SlackError("user_not_found")
    if known.is_bot or known.deleted:
        raise SlackError("cannot_dm_bot" if known.is_bot else "user_disabled")
    channel = request.here.direct(known.id)
    full = described(request.here, channel)
    return {"channel": full if request.flag("return_im") else {"id": channel.id}}


@method("conversations.list", scope="channels:read")
def conversations_list(request: Request) -> Json:
    """List conversations."""
    wanted = str(request.args.get("types") or "public_channel").split(",")
    kinds = [described(request.here, channel) for channel in request.here.channels.values()]
    return page([item for item in kinds if _kind(item) in wanted], request.args, "channels")


@method("conversations.members", scope="channels:read")
def conversations_members(request: Request) -> Json:
    """List who is in a conversation."""
    return page(sorted(request.channel().members), request.args, "members")


@method("conversations.join", scope="channels:join")
def conversations_join(request: Request) -> Json:
    """Enter a public channel."""
    channel = request.here.channels.get(str(request.args.get("channel")))
    if channel is None or channel.is_private:
        raise SlackError("channel_not_found")
    channel.members.add(request.here.bot_user)
    return {"channel": described(request.here, channel)}


@method("conversations.history", scope="channels:history")
def conversations_history(request: Request) -> Json:
    """Give the newest messages, without replies."""
    messages = [
        message
        for message in reversed(request.channel().messages)
        if message.get("thread_ts", message["ts"]) == message["ts"] and _within(request, message)
    ]
    return {**page([_shown(request, m) for m in messages], request.args, "messages")}


@method("conversations.replies", scope="channels:history")
def conversations_replies(request: Request) -> Json:
    """Give a thread, oldest first."""
    channel, ts = request.channel(), str(request.need("ts"))
    first = channel.find(ts)
    if first is None:
        raise SlackError("thread_not_found")
    root = first.get("thread_ts", ts)
    thread = [
        message
        for message in channel.messages
        if root in {message["ts"], message.get("thread_ts")} and _within(request, message)
    ]
    return {**page([_shown(request, m) for m in thread], request.args, "messages")}


def _within(request: Request, message: Json) -> bool:
    oldest, latest = request.args.get("oldest"), request.args.get("latest")
    ts, inclusive = float(message["ts"]), request.flag("inclusive")
    after = not oldest or ts > float(oldest) or (inclusive and ts == float(oldest))
    return after and (not latest or ts < float(latest) or (inclusive and ts == float(latest)))


def _shown(request: Request, message: Json) -> Json:
    hidden = {"channel"} if request.flag("include_all_metadata") else {"channel", "metadata"}
    return {name: value for name, value in copied(message).items() if name not in hidden}


def _kind(channel: Json) -> str:
    if channel.get("is_im"):
        return "im"
    return "private_channel" if channel["is_private"] else "public_channel"


def described(workspace: Workspace, channel: Channel) -> Json:
    """Describe a conversation."""
    if channel.user:
        return {"id": channel.id, "is_im": True, "user": channel.user, "is_private": True}
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_member": workspace.bot_user in channel.members,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "context_team_id": workspace.team,
        "num_members": len(channel.members),
    }
