"""Route leads: the least loaded active owner in the same team, else in the same region."""

from collections.abc import Mapping, Sequence
from typing import Any


class LeastLoaded:
    """Hand leads out, counting each as load of its new owner.

    Args:
        owners: Rows with ``id, name, team, region, is_active, open_leads``.
    """

    def __init__(self, owners: Sequence[Mapping[str, Any]]) -> None:
        self._owners = {str(o["id"]): o for o in owners}
        self._load = {str(o["id"]): int(o.get("open_leads") or 0) for o in owners}

    def pick(self, lead: Mapping[str, Any], *, current: str | None) -> Mapping[str, Any] | None:
        """Choose who should own a lead, or None where nobody suits.

        An active owner who has no more to do than the others keeps it: a hand-over for its own
        sake costs the lead time.

        Args:
            lead: Row with ``team`` and ``region`` as far as they are known.
            current: Id of the owner who has the lead now.
        """
        present = self._owners.get(current or "", {})
        team = present.get("team") or lead.get("team")
        region = lead.get("region") or present.get("region")
        for place, value in (("team", team), ("region", region)):
            others = [
                i
                for i, o in self._owners.items()
                if value and o.get(place) == value and o.get("is_active") and i != current
            ]
            if others:
                able = [*others, *([current] if current and present.get("is_active") else [])]
                return self._owners[min(able, key=lambda i: (self._load[i], i != current, i))]
        return None

    def move(self, source: str | None, target: str) -> None:
        """Count a lead that goes from one owner to another."""
        if source in self._load:
            self._load[source] -= 1
        self._load[target] = self._load.get(target, 0) + 1
