"""Messages: questions by mention, directly, in a thread, by command and by shortcut."""

from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError

from agent.slack import blocks
from agent.slack.answers import asking, prompts, record
from agent.slack.answers.question import LONGEST, read
from agent.slack.answers.record import Place
from agent.slack.blocks import Block
from agent.slack.inbox import Inbox
from agent.slack.incoming import lane_of
from agent.slack.item import Item
from agent.slack.routes import Routes
from agent.slack.text import data
from agent.slack.windows import open_window

if TYPE_CHECKING:
    from agent.slack.surface import Surface

COMMAND = "/weir"
ASK = "weir_ask"
_FIELD = "question"
_MOST_PLAYS = 10
_DIRECT = "I answer you in our direct messages."
_NOTHING_WAITS = "No play waits for your decision."


def register(routes: Routes) -> None:
    """Add the routes."""
    routes.on("event", "app_mention", on_mention, question=True)
    routes.on("event", "message", on_message, question=True, wanted=is_for_us)
    routes.on("event", "assistant_thread_started", on_pane)
    routes.on("command", COMMAND, on_command)
    routes.on("shortcut", ASK, on_shortcut)
    routes.on("shortcut", asking.QUESTION, on_question, question=True)
    routes.submit(ASK, on_form)


def is_for_us(surface: "Surface", item: Item) -> bool:
    """Tell whether a message is for us: direct, or in a thread where we answered or are about to.

    Slack delivers all messages of a channel; those of colleagues among themselves are not kept.
    """
    event = item.body["event"]
    if event.get("channel_type") == "im":
        return True
    return _may_be_follow_up(surface, item, event) and (
        record.has_answered(surface.database, _place(item)) or _is_asked(surface, item)
    )


def on_mention(surface: "Surface", item: Item) -> None:
    """Answer where we were mentioned."""
    who = asking.asker(surface, item)
    if who is not None:
        asking.respond(surface, item, who, _question(surface, item), _place(item))


def on_message(surface: "Surface", item: Item) -> None:
    """Answer a direct message, or the next question in a thread that holds an answer of ours."""
    event = item.body["event"]
    is_direct = event.get("channel_type") == "im"
    # One that came while the mention before it waited is looked at again: we may have refused.
    if not is_direct and not record.has_answered(surface.database, _place(item)):
        return
    who = asking.asker(surface, item, quietly=not is_direct)
    question = _question(surface, item)
    if who is not None and (question or is_direct):
        asking.respond(surface, item, who, question, _place(item))


def on_pane(surface: "Surface", item: Item) -> None:
    """Suggest questions where somebody opened the assistant pane."""
    suggest(surface, item, thread_ts=item.thread_ts)


def suggest(surface: "Surface", item: Item, *, thread_ts: str | None = None) -> None:
    """Suggest questions by role; for the messages tab of the home view there is no thread."""
    who = asking.asker(surface, item, quietly=True)
    if who is not None and item.channel is not None:
        prompts.suggest(surface.clients.of(item.team), item.channel, who[1], thread_ts)


def on_command(surface: "Surface", item: Item) -> None:
    """Answer ``/weir``: by its first word, else as a question."""
    who = asking.asker(surface, item)
    if who is None:
        return
    person, viewer = who
    own = surface.clients.bot_user(item.team)
    text = read(str(item.body.get("text") or ""), own, lambda user: _name(surface, item, user))
    word, _, rest = text.partition(" ")
    if word.casefold() == "next":
        from agent.slack.listeners.content import offer_for_command  # noqa: PLC0415

        offer_for_command(surface, item, rest.strip())
    elif text.casefold() == "plays":
        _whisper(surface, item, "What waits for you", _waiting(surface, person.email or ""))
    elif text.casefold() in ("", "help", "ask"):
        shown = [blocks.markdown(prompts.help_text(viewer))]
        _whisper(surface, item, "What I can do", shown)
    else:
        asked = rest.strip() if word.casefold() == "ask" else text
        asking.put(surface, item, asked)
        _whisper(surface, item, _DIRECT, [blocks.section(_DIRECT)])


