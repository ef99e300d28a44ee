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
        """Choose the new owner of a lead, or None where nobody suits.

        Args:
            lead: Row with ``team`` and ``region`` as far as they are known.
            current: Id of the owner who has the lead now and must not get it again.
        """
        present = self._owners.get(current or "", {})
        team = present.get("team") or lead.get("team")
        region = lead.get("region") or present.get("region")
        for place, value in (("team", team), ("region", region)):
            able = [
                i
                for i, o in self._owners.items()
                if value and o.get(place) == value and o.get("is_active") and i != current
            ]
            if able:
                return self._owners[min(able, key=lambda i: (self._load[i], i))]
        return None

    def give(self, owner_id: str) -> None:
        """Count one more lead for an owner."""
        self._load[owner_id] = self._load.get(owner_id, 0) + 1
