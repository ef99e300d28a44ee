"""Notices: remind, escalate and tell of expiries in direct messages, each once."""

import logging
from typing import TYPE_CHECKING

from slack_sdk.errors import SlackApiError

from agent.slack.blocks import Block, context, section
from agent.slack.clients import NotInstalledError
from agent.slack.failures import described, passes
from agent.slack.plays.cards import GONE, PERSON, Card, Cards
from agent.slack.plays.words import short
from agent.slack.text import clip, data, plain

if TYPE_CHECKING:
    from agent.plays.notices import Notice
    from agent.slack.surface import Surface

_LOG = logging.getLogger(__name__)

_MARKS = {
    "remind": ":bell:",
    "escalate": ":rotating_light:",
    "handed_over": ":handshake:",
    "expired": ":hourglass:",
}
_SENTENCE = 1500


def remind(surface: "Surface") -> None:
    """Tell people what they are due to be told about plays; what fails is due again."""
    desk = surface.weir.plays
    for notice in desk.due_notices():
        if not desk.noticed(notice):
            continue
        try:
            _tell(surface, notice)
        except Exception as error:
            desk.give_back(notice)
            if not passes(error) and not isinstance(error, SlackApiError):
                raise
            _LOG.warning("a notice about %s waits: %s", notice.play_id, described(error))
            if passes(error):
                return


def _tell(surface: "Surface", notice: "Notice") -> None:
    """Tell each person in every workspace where they are."""
    for team in surface.clients.teams():
        try:
            for email in notice.to:
                _tell_person(surface, team, notice, email)
        except NotInstalledError:
            continue


def _tell_person(surface: "Surface", team: str, notice: "Notice", email: str) -> None:
    person = surface.people.by_email(team, email)
    if person is None or not person.is_trusted:
        return
    client = surface.clients.of(team)
    channel = str(client.conversations_open(users=[person.user])["channel"]["id"])
    cards = Cards(surface.database, surface.clock).of(notice.play_id, team)
    standing = [card for card in cards if card.state != GONE and card.ts]
    card = next((c for c in standing if c.recipient == person.user), None)
    card = card or next((c for c in standing if c.place != PERSON), None)
    link = _link(surface, team, card) if card else None
    blocks: list[Block] = [
        section(f"{_MARKS.get(notice.kind, ':bell:')} {short(notice.sentence, _SENTENCE)}")
    ]
    where = f"<{link}|Open the card> · " if link else ""
    blocks.append(context(f"{where}{short(notice.play_id)}"))
    text = clip(data(clip(plain(notice.sentence), _SENTENCE)), 2 * _SENTENCE)
    client.chat_postMessage(
        channel=channel, text=text, blocks=blocks, unfurl_links=False, unfurl_media=False
    )


def _link(surface: "Surface", team: str, card: Card) -> str | None:
    try:
        answer = surface.clients.of(team).chat_getPermalink(
            channel=card.channel, message_ts=card.ts or ""
        )
    except SlackApiError as error:
        if passes(error):
            raise
        return None
    return str(answer["permalink"])
