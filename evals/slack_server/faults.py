"""Faults: what goes wrong with Slack when a test asks for it."""

import time
from dataclasses import dataclass, field


@dataclass
class Fault:
    """Hold what a method will answer for a while."""

    error: str
    left: int
    retry_after: int | None = None


@dataclass
class Faults:
    """Hold what is wrong at the moment."""

    down_until: float = 0.0
    methods: dict[str, list[Fault]] = field(default_factory=dict)

    @property
    def is_down(self) -> bool:
        """Tell whether nothing answers."""
        return time.monotonic() < self.down_until

    def plan(self, method: str, fault: Fault) -> None:
        """Have a method go wrong; what was planned before comes first."""
        self.methods.setdefault(method, []).append(fault)

    def next(self, method: str) -> Fault | None:
        """Take what goes wrong at this call, None where nothing does."""
        planned = self.methods.get(method, [])
        if not planned:
            return None
        fault = planned[0]
        fault.left -= 1
        if fault.left <= 0:
            planned.pop(0)
        return fault
