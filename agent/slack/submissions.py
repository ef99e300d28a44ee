"""Submissions: a modal is answered while its sender waits, and once."""

import logging
import time
from typing import TYPE_CHECKING, Any

from agent.slack.blocks import modal, section
from agent.slack.failures import SORRY, described, note_bug
from agent.slack.inbox import Inbox
from agent.slack.item import Item
from agent.slack.text import data, plain
from knowledge.errors import WeirError

if TYPE_CHECKING:
    from agent.slack.routes import Routes
    from agent.slack.surface import Surface

_LOG = logging.getLogger(__name__)

Answer = dict[str, Any] | None

DEAD = "This form comes from an earlier version of Weir; nothing was changed."
_STILL = "This was sent twice and I still work on the first; look again in a minute."
# Slack gives up after three seconds.
_WAIT_SECONDS = 2.5
_LOOK_SECONDS = 0.05


class Submissions:
    """Answer modals; the answer is kept, so that one that is sent again gets the same."""

    def __init__(self, surface: "Surface", routes: "Routes", inbox: Inbox) -> None:
        self._surface = surface
        self._routes = routes
        self._inbox = inbox

    def answer(self, item: Item) -> Answer:
        """Answer a modal: errors beside the fields, the next view, or None to close it."""
        if self._inbox.put_running(item):
            return self._work_out(item)
        until = time.monotonic() + _WAIT_SECONDS
        while True:
            before = self._inbox.answer_to(item.key)
            if before.state == "done" and not _are_errors(before.answer):
                return before.answer
            # Errors beside the fields and failures changed nothing: it is tried once more.
            again = self._inbox.claim_again(item.key, attempts=before.attempts)
            if again is not None:
                return self._work_out(again)
            if time.monotonic() > until:
                return _refusal(item, _STILL)
            time.sleep(_LOOK_SECONDS)

    def _work_out(self, item: Item) -> Answer:
        submission = self._routes.submissions.get(item.name)
        if submission is None:
            answer: Answer = {"response_action": "update", "view": _page(DEAD)}
            self._inbox.finish(item, note="nothing answers it", answer=answer)
            return answer
        try:
            answer = submission(self._surface, item)
        except WeirError as error:
            answer = _refusal(item, str(error))
            self._inbox.finish(item, note=described(error), answer=answer)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the sender gets an answer
            reference = note_bug(_LOG, f"submission {item.name} ({item.key})", error)
            answer = _refusal(item, SORRY.format(reference))
            self._inbox.fail(item, f"{reference} {described(error)}", answer=answer)
        else:
            self._inbox.finish(item, answer=answer)
        return answer


def _are_errors(answer: Answer) -> bool:
    return answer is not None and answer.get("response_action") == "errors"


def _refusal(item: Item, sentence: str) -> dict[str, Any]:
    # Beside the first field, so that what was typed is not lost.
    for block in item.body["view"].get("blocks") or []:
        if block.get("type") == "input":
            return {"response_action": "errors", "errors": {block["block_id"]: plain(sentence)}}
    return {"response_action": "update", "view": _page(sentence)}


def _page(sentence: str) -> dict[str, Any]:
    return modal("Weir", [section(data(sentence))], callback_id="closed")
