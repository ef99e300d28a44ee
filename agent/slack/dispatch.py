"""Dispatch: every item that waits is handled, tried again where that helps, and never forgotten."""

import logging
import threading
import time
from typing import TYPE_CHECKING

from agent.slack.failures import SORRY, described, note_bug, passes
from agent.slack.inbox import TRIES, Inbox, Waiting
from agent.slack.incoming import lane_of
from agent.slack.item import Item
from agent.slack.pool import Pool
from agent.slack.routes import PoolName
from agent.slack.tell import tell
from knowledge.errors import WeirError

if TYPE_CHECKING:
    from agent.slack.routes import Routes
    from agent.slack.surface import Surface

_LOG = logging.getLogger(__name__)

QUICK_THREADS = 4
SLOW_THREADS = 2
# The offline model works with the processor, of which Python uses one; a hosted one is waited for.
QUESTION_THREADS, QUESTION_THREADS_HOSTED = 2, 8
_OFFLINE = "offline"
POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 10.0
DEAD = "This comes from an earlier version of Weir and does nothing any more."
# What people did by hand gets an answer, also where nothing is left that handles it.
_ANSWERED = frozenset({"action", "command", "shortcut"})


class Dispatcher:
    """Take up what waits in the inbox.

    Clicks, home tabs and questions have threads of their own, so that none waits behind another.

    Args:
        surface: What handlers work with.
        routes: Who handles what.
        inbox: What came in.
        poll_seconds: How often to look for what other processes left and what became due; what
            comes in here is handed over without a wait.
    """

    def __init__(
        self,
        surface: "Surface",
        routes: "Routes",
        inbox: Inbox,
        *,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._surface = surface
        self._routes = routes
        self._inbox = inbox
        self._poll_seconds = poll_seconds
        waits = surface.weir.settings.model != _OFFLINE
        self._pools: dict[PoolName, Pool] = {
            "quick": Pool("quick", QUICK_THREADS),
            "slow": Pool("slow", SLOW_THREADS),
            "question": Pool("question", QUESTION_THREADS_HOSTED if waits else QUESTION_THREADS),
        }
        self._handed: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="slack-poll", daemon=True)
        self._heart = threading.Thread(target=self._beat, name="slack-heartbeat", daemon=True)

    def start(self) -> None:
        """Start the threads; what was left waiting is taken up."""
        for pool in self._pools.values():
            pool.start()
        self._poller.start()
        self._heart.start()

    def stop(self, seconds: float = 10.0) -> None:
        """Take up nothing more, wait for what runs, and give the rest to other processes."""
        until = time.monotonic() + seconds
        self._stopping.set()
        self._poller.join(max(0.0, until - time.monotonic()))
        for pool in self._pools.values():
            pool.stop(until)
        self._heart.join(max(0.0, until - time.monotonic()))
        self._inbox.release()

    def offer(self, item: Item | Waiting) -> None:
        """Hand over an item that waits in the inbox."""
        with self._lock:
            if self._stopping.is_set() or item.key in self._handed:
                return
            self._handed.add(item.key)
        self._pools[self._pool(item)].submit(lambda: self._take_up(item.key))

    def _pool(self, item: Item | Waiting) -> PoolName:
        route = self._routes.handlers.get((item.kind, item.name))  # type: ignore[arg-type]
        return route.pool if route is not None else "quick"

    def _take_up(self, key: str) -> None:
        try:
            item = None if self._stopping.is_set() else self._inbox.claim(key)
            if item is not None:
                self._handle(item)
        except Exception as error:  # noqa: BLE001 -- a thread of the pool must live on
            # The inbox itself could not be used; the item's lease runs out.
            note_bug(_LOG, f"taking up {key}", error)
            item = None
        finally:
            with self._lock:
                self._handed.discard(key)
        lane = None if item is None else lane_of(item)
        if lane is not None:
            self._go_on(lane)

    def _handle(self, item: Item) -> None:
        route = self._routes.find(item)
        if route is None:
            self._inbox.finish(item, note="nothing handles it")
            if item.kind in _ANSWERED and not _is_link(item):
                self._tell(item, DEAD)
            return
        try:
            route.handle(self._surface, item)
        except WeirError as error:
            self._inbox.finish(item, note=described(error))
            self._tell(item, str(error))
        except Exception as error:  # noqa: BLE001 -- whatever it is, the actor gets an answer
            self._note(item, error)
        else:
            self._inbox.finish(item)

    def _note(self, item: Item, error: Exception) -> None:
        what = f"{item.kind} {item.name} ({item.key})"
        if passes(error) and item.attempts < TRIES:
            _LOG.warning("%s is tried again: %s", what, described(error))
            self._inbox.retry(item, described(error))
            return
        reference = note_bug(_LOG, what, error)
        self._inbox.fail(item, f"{reference} {described(error)}")
        self._tell(item, SORRY.format(reference))

    def _tell(self, item: Item, sentence: str) -> None:
        try:
            tell(self._surface, item, sentence)
        except Exception as error:  # noqa: BLE001 -- the item is settled, only the word is lost
            _LOG.warning("could not tell why %s failed: %s", item.key, described(error))

    def _go_on(self, lane: str) -> None:
        try:
            waiting = self._inbox.waiting(lane=lane)
        except Exception as error:  # noqa: BLE001 -- the poll finds them
            _LOG.warning("could not look for the next in a thread: %s", described(error))
            return
        for item in waiting:
            self.offer(item)

    def _poll(self) -> None:
        while True:
            try:
                self._inbox.recover()
                for item in self._inbox.waiting():
                    self.offer(item)
            except Exception as error:  # noqa: BLE001 -- a thread that must live on
                _LOG.warning("could not look into the inbox: %s", described(error))
            if self._stopping.wait(self._poll_seconds):
                return

    def _beat(self) -> None:
        # At the end a lease outlasts the time for which running handlers are waited for.
        while not self._stopping.wait(HEARTBEAT_SECONDS):
            try:
                self._inbox.renew()
            except Exception as error:  # noqa: BLE001 -- a thread that must live on
                _LOG.warning("could not renew leases: %s", described(error))


def _is_link(item: Item) -> bool:
    # A button that opens an address in the browser reports its click, too.
    return bool((item.body.get("actions") or [{}])[0].get("url"))
