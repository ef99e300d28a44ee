"""Evidence: what a statement rests on, so that a reader can go back to rows."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Evidence:
    """Point at what a statement rests on.

    Attributes:
        kind: ``figure``, ``record``, ``finding``, ``score``, ``document`` or ``play``.
        ref: Id to look up with ``weir lineage``.
        text: The statement in plain words.
        version: Warehouse version that it was computed on, where there is one.
    """

    kind: str
    ref: str
    text: str
    version: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give the fields as plain JSON."""
        return asdict(self)
