"""The journeys mart: names, columns and types."""

from knowledge.warehouse.schema import STANDARD_SEGMENTS, Kind
from knowledge.warehouse.stages import StageMap

JOURNEYS = "journeys"


def mart_columns(stage_map: StageMap, own_segments: tuple[str, ...]) -> dict[str, Kind]:
    """List the columns of the journeys mart with their kinds.

    Args:
        stage_map: Gives ``first_<stage>`` and ``last_<stage>``, exits too.
        own_segments: Segments that the mapping named itself.
    """
    columns: dict[str, Kind] = {
        "id": "text",
        "journey_id": "text",
        "person_id": "text",
        "account_id": "text",
        "owner_id": "text",
        "name": "text",
        "email": "text",
        "created_at": "time",
    }
    for stage in (*stage_map.stages, *stage_map.exits):
        columns[f"first_{stage}"] = "time"
        columns[f"last_{stage}"] = "time"
    columns |= {
        "current_stage": "text",
        "current_since": "time",
        "recycles": "integer",
        "handoffs": "integer",
        "first_assigned_at": "time",
        "first_response_at": "time",
        "touches": "integer",
        "last_touch_at": "time",
        "last_two_way_at": "time",
        "score": "number",
        "consent": "flag",
        "value": "number",
        "is_open": "flag",
    }
    for segment in (*STANDARD_SEGMENTS, *own_segments):
        columns[segment] = "text"
    return columns
