"""People: who Slack users are, and where they speak; unknown means untrusted."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from agent.plays.stamps import Clock, stamp, utc_now
from agent.slack.tables import USER
from agent.slack.text import plain
from knowledge.database import reading

if TYPE_CHECKING:
    from agent.slack.clients import Clients

_LOG = logging.getLogger(__name__)

Standing = Literal["member", "guest", "bot", "foreign", "deleted"]

USER_KEPT = timedelta(days=1)
UNKNOWN_KEPT = timedelta(hours=1)
CHANNEL_KEPT = timedelta(minutes=10)
# Answers that say that there is no such user here, rather than that Slack could not answer.
_NO_USER = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
# Slack's own assistant is not marked as a bot.
_SLACKBOT = "USLACKBOT"


@dataclass(frozen=True)
class Person:
    """Describe a Slack user.

    Attributes:
        team: Workspace that asked about them.
        user: Slack's id of them.
        email: Their confirmed e-mail address in lower case; None where Slack gives none.
        name: How people call them.
        time_zone: IANA name of their time zone.
        standing: ``member`` of this workspace, ``guest`` in it, ``bot``, ``foreign`` (of another
            workspace, or unknown) or ``deleted``.
    """

    team: str
    user: str
    email: str | None
    name: str
    time_zone: str
    standing: Standing

    @property
    def is_trusted(self) -> bool:
        """Tell whether Weir may show them anything: a full member with an e-mail address."""
        return self.standing == "member" and self.email is not None


@dataclass(frozen=True)
class Channel:
    """Describe a conversation.

    Attributes:
        id: Slack's id of it.
        name: Its name, or its id where it has none.
        is_im: True for a direct message between two.
        is_private: True where only its members can read it.
        is_shared: True where people of other companies read it, or may soon, or where Slack
            did not say.
    """

    id: str
    name: str
    is_im: bool
    is_private: bool
    is_shared: bool


class People:
    """Look up users and conversations, and keep what Slack said for a while."""

    def __init__(self, database: sa.Engine, clients: "Clients", *, clock: Clock = utc_now) -> None:
        self._database = database
        self._clients = clients
        self._clock = clock
        self._lock = threading.Lock()
        self._unknown: dict[tuple[str, str], datetime] = {}
        self._channels: dict[tuple[str, str], tuple[datetime, Channel]] = {}

    def who(self, team: str, user: str, *, from_team: str | None = None) -> Person:
        """Tell who a user is.

        Args:
            team: Workspace that the event came from.
            user: Slack's id of the user.
            from_team: Workspace that the event says the user belongs to, where it says so.

        Raises:
            SlackApiError: Slack could not answer, and never told who they are.
        """
        if from_team and from_team != team:
            return Person(team, user, None, user, "UTC", "foreign")
        kept = self._kept(team, USER.c.user == user)
        if kept is not None and kept[1]:
            return kept[0]
        try:
            found = self._clients.of(team).users_info(user=user).get("user") or {}
        except Exception as error:
            if _reason(error) in _NO_USER:
                return self._keep(Person(team, user, None, user, "UTC", "foreign"))
            if kept is None:
                raise
            _LOG.warning("Slack did not say who %s is; what it said before is used.", user)
            return kept[0]
        return self._keep(read_person(team, found | {"id": user}))

    def by_email(self, team: str, email: str) -> Person | None:
        """Find the user of an e-mail address; None where the workspace has none.

        Raises:
            SlackApiError: Slack could not answer, and never did before.
        """
        address = email.strip().lower()
        kept = self._kept(team, (USER.c.email == address) & (USER.c.standing == "member"))
        if kept is not None and kept[1]:
            return kept[0]
        with self._lock:
            unknown = self._unknown.get((team, address))
        if unknown is not None and self._clock() < unknown + UNKNOWN_KEPT:
            return None
        try:
            found = self._clients.of(team).users_lookupByEmail(email=address).get("user") or {}
        except Exception as error:
            if _reason(error) in _NO_USER:
                with self._lock:
                    self._unknown[team, address] = self._clock()
                return None
            if kept is None:
                raise
            _LOG.warning("Slack did not say who has an address; what it said before is used.")
            return kept[0]
        return self._keep(read_person(team, found)) if found.get("id") else None

    def channel(self, team: str, channel: str) -> Channel:
        """Describe a conversation; one that Slack says nothing of counts as shared."""
        with self._lock:
            kept = self._channels.get((team, channel))
        if kept is not None and self._clock() < kept[0] + CHANNEL_KEPT:
            return kept[1]
        try:
            found = self._clients.of(team).conversations_info(channel=channel).get("channel")
        except Exception as error:  # noqa: BLE001 - whatever it is, we don't know who reads there
            _LOG.warning("Slack did not describe %s: %s.", channel, _reason(error))
            return read_channel(channel, None)
        described = read_channel(channel, found)
        with self._lock:
            self._channels[team, channel] = (self._clock(), described)
        return described

    def _kept(self, team: str, where: sa.ColumnElement[bool]) -> tuple[Person, bool] | None:
        """Give whom we know, and whether that is fresh."""
        query = sa.select(USER).where(USER.c.team == team, where)
        with reading(self._database).connect() as connection:
            row = connection.execute(query.order_by(USER.c.fetched_at.desc())).first()
        if row is None:
            return None
        fresh = row.fetched_at > stamp(self._clock() - USER_KEPT)
        person = Person(row.team, row.user, row.email, row.name, row.time_zone, row.standing)
        return person, fresh

    def _keep(self, person: Person) -> Person:
        row = {**asdict(person), "fetched_at": stamp(self._clock())}
        mine = (USER.c.team == person.team) & (USER.c.user == person.user)
        with self._database.begin() as tx:
            # Deleting first leaves nothing to compare: two processes that both do this agree.
            tx.execute(sa.delete(USER).where(mine))
            tx.execute(sa.insert(USER).values(row))
        return person


def read_person(team: str, user: Mapping[str, Any]) -> Person:
    """Read a user object of Slack's."""
    profile = user.get("profile") or {}
    email = str(profile.get("email") or "").strip().lower() or None
    # An address that its owner never confirmed may be anybody's.
    if user.get("is_email_confirmed") is False:
        email = None
    identity = str(user.get("id") or "")
    names = (profile.get("real_name"), user.get("real_name"), profile.get("display_name"))
    name = next((plain(n) for n in (*names, user.get("name")) if n and plain(n)), identity)
    return Person(team, identity, email, name, _time_zone(user.get("tz")), _standing(team, user))


