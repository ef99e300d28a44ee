"""Places: where the card of a play has to stand, so that whoever decides about it sees it."""

from typing import TYPE_CHECKING

from agent.plays.ledger import StoredPlay
from agent.plays.play import OPEN_STATES
from agent.slack.alerts.preferences import read_workspace
from agent.slack.plays.cards import CHANNEL, GONE, PERSON, Card, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.slack.surface import Surface


def missing_places(
    surface: "Surface", team: str, stored: StoredPlay, cards: "Sequence[Card]"
) -> list[Place]:
    """List where a card is still missing.

    That is the channel for plays, or a direct message to each person who may approve where there
    is no such channel, where the bot can't post there, or where people of other companies read
    along. A play that is over needs no new card.

    Raises:
        SlackApiError: Slack could not say who is who.
    """
    if stored.state not in OPEN_STATES:
        return []
    channel = None if is_personal(surface, stored) else plays_channel(surface, team)
    if channel is not None:
        standing = [card for card in cards if (card.channel, card.place) == (channel, CHANNEL)]
        if any(card.state != GONE for card in standing):
            return []
        if not standing and not surface.people.channel(team, channel).is_shared:
            return [Place(team, channel, CHANNEL)]
    return _direct(surface, team, stored, cards)


def plays_channel(surface: "Surface", team: str) -> str | None:
    """Give the channel for plays: the workspace's own, else that of the settings."""
    return read_workspace(surface.database, team, surface.settings.channel).channel


def is_personal(surface: "Surface", stored: StoredPlay) -> bool:
    """Tell whether a play is its author's own business: one lead, and they may approve it alone."""
    policy, play = surface.weir.plays.policy, stored.play
    return len(play.experiment.treatment) == 1 and any(
        policy.allows_author(author, play) for author in play.authors
    )


def _direct(
    surface: "Surface", team: str, stored: StoredPlay, cards: "Sequence[Card]"
) -> list[Place]:
    policy, play = surface.weir.plays.policy, stored.play
    have = {card.recipient for card in cards if card.place == PERSON}
    asked = [
        person
        for person in policy.approvers(play)
        if not is_personal(surface, stored) or policy.allows_author(person.email, play)
    ]
    places = []
    for person in asked:
        user = surface.people.by_email(team, person.email)
        if user is None or not user.is_trusted or user.user in have:
            continue
        opened = surface.clients.of(team).conversations_open(users=[user.user])
        places.append(Place(team, str(opened["channel"]["id"]), PERSON, recipient=user.user))
    return places
