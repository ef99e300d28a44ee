"""Keeping one card: posted once, updated where it shows something else, and told what happened."""

import hashlib
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError

from agent.plays.play import canonical
from agent.slack.blocks import Block
from agent.slack.failures import code_of, note_bug, passes
from agent.slack.plays.card import card_text
from agent.slack.plays.cards import POSTING, Card, Cards
from agent.slack.plays.told import Line, lines
from agent.slack.plays.words import Shown
from agent.slack.posting import CARD_EVENT, LINE_EVENT, OUT_OF_REACH, find_posted, post

if TYPE_CHECKING:
    from agent.slack.surface import Surface

_LOG = logging.getLogger(__name__)


class Keeper:
    """Keep one card, and what is told in its thread."""

    def __init__(self, surface: "Surface", cards: Cards, card: Card, shown: Shown) -> None:
        self._surface = surface
        self._cards = cards
        self._card = card
        self._shown = shown
        self._client = surface.clients.of(card.team)

    def keep(self, blocks: list[Block], *, redraw: bool, is_mine: bool) -> bool:
        """Post or update the card and tell what is new; False where something is left to do."""
        try:
            return self._kept(blocks, redraw=redraw, is_mine=is_mine)
        except SlackApiError as error:
            if passes(error):
                raise
            if code_of(error) not in OUT_OF_REACH:
                note_bug(_LOG, f"card {self._card.id} of {self._card.play_id}", error)
            # Trying again would fail again; where nobody else sees the play, others are asked.
            self._cards.is_gone(self._card)
            return False

    def _kept(self, blocks: list[Block], *, redraw: bool, is_mine: bool) -> bool:
        looks = hashlib.sha256(canonical(blocks).encode()).hexdigest()
        text = card_text(self._shown)
        thread = self._card.thread
        if self._card.state == POSTING:
            ts = self._posted(text, blocks, looks, is_mine=is_mine)
            if ts is None:
                return False
            thread = self._card.thread_ts or ts
        elif redraw or self._card.shown != looks:
            self._update(text, blocks, looks)
        is_done = True
        desk = self._surface.weir.plays
        attention = desk.attention(self._card.play_id)
        for line in lines(self._shown, called=desk.policy.called, attention=attention):
            is_done &= self._told(line, str(thread))
        return is_done

    def _posted(self, text: str, blocks: list[Block], looks: str, *, is_mine: bool) -> str | None:
        """Post the card unless it stands already; None while another process posts it."""
        payload, ts = {"card": self._card.id}, None
        if not is_mine:
            if not self._cards.take_up(self._card):
                return None
            ts = self._found(CARD_EVENT, payload, self._card.thread_ts, self._card.created_at)
        if ts is not None:
            self._cards.stands(self._card, ts=ts, shown="")
            self._update(text, blocks, looks, ts=ts)
            return ts
        post_card = partial(self._post, thread_ts=self._card.thread_ts, event=CARD_EVENT)
        try:
            ts = post_card(text=text, blocks=blocks, payload=payload)
        except Exception:
            self._cards.give_up(self._card)
            raise
        self._cards.stands(self._card, ts=ts, shown=looks)
        return ts

    def _update(self, text: str, blocks: list[Block], looks: str, *, ts: str | None = None) -> None:
        at = ts or self._card.ts or ""
        self._client.chat_update(channel=self._card.channel, ts=at, text=text, blocks=blocks)
        self._cards.stands(self._card, ts=at, shown=looks)

    def _told(self, line: Line, thread: str) -> bool:
        """Tell a line in the card's thread unless it was told; False while that is unknown."""
        entry = self._card.told.get(line.key, {})
        if entry.get("ts"):
            return True
        is_mine, since = self._cards.claim_line(self._card, line.key)
        if not is_mine:
            return False
        payload, ts = {"card": self._card.id, "line": line.key}, None
        try:
            if since is not None:
                ts = self._found(LINE_EVENT, payload, thread, since)
            ts = ts or self._post(
                thread_ts=thread,
                event=LINE_EVENT,
                text=line.text,
                blocks=line.blocks,
                payload=payload,
            )
        finally:
            self._cards.line_ended(self._card, line.key, ts)
        return True

    def _post(
        self,
        *,
        thread_ts: str | None,
        event: str,
        text: str,
        blocks: list[Block],
        payload: dict[str, Any],
    ) -> str:
        return post(
            self._client,
            channel=self._card.channel,
            thread_ts=thread_ts,
            text=text,
            blocks=blocks,
            event=event,
            payload=payload,
        )

    def _found(
        self, event: str, payload: dict[str, Any], thread_ts: str | None, since: str
    ) -> str | None:
        return find_posted(
            self._client,
            channel=self._card.channel,
            thread_ts=thread_ts,
            since=since,
            event=event,
            payload=payload,
        )
