"""Next-best content: what to send a person next, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import narwhals as nw

from knowledge.library.documents import Document
from knowledge.warehouse.reads import ReadsWarehouse
from tools.content.reader import Reader, read_reader, rows
from tools.content.similar import Reading, Similar, similar_reading

# Weights of the parts, each between 0 and 1; judged, not fitted: what a lead is ready for counts
# most, a coincidence with wins counts little. They add up to 1.
STAGE, PERSONA, INDUSTRY, WON, FRESH = 0.35, 0.2, 0.2, 0.15, 0.1
TIRED = 0.15  # taken off for each recent touch of the same format beyond the first
FOR_ALL = 0.5  # a piece for everybody fits, but not as one made for somebody
NEXT_STAGE = 0.6  # what prepares the next step is useful now
HALF_AGE = timedelta(days=365)
STRONG_LIFT = 1.2
MIN_READERS = 5


class HoldsDocuments(Protocol):
    """A library as the ranking reads it."""

    def documents(self, kind: str | None = None) -> list[Document]:
        """List documents of a kind."""


@dataclass(frozen=True)
class _Part:
    score: float
    why: str | None = None


def next_content(
    snapshot: ReadsWarehouse,
    library: HoldsDocuments,
    person: str,
    *,
    limit: int = 5,
    today: date | None = None,
) -> dict[str, Any]:
    """Rank the content that a person should get next.

    Never offers what the person has had, what expired, what is internal, or what was written for
    other industries.

    Args:
        snapshot: The warehouse version.
        library: The library with its content.
        person: Id of a journey or of a person record.
        limit: How many pieces at most.
        today: Day on which expiry is judged; the later of the current day and the data's last day
            by default.

    Returns:
        ``for`` (name), ``id``, ``as_of``, ``warehouse_version``, ``notes`` and ``items``, each with
        ``id``, ``title``, ``score`` (0 to 1) and ``why`` (sentences).

    Raises:
        BadInputError: There is no such person.
    """
    reader = read_reader(snapshot, person)
    day = today or max(datetime.now(UTC).date(), snapshot.as_of.date())
    similar = similar_reading(snapshot, reader.industry)
    published = _published(snapshot)
    usable = [
        document
        for document in library.documents("content")
        if document.audience == "external"
        and not document.is_expired(day)
        and document.id not in reader.had
        and (not document.industry or reader.industry in document.industry)
    ]
    ranked = sorted(
        (_item(document, reader, similar, published.get(document.id), day) for document in usable),
        key=lambda item: (-item["score"], item["id"]),
    )
    return {
        "for": reader.name,
        "id": reader.id,
        "as_of": f"{snapshot.as_of:%Y-%m-%dT%H:%M:%SZ}",
        "warehouse_version": snapshot.version,
        "notes": _notes(reader),
        "items": ranked[:limit],
    }


def _item(
    document: Document, reader: Reader, similar: Similar, published: date | None, day: date
) -> dict[str, Any]:
    parts = [
        (STAGE, _stage(document, reader)),
        (PERSONA, _fits(document.persona, reader.persona, "a person in the role")),
        (INDUSTRY, _fits(document.industry, reader.industry, "the industry")),
        (WON, _won(similar.readings.get(document.id), similar.who)),
        (FRESH, _fresh(published, day)),
    ]
    score = sum(weight * part.score for weight, part in parts)
    why = [part.why for _, part in parts if part.why]
    met = reader.recent_formats.get(document.format or "", 0)
    if met > 1:
        score -= TIRED * (met - 1)
        why.append(
            f"They met the format {document.format} {met} times in 60 days, so it ranks lower."
        )
    if not why:
        why.append("They have not had it yet.")
    return {
        "id": document.id,
        "title": document.title,
        "score": round(max(score, 0.0), 3),
        "why": why,
    }


def _stage(document: Document, reader: Reader) -> _Part:
    if not document.stage or reader.stage is None:
        return _Part(FOR_ALL)
    if reader.stage in document.stage:
        return _Part(1.0, f"Made for the stage they are in ({reader.stage}).")
    if reader.next_stage in document.stage:
        return _Part(NEXT_STAGE, f"Prepares the next stage ({reader.next_stage}).")
    return _Part(0.0)


def _fits(made_for: Sequence[str], value: str | None, what: str) -> _Part:
    if not made_for or value is None:
        return _Part(FOR_ALL)
    return _Part(1.0, f"Written for {what} {value}.") if value in made_for else _Part(0.0)


def _won(reading: Reading | None, who: str) -> _Part:
    """Scale the lift between 0.5 and 2 to 0 and 1; unknown is neutral."""
    if reading is None:
        return _Part(FOR_ALL)
    lift = reading.lift
    score = min(max((lift - 0.5) / 1.5, 0.0), 1.0)
    if lift < STRONG_LIFT or reading.won < MIN_READERS:
        return _Part(score)
    return _Part(
        score,
        f"{reading.won} of {reading.of_won} won {who} had read it, and {reading.other} of "
        f"{reading.of_other} that were not won.",
    )


def _fresh(published: date | None, day: date) -> _Part:
    """Halve the value of novelty every year; unknown is neutral."""
    if published is None:
        return _Part(FOR_ALL)
    age = max((day - published).days, 0)
    return _Part(float(0.5 ** (age / HALF_AGE.days)))


def _published(snapshot: ReadsWarehouse) -> dict[str, date]:
    content = snapshot.table("content").filter(~nw.col("published_at").is_null())
    return {
        row["source_id"]: row["published_at"].date()
        for row in rows(content.select("source_id", "published_at"))
    }


def _notes(reader: Reader) -> list[str]:
    if reader.consent is False:
        return [f"{reader.name} has not consented to be contacted: send nothing by e-mail."]
    return []
