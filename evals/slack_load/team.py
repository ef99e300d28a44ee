"""The team: fifty people act on what they see in Slack at that moment."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from agent.slack.answers.render import EVIDENCE, FEEDBACK
from agent.slack.home.sections import SETTINGS
from agent.slack.plays.card import REJECT, SNOOZE, TARGETS, WHY
from evals.slack_load.company import CHANNELS, PLAYS, TEAM, Person
from evals.slack_load.mix import Act
from evals.slack_server import elements
from evals.slack_server.server import SlackServer
from evals.slack_server.state import Json, copied

# A thread that many come back to, so that some grow long.
_BUSY_THREADS, _TO_BUSY = 3, 0.3
_RECENT = 40
# Of the chatter: replies among colleagues, and words to a colleague in a thread of Weir's.
_REPLIES, _IN_WEIRS_THREAD = 0.3, 0.1
_GOOD = 0.7
# Slack repeats what was lately delivered.
_REPEATED = 500
_ABOUT_PLAYS = {WHY, TARGETS, SNOOZE, REJECT}


@dataclass(frozen=True)
class Asked:
    """Hold one question as it was delivered.

    Attributes:
        event_id: Slack's id of the event that brings it to Weir.
        channel: Where.
        thread_ts: The thread that is to be answered.
        ts: The message, which is also when it was written.
        by: Who asked.
        in_outage: True where Slack was down.
    """

    event_id: str
    channel: str
    thread_ts: str
    ts: str
    by: str
    in_outage: bool


@dataclass
class Done:
    """Hold all that the team did."""

    counts: Counter[str] = field(default_factory=Counter)
    asked: list[Asked] = field(default_factory=list)
    clicks: list[Json] = field(default_factory=list)
    commands: list[Json] = field(default_factory=list)
    # Who opened their home, and when.
    homes: list[tuple[str, float]] = field(default_factory=list)
    sent: list[Json] = field(default_factory=list)
    # What could not be done because there was nothing to click on, or Slack was down.
    left_out: Counter[str] = field(default_factory=Counter)


class Team:
    """Act in Slack; what was done is kept for the count."""

    def __init__(self, server: SlackServer, people: list[Person]) -> None:
        self.server = server
        self.people = people
        self.done = Done()
        self._deciders = [person for person in people if person.decides]
        self._by_user = {person.user: person for person in people}
        self._talks: dict[str, list[str]] = defaultdict(list)

    def do(self, act: Act) -> None:
        """Do one thing, where that is possible now."""
        doing = {
            "chatter": self._talk,
            "mention": self._mention,
            "direct": self._direct,
            "follow-up": self._follow_up,
            "home": self._home,
            "evidence": self._evidence,
            "feedback": self._feedback,
            "card": self._card,
            "settings": self._settings,
            "command": self._command,
            "redelivery": self._redeliver,
        }[act.kind]
        # People still write while deliveries fail; a click in a Slack that is down says so there.
        writes = act.kind in {"chatter", "mention", "direct", "follow-up"}
        possible = writes or not self.server.faults.is_down
        done = doing(act) if possible else None
        if done is None:
            self.done.left_out[act.kind] += 1
            return
        self.done.counts[act.kind] += 1
        if act.kind != "redelivery":
            self.done.sent.append(done)

    def ask(self, person: Person, channel: str, text: str) -> Asked:
        """Ask Weir by a mention."""
        payload = self.server.mention(person.user, channel, text)
        return self._note(person, payload)

    def finished(self, asked: Asked) -> Json | None:
        """Give the newest message of a thread that holds a finished answer."""
        return next(self.answers(asked.channel, asked.thread_ts), None)

    def answers(self, channel: str, thread_ts: str) -> Iterator[Json]:
        """Give the finished answers of a thread, the newest first."""
        with self.server.state.lock:
            where = self.server.workspace(TEAM).channels[channel]
            inside = [
                message
                for message in reversed(where.messages)
                if message.get("thread_ts") == thread_ts and _offers(message, FEEDBACK)
            ]
        for message in inside:
            yield copied(message)

    def _note(self, person: Person, payload: Json) -> Asked:
        event = payload["event"]
        asked = Asked(
            payload["event_id"],
            event["channel"],
            event.get("thread_ts") or event["ts"],
            event["ts"],
            person.user,
            self.server.faults.is_down,
        )
        self.done.asked.append(asked)
        return asked

    def _talk(self, act: Act) -> Json | None:
        channel = _pick(CHANNELS, act.pick)
        own = self._talks[channel]
        text, thread = act.text, None
        chance = act.pick * 10 % 1
        if own and chance < _REPLIES:
            thread = _pick(own[-_RECENT:], act.pick * 7 % 1)
        elif chance > 1 - _IN_WEIRS_THREAD:
            # To a colleague, in a thread where Weir has answered: not for Weir either.
            answered = self._answered(act)
            if answered is not None and answered.channel in CHANNELS:
                channel, thread = answered.channel, answered.thread_ts
                text = f"<@{answered.by}> {text}"
        payload = self.server.message(act.person.user, channel, text, thread_ts=thread)
        if thread is None:
            own.append(payload["event"]["ts"])
        return payload

    def _mention(self, act: Act) -> Json | None:
        channel = _pick(CHANNELS, act.pick)
        payload = self.server.mention(act.person.user, channel, act.text)
        self._note(act.person, payload)
        return payload

    def _direct(self, act: Act) -> Json | None:
        payload = self.server.message(act.person.user, act.person.direct, act.text)
        self._note(act.person, payload)
        return payload

    def _follow_up(self, act: Act) -> Json | None:
        asked = self._answered(act, busy=True)
        if asked is None:
            return None
        person = act.person if asked.channel in CHANNELS else self._by_user[asked.by]
        payload = self.server.message(
            person.user, asked.channel, act.text, thread_ts=asked.thread_ts
        )
        self._note(person, payload)
        return payload

    def _home(self, act: Act) -> Json | None:
        payload = self.server.open_home(act.person.user)
        self.done.homes.append((act.person.user, float(payload["event"]["event_ts"])))
        return payload

    def _evidence(self, act: Act) -> Json | None:
        asked = self._answered(act)
        shown = self.finished(asked) if asked else None
        if asked is None or shown is None or not _offers(shown, EVIDENCE):
            return None
        return self._click(asked.by, shown, EVIDENCE)

    def _feedback(self, act: Act) -> Json | None:
        asked = self._answered(act)
        shown = self.finished(asked) if asked else None
        if asked is None or shown is None:
            return None
        verdict = "positive" if act.pick * 10 % 1 < _GOOD else "negative"
        return self._click(asked.by, shown, FEEDBACK, verdict)

    def _card(self, act: Act) -> Json | None:
        with self.server.state.lock:
            messages = self.server.workspace(TEAM).channels[PLAYS].messages
            cards = [copied(m) for m in messages if _offers(m, WHY)]
        if not cards:
            return None
        card = _pick(cards, act.pick)
        usable = sorted(
            {str(e.get("action_id")) for _, e in elements.usable(card["blocks"])} & _ABOUT_PLAYS
        )
        wanted = _pick(usable, act.pick * 13 % 1)
        decides = wanted in {SNOOZE, REJECT} and self._deciders
        person = _pick(self._deciders, act.pick * 7 % 1) if decides else act.person
        return self._click(person.user, card, wanted)

    def _settings(self, act: Act) -> Json | None:
        home = self.server.home(act.person.user)
        if home is None or not _offers(home, SETTINGS):
            return None
        return self._click(act.person.user, home, SETTINGS)

    def _click(self, user: str, shown: Json, wanted: str, option: str | None = None) -> Json:
        payload = self.server.click(user, shown, wanted, option=option)
        self.done.clicks.append(payload)
        return payload

    def _command(self, act: Act) -> Json | None:
        channel = _pick(CHANNELS, act.pick)
        payload = self.server.command(act.person.user, "/weir", act.text, channel)
        self.done.commands.append(payload)
        return payload

    def _redeliver(self, act: Act) -> Json | None:
        if not self.done.sent:
            return None
        payload: Json = _pick(self.done.sent[-_REPEATED:], act.pick)
        self.server.redeliver(payload)
        return payload

    def _answered(self, act: Act, *, busy: bool = False) -> Asked | None:
        """Choose a question whose answer is there, among the latest or in a busy thread."""
        known = self.done.asked
        if busy and act.pick < _TO_BUSY:
            known = [asked for asked in known[:30] if asked.channel in CHANNELS][:_BUSY_THREADS]
        known = known[-_RECENT:]
        begin = int(act.pick * 997) % max(1, len(known))
        for asked in [*known[begin:], *known[:begin]]:
            if self.finished(asked) is not None:
                return asked
        return None


def _offers(shown: Json, action_id: str) -> bool:
    return any(e.get("action_id") == action_id for _, e in elements.usable(shown.get("blocks", [])))


def _pick(among: Any, pick: float) -> Any:
    return among[int(pick * len(among)) % len(among)]
