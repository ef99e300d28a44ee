"""Checks: is everything in place that the Slack app needs, and if not, what is there to do?"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from agent.config import SlackSettings
from agent.plays.stamps import Clock, parse, spoken, stamp, utc_now
from agent.slack.people import Person, read_channel, read_person
from agent.slack.tables import INBOX
from knowledge.database import reading
from knowledge.errors import WeirError

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from agent.assembly import Weir

Status = Literal["ok", "warning", "broken"]

# An item that waits for longer is not being worked on.
_LATE = timedelta(minutes=5)
_MOST_PEOPLE = 50
_WHERE = "in the settings of the app at api.slack.com/apps"
_REMEDIES = {
    "invalid_auth": "Slack does not know it; copy it again from OAuth & Permissions",
    "not_authed": "Slack does not know it; copy it again from OAuth & Permissions",
    "account_inactive": "the app was taken out of the workspace; install it again",
    "token_revoked": "it was revoked; install the app again and copy the new one",
    "token_expired": "it ran out; switch token rotation off and install the app again",
    "not_allowed_token_type": "it is of another kind; a bot token begins with xoxb-, an app-level "
    "token with xapp-",
}


@dataclass(frozen=True)
class Check:
    """Say how one thing stands, and what to do where it does not stand well."""

    name: str
    status: Status
    text: str


def examine_slack(
    weir: "Weir", settings: SlackSettings, *, clock: Clock = utc_now
) -> list[dict[str, str]]:
    """Check tokens, scopes, channel, people and events; each with one sentence.

    Returns:
        ``name``, ``status`` (ok / warning / broken) and ``text`` of each check.
    """
    checks = [*_connection(settings)]
    for team, client in _workspaces(weir, settings, checks):
        checks += _workspace(weir, settings, team, client)
    checks.append(_events(weir, clock))
    return [vars(check) for check in checks]


def _connection(settings: SlackSettings) -> Iterator[Check]:
    """Check what events arrive by: the app-level token, or the signing secret."""
    if settings.app_token is not None:
        from agent.slack.clients import WebClients  # noqa: PLC0415 - behind it is the SDK

        token = settings.app_token.get_secret_value()
        client = WebClients(settings.api_url).build(None)
        yield _asked(
            "app token",
            lambda: client.apps_connections_open(app_token=token),
            lambda _: Check("app token", "ok", "Socket Mode answers"),
            "SLACK_APP_TOKEN",
        )
    elif settings.signing_secret is None:
        yield Check(
            "app token",
            "broken",
            "neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP) is set; make "
            f"an app-level token with connections:write under Basic Information {_WHERE}",
        )
    if settings.signing_secret is not None:
        yield Check("signing secret", "ok", "set, for `weir slack --http PORT`")
    elif settings.app_token is not None:
        yield Check("signing secret", "ok", "not set; only HTTP needs it")


def _workspaces(
    weir: "Weir", settings: SlackSettings, checks: list[Check]
) -> "Iterator[tuple[str, WebClient]]":
    """Give a client for each workspace where the app is installed."""
    from agent.slack import install  # noqa: PLC0415 - behind these is the SDK
    from agent.slack.clients import ManyWorkspaces, WebClients  # noqa: PLC0415

    if settings.bot_token is not None:
        token = settings.bot_token.get_secret_value()
        yield "", WebClients(settings.api_url).build(token)
        return
    if not install.uses_oauth(settings):
        checks.append(
            Check(
                "bot token",
                "broken",
                "SLACK_BOT_TOKEN is not set; install the app and copy the Bot User OAuth Token "
                f"(xoxb-...) from OAuth & Permissions {_WHERE}",
            )
        )
        return
    store = install.installation_store(settings, weir.warehouse.database)
    clients = ManyWorkspaces(settings, store)
    teams = clients.teams()
    if not teams:
        checks.append(
            Check(
                "installations",
                "warning",
                f"no workspace has installed the app yet; open {install.INSTALL_PATH} of your "
                "server in a browser",
            )
        )
    for team in teams:
        yield team, clients.of(team)


def _workspace(
    weir: "Weir", settings: SlackSettings, team: str, client: "WebClient"
) -> Iterator[Check]:
    suffix = f" of {team}" if team else ""
    answer: list[Any] = []

    def known(response: Any) -> Check:
        answer.append(response)
        name = response.get("team") or response.get("team_id")
        return Check(f"bot token{suffix}", "ok", f"{response.get('user')} in {name}")

    yield _asked(f"bot token{suffix}", client.auth_test, known, "SLACK_BOT_TOKEN")
    if not answer:
        return
    yield _scopes(answer[0].headers, suffix)
    yield from _channel(settings, client, suffix)
    yield from _people(weir, str(answer[0].get("team_id")), client, suffix)


def _scopes(headers: Mapping[str, Any], suffix: str) -> Check:
    from agent.slack.install import SCOPES  # noqa: PLC0415 - behind it is the SDK

    name = f"scopes{suffix}"
    given = next((str(v) for key, v in headers.items() if key.lower() == "x-oauth-scopes"), None)
    if given is None:
        return Check(name, "warning", "Slack did not say which scopes the token has")
    missing = sorted(set(SCOPES) - {scope.strip() for scope in given.split(",")})
    if missing:
        return Check(
            name,
            "broken",
            f"missing: {', '.join(missing)}; add them under OAuth & Permissions {_WHERE}, and "
            "install the app again",
        )
    return Check(name, "ok", f"all {len(SCOPES)}")


def _channel(settings: SlackSettings, client: "WebClient", suffix: str) -> Iterator[Check]:
    name, channel = f"channel{suffix}", settings.channel
    if not channel:
        yield Check(name, "ok", "none set: plays and alerts go to people directly")
        return

    def seen(response: Any) -> Check:
        found = response.get("channel") or {}
        shown = f"#{found.get('name') or channel}"
        if found.get("is_archived"):
            return Check(name, "broken", f"{shown} is archived; set SLACK_CHANNEL to another one")
        if not found.get("is_member"):
            return Check(name, "broken", f"Weir is not in {shown}; write /invite @Weir there")
        if read_channel(channel, found).is_shared:
            text = f"{shown} is shared with other companies, so nothing confidential is shown there"
            return Check(name, "warning", f"{text}; choose one of your own")
        return Check(name, "ok", f"Weir is in {shown}")

    yield _asked(name, lambda: client.conversations_info(channel=channel), seen, "SLACK_CHANNEL")


def _people(weir: "Weir", team: str, client: "WebClient", suffix: str) -> Iterator[Check]:
    """Check that everybody who may approve can be found by e-mail."""
    name = f"approvers{suffix}"
    try:
        policy = weir.plays.policy
    except WeirError as error:
        yield Check(name, "broken", str(error))
        return
    roles = frozenset().union(*(tier.approvers for tier in policy.tiers.values()))
    approvers = [person for person in policy.people if person.roles & roles][:_MOST_PEOPLE]
    missing, untrusted = [], []
    for approver in approvers:
        found: list[Person] = []

        def met(response: Any, found: list[Person] = found) -> Check:
            found.append(read_person(team, response.get("user") or {}))
            return Check(name, "ok", "")

        asked = _asked(
            name,
            partial(client.users_lookupByEmail, email=approver.email),
            met,
            "the address",
        )
        if asked.status == "broken" and "users_not_found" not in asked.text:
            yield asked
            return
        if not found:
            missing.append(approver.email)
        elif not found[0].is_trusted:
            untrusted.append(approver.email)
    problems = [
        *([f"no Slack account has the address {', '.join(missing)}"] if missing else []),
        *([f"no full member is {', '.join(untrusted)}"] if untrusted else []),
    ]
    if problems:
        told = " and ".join(problems)
        yield Check(name, "warning", f"{told}; they can't approve in Slack, mend the policy")
        return
    yield Check(name, "ok", f"all {len(approvers)} found by their addresses")


def _events(weir: "Weir", clock: Clock) -> Check:
    """Tell when Slack last sent something, and whether it is worked on."""
    late = stamp(clock() - _LATE)
    waits = (INBOX.c.finished_at.is_(None)) & (INBOX.c.received_at < late)
    with reading(weir.warehouse.database).connect() as tx:
        last = tx.execute(sa.select(sa.func.max(INBOX.c.received_at))).scalar()
        stuck = tx.execute(sa.select(sa.func.count()).select_from(INBOX).where(waits)).scalar() or 0
    if last is None:
        return Check(
            "events",
            "warning",
            "none has arrived yet; run `weir slack` and write to Weir, and if nothing comes, "
            f"switch on Event Subscriptions and Interactivity {_WHERE}, and install it again",
        )
    if stuck:
        return Check("events", "warning", f"{stuck} wait for minutes; is `weir slack` running?")
    minutes = int((clock() - parse(last)).total_seconds() // 60)
    return Check("events", "ok", f"the last one at {spoken(last)}, {minutes} minutes ago")


def _asked(
    name: str, ask: Callable[[], Any], answered: Callable[[Any], Check], setting: str
) -> Check:
    """Ask Slack, and put an error into words; its text may hold what nobody should read."""
    from slack_sdk.errors import SlackApiError  # noqa: PLC0415 - the SDK costs most commands time

    from agent.slack.failures import code_of, passes  # noqa: PLC0415

    try:
        return answered(ask())
    except SlackApiError as error:
        code = code_of(error)
        if code == "missing_scope":
            needed = error.response.get("needed") or "a scope"
            text = f"the scope {needed} is missing; add it under OAuth & Permissions {_WHERE}"
        elif code == "channel_not_found":
            text = f"{setting} names no channel that Weir can see; use its id (C...) and invite it"
        else:
            text = f"{setting}: {_REMEDIES.get(code, f'Slack refused with {code}')}"
        return Check(name, "broken", text)
    except Exception as error:
        if not passes(error):
            raise
        return Check(name, "broken", f"Slack can't be reached ({type(error).__name__}); try again")
