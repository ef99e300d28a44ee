"""Give a lead to another owner."""

from typing import Any

from pydantic import Field

from agent.plays.action_types.base import Params, Plan, Planning, owner_name, validated
from agent.plays.action_types.field import FieldWrite
from agent.plays.errors import BadPlayError
from tools.crm.port import RecordRef


class RerouteParams(Params):
    """Check the parameters."""

    to: str = Field(min_length=1, description="Id of the new owner.")
    to_name: str = ""


class RerouteLead(FieldWrite):
    """Give a lead to another owner."""

    kind = "reroute_lead"
    params = RerouteParams

    def check(self, params: dict[str, Any]) -> dict[str, Any]:
        """Validate parameters."""
        return validated(RerouteParams, self.kind, params)

    def plan(self, params: dict[str, Any], at: Planning) -> Plan | None:
        """Replace the owner."""
        current = at.fields.get("owner_id")
        if current == params["to"]:
            return None
        new_owner = at.read(RecordRef("owner", params["to"]))
        name = params["to_name"] or (new_owner and new_owner.fields.get("name"))
        if not name:
            raise BadPlayError(f"There is no owner {params['to']}; name one that the CRM knows.")
        return Plan(
            summary=f"Reroute {at.target.name} from {owner_name(at, current)} to {name}",
            before={"owner_id": current},
            after={"owner_id": params["to"]},
            relies_on={"owner_id": current},
            leaves={"owner_id": params["to"]},
        )
