"""Stream: one question answered in a thread, from its first words to its final form."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError

import prompts as templates
from agent.answer import Answer
from agent.conversation import Final, Text, ToolFinished, ToolStarted
from agent.plays.stamps import stamp
from agent.slack.answers import charts, evidence, prompts, record, render, words
from agent.slack.answers.pieces import Pieces
from agent.slack.answers.record import Place, Record
from agent.slack.answers.turn import Turn, results
from agent.slack.answers.writer import Writer
from agent.slack.buttons import mint
from knowledge.errors import WeirError

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from agent.access import Viewer
    from agent.slack.people import Person
    from agent.slack.surface import Surface

_LOG = logging.getLogger(__name__)
_STOP_SECONDS = 0.5
_UNCHECKED = "It was stopped before its figures were checked."


@dataclass(frozen=True)
class Asked:
    """Hold a question and who asked it, where.

    Attributes:
        key: Key of the item that asked; a second run has the same.
        place: The thread to answer in.
        person: Who asked; trusted.
        viewer: What they may see.
        question: What they asked, as plain text.
    """

    key: str
    place: Place
    person: "Person"
    viewer: "Viewer"
    question: str


def answer(surface: "Surface", asked: Asked) -> None:
    """Answer a question in its thread; run again, it goes on with the same message."""
    row, fresh = record.begin(
        surface.database,
        record.identity(asked.key),
        asked.place,
        asked_by=asked.person.user,
        question=asked.question,
        at=stamp(surface.clock()),
    )
    if row.finished_at is not None:
        return
    client = surface.clients.of(asked.place.team)
    _Run(surface, asked, row, client).run(fresh=fresh)


def say(surface: "Surface", asked: Asked, text: str) -> None:
    """Say something in a thread that needs no tool, once."""
    row, fresh = record.begin(
        surface.database,
        record.identity(asked.key),
        asked.place,
        asked_by=asked.person.user,
        question=asked.question,
        at=stamp(surface.clock()),
    )
    if row.finished_at is not None:
        return
    client = surface.clients.of(asked.place.team)
    run = _Run(surface, asked, row, client)
    if not fresh:
        run.writer.find()
    run.close(Answer(text), render.Frame())
    record.finish(surface.database, row.id, at=stamp(surface.clock()))


class _Run:
    """Hold what one run of an answer works with."""

    def __init__(self, surface: "Surface", asked: Asked, row: Record, client: "WebClient") -> None:
        self.surface, self.asked, self.row, self.client = surface, asked, row, client
        self.kept = dict(row.answer)
        with surface.database.begin() as tx:
            self.ids = {
                what: mint(tx, row.place.team, what, row.id, at=stamp(surface.clock()))
                for what in ("stop", "evidence", "good", "bad", "again")
            }
        is_direct = row.place.channel.startswith("D")
        self.writer = Writer(
            client,
            row.place,
            ts=row.ts,
            stop=self.ids["stop"],
            recipient=None if is_direct else asked.person.user,
            stands=lambda ts: record.stand(surface.database, row.id, ts=ts),
            halted=self._halt,
        )

    def _halt(self) -> None:
        # Slack does not say who pressed its own button; it shows it to who asked.
        record.stop(self.surface.database, self.row.id, self.asked.person.name)

    def run(self, *, fresh: bool) -> None:
        """Answer, show, and note the end."""
        status(self.client, self.row.place, words.LOADING)
        failed = False
        try:
            if not fresh:
                self.writer.find()
            turn: Turn | None = None
            if "answer" in self.kept:
                found = Answer(**self.kept["answer"])
            else:
                turn, found, failed = self._ask()
                self._keep(answer=found.as_dict(), sources=self._sources(found))
            self.close(found, self._frame(found, failed=failed))
            if not self._is_stopped():
                self._accompany(found)
            record.finish(
                self.surface.database,
                self.row.id,
                at=stamp(self.surface.clock()),
                failed=failed,
            )
            if turn is not None:
                turn.wait()
        finally:
            status(self.client, self.row.place, ())

    def close(self, found: Answer, frame: render.Frame) -> None:
        """Give the message its final form."""
        self.writer.finish(
            render.messages(found, frame),
            more=self.kept.get("more") or [],
            sent=lambda more: self._keep(more=more),
        )

    def _ask(self) -> tuple[Turn | None, Answer, bool]:
        """Follow the conversation; gives the turn where it was stopped, and whether it failed."""
        asked = self.asked
        turn = Turn(
            self.surface.conversation,
            asked.question,
            self.row.place.thread_id,
            asked.person.email or "",
        )
        pieces, calls = Pieces(), dict[str, dict[str, Any]]()
        look = 0.0
        try:
            for event in turn.events():
                if isinstance(event, Final):
                    return None, event.answer, False
                self._show(event, pieces, calls)
                if time.monotonic() >= look:
                    look = time.monotonic() + _STOP_SECONDS
                    if self._is_stopped():
                        turn.halt()
                        return turn, self._so_far(pieces, list(calls.values())), False
        except WeirError as error:
            return None, Answer(str(error)), True
        except (SlackApiError, OSError):
            turn.halt()
            turn.wait()
            raise
        except Exception:  # noqa: BLE001 - whatever it was, the asker is told
            _LOG.exception("A question could not be answered.")
            return None, Answer(words.FAILED), True
        raise AssertionError("a stream ends with its answer")

    def _show(
        self,
        event: ToolStarted | ToolFinished | Text | None,
        pieces: Pieces,
        calls: dict[str, dict[str, Any]],
    ) -> None:
        if isinstance(event, ToolStarted):
            calls[event.id] = {"name": event.name, "args": event.args, "seconds": None}
            self._task(event.id, event.name, event.args, "in_progress")
        elif isinstance(event, ToolFinished):
            calls[event.id]["seconds"] = event.seconds
            self._task(event.id, event.name, {}, "complete" if event.ok else "error")
        elif isinstance(event, Text):
            pieces.feed(event.text, event.message_id)
            self.writer.say(pieces.shown)
        else:
            self.writer.flush()

    def _task(self, call: str, tool: str, args: dict[str, Any], status: Any) -> None:
        title = words.done(tool) if status == "complete" else words.doing(tool)
        self.writer.task(call, title, status, words.arguments(args))

    def _so_far(self, pieces: Pieces, calls: Sequence[dict[str, Any]]) -> Answer:
        text = pieces.raw.strip()
        notes = [_UNCHECKED] if text else []
        return Answer(text or words.NOTHING_YET, tool_calls=list(calls), notes=notes)

    def _frame(self, found: Answer, *, failed: bool) -> render.Frame:
        kept = record.read(self.surface.database, self.row.id)
        stopped_by = (kept.answer.get("stopped_by") if kept else None) or None
        if failed:
            return render.Frame(good=self.ids["good"], bad=self.ids["bad"])
        return render.Frame(
            evidence=self.ids["evidence"] if found.tool_calls else None,
            good=self.ids["good"],
            bad=self.ids["bad"],
            again=self.ids["again"],
            stopped_by=stopped_by,
            titles=evidence.titles(self.kept.get("sources") or []),
            examples=prompts.examples(self.asked.viewer) if _is_lost(found) else (),
        )

    def _sources(self, found: Answer) -> list[dict[str, Any]]:
        if not found.tool_calls or self._is_stopped():
            return []
        return evidence.sources(results(self.surface.conversation, self.row.place.thread_id))

    def _accompany(self, found: Answer) -> None:
        """Show the cards of drafted plays and the charts, in the same thread."""
        place = self.row.place
        if found.plays:
            from agent.slack.plays.sync import show_in  # noqa: PLC0415

            for play in found.plays:
                show_in(
                    self.surface,
                    play,
                    team=place.team,
                    channel=place.channel,
                    thread_ts=place.thread_ts,
                )
        if any(call["name"] in ("funnel", "score_leads") for call in found.tool_calls):
            charts.send(
                self.client,
                place,
                results(self.surface.conversation, place.thread_id),
                before=self.kept.get("charts") or [],
                sending=lambda names: self._keep(charts=list(names)),
            )

    def _is_stopped(self) -> bool:
        return record.is_stopped(self.surface.database, self.row.id)

    def _keep(self, **kept: Any) -> None:
        self.kept = record.keep(self.surface.database, self.row.id, **kept)


def status(client: "WebClient", place: Place, loading: Sequence[str]) -> None:
    """Show that an answer is on its way, or with nothing to show, that it no longer is."""
    shown: dict[str, Any] = (
        {"status": "is looking into it …", "loading_messages": list(loading)}
        if loading
        else {"status": ""}
    )
    try:
        client.assistant_threads_setStatus(
            channel_id=place.channel, thread_ts=place.thread_ts, **shown
        )
    except (SlackApiError, OSError) as error:
        # A place without a status, or Slack is away; Slack drops a status by itself in the end.
        _LOG.info("The status could not be set: %s.", type(error).__name__)


def _is_lost(found: Answer) -> bool:
    """Say whether the question was not understood."""
    unknown = templates.load("replies/talk").sections["unknown"]
    return not found.tool_calls and found.answer.startswith(unknown)
