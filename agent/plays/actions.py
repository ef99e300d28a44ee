"""The register of action types: how each kind is planned, written, verified and undone.

A new kind is one class in ``action_types`` and one line here; drafting, execution, verification
and undo know only the ``ActionType`` protocol.
"""

from agent.plays.action_types.base import ActionType
from agent.plays.action_types.content import SendContent
from agent.plays.action_types.field import UpdateField
from agent.plays.action_types.reroute import RerouteLead
from agent.plays.action_types.task import CreateTask
from agent.plays.errors import BadPlayError

_TYPES: dict[str, ActionType] = {
    known.kind: known for known in (RerouteLead(), CreateTask(), UpdateField(), SendContent())
}


def action_type(kind: str) -> ActionType:
    """Find the type of a kind.

    Raises:
        BadPlayError: The kind is not known.
    """
    if kind not in _TYPES:
        raise BadPlayError(
            f"Weir can't execute actions of kind '{kind}'; use one of {', '.join(sorted(_TYPES))}."
        )
    return _TYPES[kind]
