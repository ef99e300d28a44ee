"""Keep cards in line with plays: what the ledger says is what stands in Slack, sooner or later.

The ledger is the truth and Slack a view of it. A card that is missing is posted, one that shows
something else is updated, whoever changed the play and wherever: a click here, the terminal, a
worker, or time. Being cut off at any point leaves something that the next turn finishes.
"""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from slack_sdk.errors import SlackApiError

from agent.plays.ledger import StoredPlay
from agent.plays.stamps import stamp
from agent.plays.tables import ACTION, APPROVAL, ATTENTION, PLAY
from agent.slack.clients import NotInstalledError
from agent.slack.failures import described, passes
from agent.slack.plays.cards import CHANNEL, GONE, PERSON, Cards, Place
from agent.slack.plays.drawing import draw
from agent.slack.plays.keeper import Keeper
from agent.slack.plays.places import missing_places
from agent.slack.plays.words import Shown
from knowledge.database import reading

if TYPE_CHECKING:
    from agent.slack.surface import Surface

_LOG = logging.getLogger(__name__)

RECENT = timedelta(days=30)
_ROUNDS = 5

Fingerprint = tuple[Any, ...]
# What each process last brought in line. Empty after a start, so that every recent play is looked
# at once: nothing is posted or updated where nothing differs.
_IN_LINE: "WeakKeyDictionary[sa.Engine, dict[str, Fingerprint]]" = WeakKeyDictionary()


def sync_cards(surface: "Surface") -> None:
    """Bring the cards of every play in line that changed since this process last looked."""
    surface.weir.plays.list_plays(())  # lets go of plays whose time is over
    done = _IN_LINE.setdefault(surface.database, {})
    for play_id, now in fingerprints(surface).items():
        if done.get(play_id) != now:
            refresh(surface, play_id)


def refresh(surface: "Surface", play_id: str, *, redraw: bool = False) -> bool:
    """Bring the cards of one play in line now; what Slack does not take is left to the job.

    Args:
        surface: Where everything is.
        play_id: The play.
        redraw: True to draw cards anew that should be in line already.

    Returns:
        Whether all of its cards are in line.
    """
    for _ in range(_ROUNDS):
        before = fingerprints(surface, play_id).get(play_id)
        if before is None:
            return True
        is_done = _brought_in_line(surface, play_id, redraw=redraw)
        if fingerprints(surface, play_id).get(play_id) == before:
            if is_done:
                _IN_LINE.setdefault(surface.database, {})[play_id] = before
            return is_done
        # The play changed meanwhile. Another process may have shown that already, and we may have
        # drawn over it: what a card is noted to show can't be relied on.
        redraw = True
    return False


def show_in(
    surface: "Surface", play_id: str, *, team: str, channel: str, thread_ts: str | None
) -> None:
    """Have the card of a play stand in a conversation, too; not where others read along."""
    if surface.people.channel(team, channel).is_shared:
        return
    # Where a card of this play would stand anyway, one is enough.
    by_itself = Place(team, channel, PERSON if channel.startswith("D") else CHANNEL)
    place = Place.thread(team, channel, thread_ts) if thread_ts else by_itself
    cards = Cards(surface.database, surface.clock)
    card = cards.begin(play_id, place)
    if card is None:
        cards.again(play_id, place)
    else:
        # Noted before it is posted: from here on it will stand there, whatever happens.
        cards.give_up(card)
    refresh(surface, play_id)


def fingerprints(surface: "Surface", play_id: str | None = None) -> dict[str, Fingerprint]:
    """Tell by play what its cards depend on, read with a few short queries.

    Plays that neither were drafted nor changed for a month are left alone.
    """
    recent = stamp(surface.clock() - RECENT)
    is_recent = sa.or_(
        PLAY.c.created_at > recent, PLAY.c.decided_at > recent, PLAY.c.finished_at > recent
    )
    wanted = PLAY.c.id == play_id if play_id else is_recent
    ids = sa.select(PLAY.c.id).where(wanted)
    policy = surface.weir.plays.policy.label
    with reading(surface.database).connect() as tx:
        columns = (PLAY.c.id, PLAY.c.state, PLAY.c.digest, PLAY.c.note, PLAY.c.finished_at)
        found = {row.id: [policy, *row] for row in tx.execute(sa.select(*columns).where(wanted))}
        for table, parts in (
            (APPROVAL, (APPROVAL.c.digest,)),
            (ACTION, (ACTION.c.direction, ACTION.c.state)),
            (ATTENTION, (ATTENTION.c.kind,)),
        ):
            query = (
                sa.select(table.c.play_id, *parts, sa.func.count())
                .where(table.c.play_id.in_(ids))
                .group_by(table.c.play_id, *parts)
                .order_by(table.c.play_id, *parts)
            )
            for row in tx.execute(query):
                if row.play_id in found:
                    found[row.play_id].append(tuple(row))
    return {play: tuple(parts) for play, parts in found.items()}


def _brought_in_line(surface: "Surface", play_id: str, *, redraw: bool) -> bool:
    desk = surface.weir.plays
    shown = desk.show(play_id)
    with desk.ledger.read() as tx:
        stored = desk.ledger.get(tx, play_id)
    is_done = True
    for team in surface.clients.teams():
        is_done &= _in_workspace(surface, team, stored, shown, redraw)
    return is_done


def _in_workspace(
    surface: "Surface", team: str, stored: StoredPlay, shown: Shown, redraw: bool
) -> bool:
    """Bring the cards of one workspace in line; False where something is left to do."""
    cards = Cards(surface.database, surface.clock)
    is_done, fresh = True, set()
    try:
        for place in missing_places(surface, team, stored, cards.of(stored.play.id, team)):
            card = cards.begin(stored.play.id, place)
            fresh.add(card.id if card else None)
        standing = [c for c in cards.of(stored.play.id, team) if c.state != GONE]
        blocks = draw(surface, team, shown) if standing else []
        for card in standing:
            keeper = Keeper(surface, cards, card, shown)
            is_done &= keeper.keep(blocks, redraw=redraw, is_mine=card.id in fresh)
    except NotInstalledError:
        return True
    except Exception as error:
        if not passes(error) and not isinstance(error, SlackApiError):
            raise
        # Slack is out of reach; the next turn goes on from here.
        _LOG.warning("cards of %s wait in %s: %s", stored.play.id, team, described(error))
        return False
    return is_done
