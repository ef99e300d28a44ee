"""The Bolt app: whatever Slack sends goes into the inbox, is acknowledged, and is handed over."""

import logging
import re
from typing import TYPE_CHECKING, Any

from agent.plays.stamps import stamp
from agent.slack.failures import described
from agent.slack.incoming import is_from_a_person, read
from agent.slack.item import Item, Kind
from agent.slack.listeners import alerts, content, feedback, home, messages, plays
from agent.slack.routes import Routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import Ack, App, BoltContext, BoltResponse
    from slack_bolt.authorization import AuthorizeResult
    from slack_bolt.oauth.oauth_settings import OAuthSettings

    from agent.slack.dispatch import Dispatcher
    from agent.slack.inbox import Inbox
    from agent.slack.submissions import Submissions
    from agent.slack.surface import Surface

_LOG = logging.getLogger(__name__)
_EVERYTHING = re.compile(".*", re.DOTALL)


def all_routes() -> Routes:
    """Collect the routes of every listener."""
    routes = Routes()
    for listener in (messages, plays, content, home, alerts, feedback):
        listener.register(routes)
    return routes


def build_app(
    surface: "Surface",
    routes: Routes,
    inbox: "Inbox",
    dispatcher: "Dispatcher",
    submissions: "Submissions",
    *,
    oauth: "OAuthSettings | None" = None,
) -> "App":
    """Build the Bolt app.

    Nothing is done before Slack has its acknowledgement, except that the item is kept. Modals are
    answered in the acknowledgement itself.

    Args:
        surface: What handlers work with.
        routes: Who handles what.
        inbox: Where items are kept.
        dispatcher: Who takes them up.
        submissions: Who answers modals.
        oauth: How the app is installed into many workspaces; None for one workspace.
    """
    from slack_bolt import App  # noqa: PLC0415
    from slack_bolt.authorization.authorize import CallableAuthorize  # noqa: PLC0415

    from agent.slack.clients import WebClients  # noqa: PLC0415

    receive = _Receiver(surface, routes, inbox, dispatcher, submissions)
    secret = surface.settings.signing_secret
    app = App(
        name="weir",
        logger=_quiet_logger(),
        client=WebClients(surface.settings.api_url).build(None),
        signing_secret=secret.get_secret_value() if secret else "",
        # Also with one workspace: Bolt's own way asks Slack for every single event.
        authorize=CallableAuthorize(  # type: ignore[arg-type]
            logger=_quiet_logger(),
            func=_authorizing(surface),  # type: ignore[arg-type]
        ),
        installation_store=oauth.installation_store if oauth else None,
        oauth_settings=oauth,
        # The row is written first, then the acknowledgement is sent, in the same thread.
        process_before_response=True,
        attaching_conversation_kwargs_enabled=False,
    )
    app.error(receive.note)
    if oauth is not None:
        app.enable_token_revocation_listeners()
    app.event(_EVERYTHING)(receive.event)
    app.action(_EVERYTHING)(receive.action)
    app.view_submission(_EVERYTHING)(receive.submission)
    app.view_closed(_EVERYTHING)(receive.closed)
    app.command(_EVERYTHING)(receive.command)
    app.shortcut(_EVERYTHING)(receive.shortcut)
    app.options(_EVERYTHING)(receive.options)
    return app


class _Receiver:
    """Receive payloads from Bolt."""

    def __init__(
        self,
        surface: "Surface",
        routes: Routes,
        inbox: "Inbox",
        dispatcher: "Dispatcher",
        submissions: "Submissions",
    ) -> None:
        self._surface = surface
        self._routes = routes
        self._inbox = inbox
        self._dispatcher = dispatcher
        self._submissions = submissions

    def event(self, body: dict[str, Any], context: "BoltContext", ack: "Ack") -> None:
        self._keep("event", body, context)
        ack()

    def action(self, body: dict[str, Any], context: "BoltContext", ack: "Ack") -> None:
        self._keep("action", body, context)
        ack()

    def closed(self, body: dict[str, Any], context: "BoltContext", ack: "Ack") -> None:
        self._keep("closed", body, context)
        ack()

    def command(self, body: dict[str, Any], context: "BoltContext", ack: "Ack") -> None:
        self._keep("command", body, context)
        ack()

    def shortcut(self, body: dict[str, Any], context: "BoltContext", ack: "Ack") -> None:
        self._keep("shortcut", body, context)
        ack()

    def submission(self, body: dict[str, Any], context: "BoltContext", ack: "Ack") -> None:
        answer = self._submissions.answer(self._read("submission", body, context))
        ack(answer or "")

    def options(self, ack: "Ack") -> None:
        # No menu of ours asks for its options.
        ack(options=[])

    def note(self, error: Exception) -> "BoltResponse":
        """Log why nothing could be kept; Slack, unacknowledged, sends it again."""
        from slack_bolt import BoltResponse  # noqa: PLC0415

        _LOG.error("could not take in what Slack sent: %s", described(error))
        return BoltResponse(status=500, body="")

    def _keep(self, kind: Kind, body: dict[str, Any], context: "BoltContext") -> None:
        item = self._read(kind, body, context)
        route = self._routes.find(item)
        if kind in {"event", "closed"} and route is None:
            return
        if not is_from_a_person(item, self._surface.clients.bot_user(item.team)):
            return
        if route is not None and route.wanted and not route.wanted(self._surface, item):
            return
        if self._inbox.put(item):
            self._dispatcher.offer(item)

    def _read(self, kind: Kind, body: dict[str, Any], context: "BoltContext") -> Item:
        authorized = context.authorize_result
        team = (authorized.team_id if authorized else None) or context.team_id
        return read(kind, body, str(team), received_at=stamp(self._surface.clock()))


def _authorizing(surface: "Surface") -> "Callable[..., AuthorizeResult | None]":
    from slack_bolt.authorization import AuthorizeResult  # noqa: PLC0415

    # A function and no method: Bolt looks at the names of its arguments.
    def authorize(team_id: str | None) -> AuthorizeResult | None:
        team = surface.clients.home(team_id)
        if team is None:
            return None
        return AuthorizeResult(
            enterprise_id=None,
            team_id=team,
            bot_user_id=surface.clients.bot_user(team),
            bot_token=surface.clients.of(team).token,
        )

    return authorize


def _quiet_logger() -> logging.Logger:
    # Below an error Bolt writes down what people said, and that it reads no token of its own.
    logger = logging.getLogger("agent.slack.bolt")
    logger.setLevel(logging.ERROR)
    return logger
