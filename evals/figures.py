"""The report of an eval: its figures, what they are compared with, and what was missed."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Report:
    """Hold what one eval found.

    Attributes:
        name: Name of the eval.
        version: Version of its graders and data; figures of two versions can't be compared.
        figures: Figure name to value; shares lie between 0 and 1.
        baselines: Name of something simpler to its figures, measured in the same run.
        cases: What was graded, to how many.
        misses: The cases that failed, in the words of the eval.
    """

    name: str
    version: str
    figures: dict[str, float | None]
    baselines: dict[str, dict[str, float | None]]
    cases: dict[str, int]
    misses: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Give the fields as plain JSON."""
        return asdict(self)


def version_of(grader: str, *data: bytes) -> str:
    """Name a version by that of the grader and the content of its data."""
    if not data:
        return grader
    return f"{grader}+{hashlib.sha256(b''.join(data)).hexdigest()[:8]}"


def share(hits: float, of: float) -> float | None:
    """Give a share to four places; None where there is nothing to share."""
    return round(hits / of, 4) if of else None


def mean(values: list[float]) -> float | None:
    """Give a mean to four places; None where there are no values."""
    return share(sum(values), len(values))
