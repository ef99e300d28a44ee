"""The reader: what is known of a person before something is sent to them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import narwhals as nw

from knowledge.errors import BadInputError
from knowledge.warehouse.reads import ReadsWarehouse
from tools.content.judgements import Kind

RECENT = timedelta(days=60)


@dataclass(frozen=True)
class Reader:
    """Describe a person to whom content may go.

    Attributes:
        id: Id of the journey, or of the person where no stage ever moved.
        entity: Who it is, over all records of the person.
        stage: Present stage; None where unknown.
        next_stage: The one after it; None where there is none.
        consent: False where the person may not be contacted; None where nothing is recorded.
        had: Library id of each piece that reached them or that they opened, to how often.
        recent_formats: How often they met each format in the past 60 days.
        owner_id: Whose lead it is; None where unknown.
        records: Ids of all records of the person.
    """

    id: str
    entity: str
    name: str
    stage: str | None = None
    next_stage: str | None = None
    persona: str | None = None
    industry: str | None = None
    consent: bool | None = None
    had: Mapping[str, int] = field(default_factory=dict)
    recent_formats: Mapping[str, int] = field(default_factory=dict)
    owner_id: str | None = None
    records: tuple[str, ...] = ()


def read_reader(snapshot: ReadsWarehouse, person: str) -> Reader:
    """Read a person with all that they have had.

    Args:
        snapshot: The warehouse version.
        person: Id of a journey or of a person record.

    Raises:
        BadInputError: There is no such person.
    """
    identity = snapshot.table("identity").filter(nw.col("entity") == "person")
    known = rows(identity.filter(nw.col("id") == person).select("entity_id"))
    entity = known[0]["entity_id"] if known else person
    journey = rows(
        snapshot.table("journeys")
        .filter((nw.col("journey_id") == person) | (nw.col("person_id") == entity))
        .sort("current_since", descending=True, nulls_last=True)
        .head(1)
    )
    record = journey or rows(snapshot.table("person").filter(nw.col("id") == person))
    if not record:
        raise BadInputError(f"There is no lead or person {person} in the data.")
    found = record[0]
    entity = found.get("person_id") or entity
    records = [row["id"] for row in rows(identity.filter(nw.col("entity_id") == entity))]
    everything = tuple(sorted({*records, entity, person}))
    had, formats = _had(snapshot, everything)
    return Reader(
        id=found.get("journey_id") or person,
        entity=entity,
        name=found.get("name") or person,
        stage=found.get("current_stage"),
        next_stage=dict(snapshot.stage_map.transitions).get(found.get("current_stage", "")),
        persona=found.get("persona"),
        industry=found.get("industry"),
        consent=found.get("consent"),
        had=had,
        recent_formats=formats,
        owner_id=found.get("owner_id"),
        records=everything,
    )


def kinds_of(snapshot: ReadsWarehouse, people: Iterable[str]) -> dict[str, Kind]:
    """Say what sort of person each of some is, by entity; unknown ones are left out."""
    wanted = sorted(set(people))
    if not wanted:
        return {}
    known = snapshot.table("person").filter(nw.col("id").is_in(wanted)).select("id", "persona")
    kinds = {row["id"]: Kind(persona=row["persona"]) for row in rows(known)}
    journeys = snapshot.table("journeys").filter(nw.col("person_id").is_in(wanted))
    columns = [
        name
        for name in ("person_id", "persona", "current_stage")
        if name in journeys.collect_schema().names()
    ]
    for row in rows(journeys.sort("current_since", nulls_last=False).select(columns)):
        kinds[row["person_id"]] = Kind(row.get("persona"), row.get("current_stage"))
    return kinds


def _had(snapshot: ReadsWarehouse, records: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Count by piece, and the formats of the past 60 days; sent counts as had."""
    content = snapshot.table("content").select(
        content_id="id", piece="source_id", kind=nw.col("format")
    )
    touches = rows(
        snapshot.table("touch")
        .filter(nw.col("person_id").is_in(list(records)), ~nw.col("content_id").is_null())
        .select("content_id", "at")
        .join(content, on="content_id", how="left")
    )
    pieces = Counter(row["piece"] or library_id(row["content_id"]) for row in touches)
    since = snapshot.as_of - RECENT
    formats = Counter(str(row["kind"]) for row in touches if row["kind"] and row["at"] >= since)
    return dict(pieces), dict(formats)


def library_id(content_id: str) -> str:
    """Give a piece's own id, without the name of the source before it."""
    return content_id.rpartition(":")[2]


def rows(frame: nw.LazyFrame[Any]) -> list[dict[str, Any]]:
    """Collect a small frame as rows."""
    return list(frame.collect("pyarrow").iter_rows(named=True))