def read_channel(channel: str, found: Mapping[str, Any] | None) -> Channel:
    """Read a conversation object of Slack's; None where there is none."""
    if not found:
        return Channel(channel, channel, is_im=False, is_private=True, is_shared=True)
    is_im = bool(found.get("is_im"))
    # Shared within one company's organisation is shared with nobody else.
    with_others = bool(found.get("is_shared")) and not found.get("is_org_shared")
    soon = found.get("is_pending_ext_shared") or found.get("pending_shared")
    return Channel(
        id=channel,
        name=plain(found.get("name") or "") or channel,
        is_im=is_im,
        is_private=is_im or bool(found.get("is_private") or found.get("is_mpim")),
        is_shared=bool(found.get("is_ext_shared") or soon or with_others),
    )


def _standing(team: str, user: Mapping[str, Any]) -> Standing:
    if user.get("deleted"):
        return "deleted"
    if user.get("is_bot") or user.get("is_workflow_bot") or user.get("id") == _SLACKBOT:
        return "bot"
    # In an organisation of several workspaces one person belongs to some of them.
    teams = {user.get("team_id"), *((user.get("enterprise_user") or {}).get("teams") or ())}
    if user.get("is_stranger") or team not in teams:
        return "foreign"
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "guest"
    return "member"


def _time_zone(name: object) -> str:
    try:
        return ZoneInfo(str(name)).key
    except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        return "UTC"


def _reason(error: Exception) -> str:
    """Give Slack's word for an error, or the kind of it; its text may hold more than that."""
    from slack_sdk.errors import SlackApiError  # noqa: PLC0415 - the SDK takes time to load

    from agent.slack.failures import code_of  # noqa: PLC0415

    return code_of(error) if isinstance(error, SlackApiError) else type(error).__name__
