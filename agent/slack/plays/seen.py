"""What of a play a person may see by name."""

from typing import TYPE_CHECKING, Any

import narwhals as nw

from agent.access import Book, refusal, viewer_of
from agent.slack.plays.clicks import RefusedError
from agent.slack.plays.words import Shown

if TYPE_CHECKING:
    from agent.slack.surface import Surface


def shown_to(surface: "Surface", play_id: str, email: str) -> Shown:
    """Give a play as a person may see it: whoever may decide sees all of it.

    Raises:
        RefusedError: They see nothing at all.
    """
    desk = surface.weir.plays
    shown = desk.show(play_id)
    if email.casefold() in {person.email.casefold() for person in desk.approvers(play_id)}:
        return shown
    viewer = viewer_of(surface.weir, email)
    refused = refusal(viewer)
    if refused:
        raise RefusedError(refused)
    if viewer.sees == "all":
        return shown
    with surface.weir.snapshot() as snapshot:
        mine = Book(snapshot, viewer).journeys
    return shown | {
        "targets": [target for target in shown["targets"] if target["id"] in mine],
        "actions": [action for action in shown["actions"] if action["target"]["id"] in mine],
        "left_out": [item for item in shown["left_out"] if item["id"] in mine],
        "evidence": [item for item in shown["evidence"] if item["kind"] != "score"],
    }


def active_owners(surface: "Surface") -> list[dict[str, Any]]:
    """List the owners to whom leads can be given, by team and name."""
    with surface.weir.snapshot() as snapshot:
        table = snapshot.table("owner").filter(nw.col("is_active"))
        owners = table.select("id", "name", "team").collect()
        rows = [*owners.iter_rows(named=True)]
    return sorted(rows, key=lambda row: (str(row["team"] or ""), str(row["name"] or "")))
