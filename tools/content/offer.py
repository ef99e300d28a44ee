"""Offer content to whoever a name means."""

from typing import Any

from knowledge.library.index import Library
from knowledge.warehouse.versions import Snapshot
from tools.content.rank import next_content
from tools.crm.directory import directory_of


def content_for(
    snapshot: Snapshot, library: Library, name: str, *, limit: int = 5
) -> dict[str, Any]:
    """Resolve a name and rank content for that person.

    Returns:
        As ``next_content``, with ``status`` ``found``; else ``status`` ``ambiguous`` or
        ``not_found`` with ``candidates``, and no items.
    """
    found = directory_of(snapshot).resolve(name, "person")
    if found.match is None:
        status = "ambiguous" if found.candidates else "not_found"
        candidates = [entry.as_dict() for entry in found.candidates or found.near]
        return {"status": status, "for": name, "query": name, "candidates": candidates, "items": []}
    return {"status": "found", **next_content(snapshot, library, found.match.id, limit=limit)}
