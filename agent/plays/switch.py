"""The kill switch: stops all writing to CRMs before the next write."""

from dataclasses import dataclass

from agent.plays import audit
from agent.plays.decision import Decision, Outcome
from agent.plays.gate import Gate, killed_sentence
from agent.plays.stamps import stamp


@dataclass(frozen=True)
class KillSwitch(Gate):
    """Stop and resume on behalf of people."""

    def switch(self, *, stop: bool, by: str, reason: str | None = None) -> Decision:
        """Stop all writing to CRMs at once, or allow it again."""
        now = stamp(self.clock())
        verb = "stop" if stop else "resume"
        with self.ledger.begin() as tx:
            if not self.policy.allows(self.policy.kill_switch, by):
                sentence = self.no_role(by, "use the kill switch", "kill_switch")
                audit.append(tx, at=now, who=by, what=f"{verb}_refused", why=sentence)
                return Decision(Outcome.NOT_ALLOWED, sentence)
            current = self.ledger.kill_switch(tx)
            if stop == bool(current):
                sentence = (
                    killed_sentence(self.policy, current)
                    if current
                    else "The kill switch is off already; plays may run."
                )
                return Decision(Outcome.NO_CHANGE, sentence)
            value = {"by": by, "at": now, "reason": reason} if stop else None
            self.ledger.set_kill_switch(tx, value)
            audit.append(tx, at=now, who=by, what="stopped" if stop else "resumed", reason=reason)
        if stop:
            return Decision(Outcome.STOPPED, "Stopped: no play writes anything from now on.")
        return Decision(Outcome.RESUMED, "Resumed: approved plays go on where they stopped.")
