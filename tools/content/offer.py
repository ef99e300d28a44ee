"""Offer content to whoever a name, or a role at an account, means."""

from collections.abc import Sequence
from typing import Any

from knowledge.library.index import Library
from knowledge.warehouse.versions import Snapshot
from tools.content.asked import read_asked
from tools.content.judgements import Judgement
from tools.content.occasion import occasion_in
from tools.content.rank import Situation, next_content
from tools.content.whom import find_whom
from tools.crm.directory import Directory

_TOPIC_LIMIT = 5
_QUOTE = 160


def content_for(
    snapshot: Snapshot,
    library: Library,
    name: str,
    *,
    limit: int = 5,
    after: str | None = None,
    about: str | None = None,
    judgements: Sequence[Judgement] = (),
    directory: Directory | None = None,
) -> dict[str, Any]:
    """Find who is meant and rank content for that person.

    Args:
        snapshot: The warehouse version.
        library: The library with its content.
        name: A name, an e-mail address or an id, or a role at an account ("the champion at
            Acme"); what just happened may follow ("after yesterday's demo").
        limit: How many pieces at most.
        after: What just happened, where it is not part of the name.
        about: What they wrote or spoke of; pieces that speak of it rank higher.
        judgements: What people thought of pieces, from oldest to newest.
        directory: The names that the asker may ask for; all by default.

    Returns:
        As ``next_content``, with ``status`` ``found``; else ``status`` ``ambiguous`` or
        ``not_found`` with ``candidates`` (each with ``ask``, what to ask for to mean it), and no
        items.
    """
    asked = read_asked(name, after)
    whom = find_whom(snapshot, asked, typed=name, directory=directory)
    if whom.person is None:
        return {
            "status": whom.status,
            "for": name,
            "query": name,
            "after": asked.after,
            "candidates": whom.candidates,
            "notes": whom.notes,
            "items": [],
        }
    topic = _topic(library, about)
    situation = Situation(occasion_in(asked.after), topic)
    offer = next_content(
        snapshot, library, whom.person, limit=limit, judgements=judgements, situation=situation
    )
    said = {"after": asked.after} if asked.after else {}
    return {"status": "found", **offer, **said, "notes": [*whom.notes, *offer["notes"]]}


def _topic(library: Library, about: str | None) -> dict[str, str]:
    """Find the pieces that speak of what was said, with a quote of each."""
    if not about or not about.strip():
        return {}
    found = library.search(about, audience="external", kind="content", limit=_TOPIC_LIMIT)
    topic: dict[str, str] = {}
    for hit in found.hits:
        quote = " ".join(hit.quote.split())
        topic.setdefault(hit.doc_id, quote if len(quote) <= _QUOTE else f"{quote[:_QUOTE]}\u2026")
    return topic
