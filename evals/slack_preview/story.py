"""A working day in Slack, lived through the real app: what each scene shows is kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from agent.config import SlackSettings
from agent.plays.stamps import utc_now
from agent.slack.alerts.digest import digest
from agent.slack.serve import serving
from agent.slack.surface import Surface
from evals.company import deployment
from evals.slack_preview.page import Scene
from evals.slack_preview.render import render_message, render_view
from evals.slack_server.northpeak import add_northpeak
from evals.slack_server.parts import APP_TOKEN, BOT_TOKEN
from evals.slack_server.server import SlackServer
from knowledge.sources.sample.leaks import DEMO_SEED

CHANNEL = "CREV"
MANAGER, REVOPS, REP = "UDANA", "URIO", "USAM"
_PATIENCE_SECONDS = 60.0
_SKELETON = 3  # blocks
_WAITING = "One moment"
Json = dict[str, Any]


@contextmanager
def living() -> Iterator["Story"]:
    """Run the real Slack app over the sample company against a local Slack."""
    weir = deployment()
    weir.ingest_sample(seed=DEMO_SEED)
    day = Day()
    with SlackServer() as server:
        server.add_workspace("T1")
        add_northpeak(server)
        settings = SlackSettings.model_construct(
            bot_token=SecretStr(BOT_TOKEN),
            app_token=SecretStr(APP_TOKEN),
            channel=CHANNEL,
            api_url=server.url,
        )
        with serving(weir, settings, say=lambda _line: None, clock=day) as service:
            yield Story(server, service.surface, day)


class Day:
    """Tell the time of a weekday that begins shortly before digests are sent in Berlin."""

    def __init__(self) -> None:
        self._begin = datetime(2026, 11, 24, 7, 15)  # noqa: DTZ001 - naive UTC, as everywhere
        self._started = utc_now()

    def __call__(self) -> datetime:
        """Tell the time."""
        return self._begin + (utc_now() - self._started)

    def go_on(self, minutes: int) -> None:
        """Let time pass."""
        self._begin += timedelta(minutes=minutes)


class Story:
    """Act as people, and photograph what they see."""

    def __init__(self, server: SlackServer, surface: Surface, day: Day) -> None:
        self.server = server
        self.surface = surface
        self.day = day
        self.scenes: list[Scene] = []

    def tell(self) -> list[Scene]:
        """Live the day; give its scenes in order."""
        self._asks()
        self._decides()
        self._sends_content()
        self._looks_at_home()
        self._is_alerted()
        return self.scenes

    def _asks(self) -> None:
        """A manager asks in the channel, follows up, and looks at the evidence."""
        first = self.server.mention(MANAGER, CHANNEL, "Where do we lose the most leads?")
        thread = first["event"]["ts"]
        answer = self._answer(thread, 1)
        self._keep("answer", "A question in a channel", self._person("Dana Meyer", first), *answer)
        self.server.click(MANAGER, answer[0], "Show evidence")
        self._keep_view("evidence", "The evidence behind an answer", MANAGER)
        self.server.message(MANAGER, CHANNEL, "and for EMEA?", thread_ts=thread)
        self._keep("follow-up", "A follow-up in the thread", *self._answer(thread, 2))
        asked = self.server.mention(REVOPS, CHANNEL, "How is our funnel doing?")
        self._keep("funnel", "The funnel, with its chart", *self._with_charts(asked, "funnel.png"))
        asked = self.server.mention(MANAGER, CHANNEL, "Which leads are at risk?")
        self._keep("risk", "Leads at risk, with their chart", *self._with_charts(asked, "risk.png"))
        help_ = self.server.direct(REP, "help")
        self._keep("help", "What it can do", *self._direct(REP, help_))

    def _decides(self) -> None:
        """Revenue operations draft a play, a manager edits and approves it, and takes it back."""
        asked = self.server.mention(REVOPS, CHANNEL, "Draft a play for the worst leak")
        self._answer(asked["event"]["ts"], 1)
        card = self._card("Approve")
        self._keep("play", "A play that waits for approval", card)
        self.day.go_on(minutes=15)
        digest(self.surface)  # its job looks once a minute
        self._keep("digest", "The morning digest", self.server.direct_messages(MANAGER)[-1])
        for label, name, caption in (
            ("Edit", "play-edit", "Editing a play"),
            ("Reject", "play-reject", "Rejecting a play"),
            ("Why", "play-why", "Why a play is proposed"),
            ("Snooze", "play-snooze", "Snoozing a play"),
        ):
            self.server.click(MANAGER, card, label)
            self._keep_view(name, caption, MANAGER)
        targets = next((text for text in _labels(card) if "targets" in text or "All" in text), None)
        if targets:
            self.server.click(MANAGER, card, targets)
            self._keep_view("play-targets", "Every target of a play", MANAGER)
        self.server.click(MANAGER, card, "Approve")
        done = self._card("Undo")
        self._keep("play-done", "A play that ran", done)
        told = self._wait(lambda: self._receipt(done["ts"]), "the receipt")
        self._keep("play-receipt", "Its receipt, in the thread", *told)
        self.server.click(MANAGER, done, "Undo")
        undone = self._wait(
            lambda: next((m for m in self._cards() if "ndone" in self.server.text_of(m)), None),
            "the card of the undone play",
        )
        self._keep("play-undone", "A play that was undone", undone)

    def _receipt(self, ts: str) -> list[Json]:
        """Give what stands beneath a card once the writes are told there."""
        told = self.server.messages(CHANNEL, ts)[1:]
        return told if any("read back" in self.server.text_of(m) for m in told) else []

    def _sends_content(self) -> None:
        """A rep asks what to send, previews a piece and sends it as a play."""
        lead = self._lead_of_a_rep()
        self.server.command(MANAGER, "/weir", f"next {lead}", CHANNEL)
        offer = self._wait(
            lambda: next(
                (m for m in self.server.ephemerals(MANAGER, CHANNEL) if m.get("blocks")), None
            ),
            "the offer",
        )
        self._keep("content", "What to send next", {**offer, "ephemeral": True})
        first = next(block for block in offer["blocks"] if block["type"] == "actions")
        offer = {**offer, "blocks": [first]}
        for label, name, caption in (
            ("Preview", "content-preview", "Preview of a piece"),
            ("Send as play", "content-send", "Sending a piece as a play"),
        ):
            self.server.click(MANAGER, offer, label)
            self._keep_view(name, caption, MANAGER)

    def _looks_at_home(self) -> None:
        """Manager and rep open the app."""
        for user, name, caption in (
            (MANAGER, "home-manager", "A manager's home"),
            (REP, "home-rep", "A rep's home"),
        ):
            self.server.open_home(user)
            view = self._home(user)
            self.scenes.append(Scene(name, caption, render_view(view, self._files())))
        self.server.click(MANAGER, self._home(MANAGER), "Settings")
        self._keep_view("settings", "Settings", MANAGER)

    def _is_alerted(self) -> None:
        """An alert came by itself."""
        alert = self._wait(
            lambda: next(
                (
                    message
                    for message in self.server.messages(CHANNEL)
                    if "Not useful" in _labels(message)
                ),
                None,
            ),
            "an alert",
        )
        self._keep("alert", "An alert in the channel", alert)

    def _lead_of_a_rep(self) -> str:
        """Name a lead at risk, as somebody would type it."""
        from tools.leakage.score import score  # noqa: PLC0415 - heavy

        with self.surface.weir.snapshot() as snapshot:
            return str(score(snapshot, limit=1)["scores"][0]["name"])

    def _answer(self, thread: str, number: int) -> list[Json]:
        """Wait for the app's answer in a thread, and what belongs to it."""
        self._wait(
            lambda: (
                len(self._finished(thread)) >= number and not self.server.status(CHANNEL, thread)
            ),
            "an answer",
        )
        before = self._finished(thread)[number - 1]
        return [
            message
            for message in self.server.answers(CHANNEL, thread)
            if message["ts"] >= before["ts"]
        ]

    def _with_charts(self, asked: Json, name: str) -> list[Json]:
        """Wait for an answer, and for the picture that comes after it."""
        answer = self._answer(asked["event"]["ts"], 1)
        file = self._wait(
            lambda: next(
                (
                    file
                    for file in reversed(self.server.files)
                    if name in (file.get("name"), file.get("filename")) and file.get("content")
                ),
                None,
            ),
            f"the chart {name}",
        )
        shown = {"id": file["id"]}
        alt = file.get("alt_txt") or name
        picture = {"type": "image", "slack_file": shown, "alt_text": alt}
        if file.get("title"):
            picture["title"] = {"type": "plain_text", "text": file["title"]}
        return [*answer, {"blocks": [picture]}]

    def _finished(self, thread: str) -> list[Json]:
        return [
            message
            for message in self.server.answers(CHANNEL, thread)
            if "Show evidence" in _labels(message)
        ]

    def _direct(self, user: str, ts: str) -> list[Json]:
        return list(
            self._wait(
                lambda: [
                    message
                    for message in self.server.direct_messages(user)
                    if message["ts"] > ts and message["user"] != user and message.get("blocks")
                ],
                "an answer to a direct message",
            )
        )

    def _cards(self) -> list[Json]:
        return [message for message in self.server.messages(CHANNEL) if _is_card(message)]

    def _card(self, label: str) -> Json:
        """Wait for the newest card in the channel that offers something."""
        return dict(
            self._wait(
                lambda: next((m for m in reversed(self._cards()) if label in _labels(m)), None),
                f"a card with {label}",
            )
        )

    def _home(self, user: str) -> Json:
        """Wait for a home tab that is more than the skeleton."""

        def whole() -> Json | None:
            view = self.server.home(user)
            return view if view and len(view["blocks"]) > _SKELETON else None

        return dict(self._wait(whole, "the home tab"))

    def _wait(self, predicate: Callable[[], Any], what: str) -> Any:
        return self.server.wait(predicate, _PATIENCE_SECONDS, what)

    def _files(self) -> dict[str, bytes]:
        return {file["id"]: file["content"] for file in self.server.files if file.get("content")}

    def _person(self, name: str, payload: Json) -> Json:
        return {"text": payload["event"]["text"].partition("> ")[2], "author": name}

    def _keep(self, name: str, caption: str, *messages: Json) -> None:
        files = self._files()
        body = "".join(
            render_message(message, author=message.get("author", "Weir"), files=files)
            for message in messages
        )
        self.scenes.append(Scene(name, caption, body))

    def _keep_view(self, name: str, caption: str, user: str) -> None:
        def whole() -> Json | None:
            view = self.server.view(user)
            return view if view and _WAITING not in self.server.text_of(view) else None

        view = self._wait(whole, f"the modal {name}")
        self.scenes.append(Scene(name, caption, render_view(view, self._files())))
        self.server.close_view(user, view)


def _labels(shown: Json) -> list[str]:
    """List what can be clicked."""
    return [
        element["text"]["text"]
        for block in shown.get("blocks") or []
        for element in [*block.get("elements", []), block.get("accessory") or {}]
        if isinstance(element.get("text"), dict)
    ]


def _is_card(message: Json) -> bool:
    return bool((message.get("metadata") or {}).get("event_type") == "weir_card")
