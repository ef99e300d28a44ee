"""Find plays that have something to run, and run each under a lease."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from agent.plays import audit
from agent.plays.errors import LeaseLostError, PlayHeldError
from agent.plays.execute import Executor
from agent.plays.leases import RUNNABLE, Lease, take, worker_name
from agent.plays.ledger import PlayLedger, StoredPlay
from agent.plays.lifecycle import PlayLifecycle
from agent.plays.play import PlayState
from agent.plays.stamps import Clock, stamp
from tools.crm.port import Crm

_DECIDED_WITHOUT_RUN = frozenset({PlayState.REJECTED, PlayState.EXPIRED})


@dataclass
class WorkReport:
    """Say what one pass did.

    Attributes:
        states: State of every play that was run, by id.
        held: What each play that could not be finished waits for, by id.
        expired: Plays that nobody decided about in time.
    """

    states: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    expired: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PlayRunner:
    """Run plays; any number of runners in any number of processes may do so at once."""

    ledger: PlayLedger
    crm: Crm
    lifecycle: PlayLifecycle
    checkpoints: Path
    clock: Clock
    should_stop: Callable[[], bool] = field(default=lambda: False)
    name: str = field(default_factory=worker_name)

    def work(self) -> WorkReport:
        """Make one pass: expire, run what is due, and tend the threads."""
        report = WorkReport(expired=self.lifecycle.expire_due())
        with self.ledger.begin() as tx:
            due = self.ledger.select(tx, RUNNABLE)
        for stored in reversed(due):
            if self.should_stop():
                break
            self._run(stored.play.id, report)
        if not self.should_stop():
            self._tend_threads()
        return report

    def run(self, play_id: str) -> WorkReport:
        """Run one play now, if it is approved and nobody else runs it."""
        report = WorkReport()
        self._run(play_id, report)
        return report

    def _run(self, play_id: str, report: WorkReport) -> None:
        with self.ledger.begin() as tx:
            stored = self.ledger.get(tx, play_id)
            lease = take(tx, stored, self.name, self.clock)
        if lease is None:
            return
        executor = Executor(self.ledger, self.crm, self.clock, lease, self.should_stop)
        try:
            self._carry_on(stored, executor)
        except PlayHeldError as held:
            report.held[play_id] = str(held)
        except LeaseLostError:
            report.held[play_id] = "another worker has taken it over"
        except Exception as error:  # noqa: BLE001 -- one broken play must not stop the others
            report.held[play_id] = self._note_crash(lease, error)
        finally:
            with self.ledger.begin() as tx:
                lease.release(tx)
        with self.ledger.begin() as tx:
            report.states[play_id] = self.ledger.get(tx, play_id).state.value

    def _carry_on(self, stored: StoredPlay, executor: Executor) -> None:
        if stored.state is PlayState.UNDOING:
            executor.run("undo")
            executor.verify("undo")
            executor.record("undo")
            return
        # Imported here: LangGraph costs a second of CPU that `weir plays list` need not pay.
        from agent.plays.graph import advance_thread  # noqa: PLC0415

        advance_thread(self.checkpoints, stored, executor)

    def _note_crash(self, lease: Lease, error: Exception) -> str:
        why = f"the run broke off ({type(error).__name__}: {error}); it will be tried again"
        with self.ledger.begin() as tx:
            stored = self.ledger.get(tx, lease.play_id)
            if stored.note != why:
                self.ledger.move(
                    tx, lease.play_id, source=[stored.state], to=stored.state, note=why
                )
                audit.append(
                    tx,
                    at=stamp(self.clock()),
                    who=f"worker {lease.owner}",
                    what="held",
                    play_id=lease.play_id,
                    why=why,
                )
        return why

    def _tend_threads(self) -> None:
        """Start threads that a crash left unstarted, and end those of plays decided otherwise."""
        with self.ledger.begin() as tx:
            new = self.ledger.select(tx, [PlayState.PENDING], threads=["new"])
            over = self.ledger.select(tx, _DECIDED_WITHOUT_RUN, threads=["new", "waiting"])
        if not new and not over:
            return
        from agent.plays.graph import close_thread, start_thread  # noqa: PLC0415 -- as above

        for stored in new:
            start_thread(self.checkpoints, self.ledger, stored.play.id)
        for stored in over:
            close_thread(self.checkpoints, self.ledger, stored)