def on_shortcut(surface: "Surface", item: Item) -> None:
    """Open the form for a question."""
    if asking.asker(surface, item) is None:
        return
    field = blocks.field(
        "What do you want to know?",
        blocks.text_input(_FIELD, multiline=True, most=LONGEST),
        _FIELD,
        hint="I answer you in our direct messages.",
    )
    view = blocks.modal("Ask Weir", [field], callback_id=ASK, submit="Ask")
    open_window(surface, item, view)


def on_form(surface: "Surface", item: Item) -> dict[str, Any] | None:
    """Take a question from the form."""
    values = item.body["view"]["state"]["values"]
    question = str(values[_FIELD][_FIELD].get("value") or "").strip()
    if not question:
        return {"response_action": "errors", "errors": {_FIELD: "Write a question."}}
    asking.put(surface, item, question)
    return None


def on_question(surface: "Surface", item: Item) -> None:
    """Answer a question that came from a form, a command or a button."""
    who = asking.asker(surface, item)
    if who is None:
        return
    told = item.body.get("place")
    place = Place(item.team, told["channel"], told["thread_ts"]) if told else None
    asking.respond(surface, item, who, str(item.body["question"]), place)


def _may_be_follow_up(surface: "Surface", item: Item, event: dict[str, Any]) -> bool:
    text = str(event.get("text") or "")
    if not event.get("thread_ts") or f"<@{surface.clients.bot_user(item.team)}" in text:
        # A mention comes as an event of its own.
        return False
    # Somebody turns to somebody else.
    return not text.lstrip().startswith("<@")


def _is_asked(surface: "Surface", item: Item) -> bool:
    lane = lane_of(item)
    return lane is not None and Inbox(surface.database, clock=surface.clock).is_busy(lane)


def _question(surface: "Surface", item: Item) -> str:
    text = str(item.body["event"].get("text") or "")
    own = surface.clients.bot_user(item.team)
    return read(text, own, lambda user: _name(surface, item, user))


def _name(surface: "Surface", item: Item, user: str) -> str:
    try:
        return surface.people.who(item.team, user).name
    except SlackApiError:
        return "somebody"


def _place(item: Item) -> Place:
    return Place(item.team, item.channel or "", item.thread_ts or item.ts or "")


def _waiting(surface: "Surface", email: str) -> list[Block]:
    """List the plays that a person may decide about."""
    from agent.plays.play import PlayState  # noqa: PLC0415

    desk = surface.weir.plays
    mine = [
        play
        for play in desk.list_plays([PlayState.PENDING])
        if email in {approver.email for approver in desk.approvers(play["id"])}
    ]
    if not mine:
        return [blocks.section(_NOTHING_WAITS)]
    shown = [
        blocks.section(
            f"*{data(play['title'])}*\n`{data(play['id'])}`, {data(play['tier'])} risk, "
            f"{play['actions']} actions"
        )
        for play in mine[:_MOST_PLAYS]
    ]
    left = len(mine) - _MOST_PLAYS
    return [*shown, blocks.context(f"… and {left} more on my home tab.")] if left > 0 else shown


def _whisper(surface: "Surface", item: Item, text: str, shown: list[Block]) -> None:
    """Answer a command so that only who gave it sees it, also where the bot is no member."""
    from slack_sdk.webhook import WebhookClient  # noqa: PLC0415

    client = surface.clients.of(item.team)
    url = item.body.get("response_url")
    if url:
        sent = WebhookClient(url, timeout=client.timeout, ssl=client.ssl).send(
            text=text, blocks=shown, response_type="ephemeral"
        )
        if sent.status_code == 200:  # noqa: PLR2004 - HTTP's own number
            return
    client.chat_postEphemeral(
        channel=item.channel or "", user=item.actor or "", text=text, blocks=shown
    )
