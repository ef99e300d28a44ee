"""Next-best content: what to send a person next, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import narwhals as nw

from knowledge.library.documents import Document
from knowledge.warehouse.reads import ReadsWarehouse
from tools.content.judgements import Judged, Judgement, Kind, judged_for
from tools.content.occasion import FollowUp, Occasion, last_time
from tools.content.reader import Reader, kinds_of, read_reader, rows
from tools.content.similar import Reading, Similar, similar_reading

# Weights of the parts, each between 0 and 1; judged, not fitted: what a lead is ready for counts
# most, a coincidence with wins counts little. They add up to 1.
STAGE, PERSONA, INDUSTRY, WON, FRESH = 0.35, 0.2, 0.2, 0.15, 0.1
TIRED = 0.15  # taken off for each recent touch of the same format beyond the first
# Added or taken off on top, where somebody said more than whom it is for.
OCCASION = 0.15  # a format that suits what just happened
TOPIC = 0.2  # the piece that is nearest to what was said; those behind it get less
REFUSED = 1.5  # times how far the share that finds it not useful lies above what is usual
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
class Situation:
    """Hold what somebody said beside whom they ask for.

    Attributes:
        occasion: What just happened.
        topic: Library id to a verbatim quote, of the pieces that speak of what was said, the
            nearest first.
    """

    occasion: Occasion | None = None
    topic: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Part:
    score: float
    why: str | None = None


@dataclass(frozen=True)
class _Extra:
    """Hold what counts beside the five parts."""

    judged: Judged
    topic: Mapping[str, str]
    follow_up: FollowUp | None = None


def next_content(
    snapshot: ReadsWarehouse,
    library: HoldsDocuments,
    person: str,
    *,
    limit: int = 5,
    today: date | None = None,
    judgements: Sequence[Judgement] = (),
    situation: Situation | None = None,
) -> dict[str, Any]:
    """Rank the content that a person should get next.

    Never offers what the person has had, what expired, what is internal, what was written for
    other industries, or what was judged not useful for them.

    Args:
        snapshot: The warehouse version.
        library: The library with its content.
        person: Id of a journey or of a person record.
        limit: How many pieces at most.
        today: Day on which expiry is judged; the later of the current day and the data's last day
            by default.
        judgements: What people thought of pieces, from oldest to newest.
        situation: What was said beside whom it is for.

    Returns:
        ``for`` (name), ``id``, ``entity``, ``as_of``, ``warehouse_version``, ``notes`` and
        ``items``, each with ``id``, ``title``, ``score`` (0 to 1) and ``why`` (sentences).

    Raises:
        BadInputError: There is no such person.
    """
    reader = read_reader(snapshot, person)
    day = today or max(datetime.now(UTC).date(), snapshot.as_of.date())
    similar = similar_reading(snapshot, reader.industry)
    published = _published(snapshot)
    extra = _extra(snapshot, reader, judgements, situation or Situation())
    usable = [
        document
        for document in library.documents("content")
        if document.audience == "external"
        and not document.is_expired(day)
        and document.id not in reader.had
        and document.id not in extra.judged.refused
        and (not document.industry or reader.industry in document.industry)
    ]
    ranked = sorted(
        (
            _item(document, reader, similar, extra, published=published.get(document.id), day=day)
            for document in usable
        ),
        key=lambda item: (-item["score"], item["id"]),
    )
    return {
        "for": reader.name,
        "id": reader.id,
        "entity": reader.entity,
        "as_of": f"{snapshot.as_of:%Y-%m-%dT%H:%M:%SZ}",
        "warehouse_version": snapshot.version,
        "notes": _notes(reader),
        "items": ranked[:limit],
    }


def _extra(
    snapshot: ReadsWarehouse, reader: Reader, judgements: Sequence[Judgement], situation: Situation
) -> _Extra:
    others = {judgement.entity for judgement in judgements}
    kind = Kind(reader.persona, reader.stage)
    judged = judged_for(reader.entity, kind, judgements, kinds_of(snapshot, others))
    occasion, follow_up = situation.occasion, None
    if occasion is not None:
        follow_up = FollowUp(occasion, last_time(snapshot, occasion, reader.records))
    return _Extra(judged, situation.topic, follow_up)


def _item(
    document: Document,
    reader: Reader,
    similar: Similar,
    extra: _Extra,
    *,
    published: date | None,
    day: date,
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
    for change, reason in _changes(document, extra):
        score += change
        why.append(reason)
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
        "score": round(min(max(score, 0.0), 1.0), 3),
        "why": why,
    }


def _changes(document: Document, extra: _Extra) -> Iterator[tuple[float, str]]:
    """Give what the situation adds and what judgements take off, each with its reason."""
    follow_up = extra.follow_up
    if follow_up is not None and document.format and follow_up.occasion.suits(document.format):
        yield OCCASION, follow_up.reason(document.format)
    if document.id in extra.topic:
        place = list(extra.topic).index(document.id)
        yield (
            TOPIC / (1 + place),
            f"Speaks of what was said: \u201c{extra.topic[document.id]}\u201d",
        )
    opinion = extra.judged.opinions.get(document.id)
    if opinion is not None and opinion.loss > 0:
        yield -REFUSED * opinion.loss, opinion.sentence


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
