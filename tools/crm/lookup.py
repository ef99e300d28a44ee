"""Look-up: one record with its stage, owner, last touches, score, opportunity and account."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import narwhals as nw

from knowledge.warehouse.reads import ReadsWarehouse
from tools.crm.directory import Entry, directory_of

_TOUCHES = 5
_CONTENT = 10
_LEADS = 10


class Snapshot(ReadsWarehouse, Protocol):
    """A warehouse version as a look-up reads it."""

    @property
    def as_of(self) -> datetime:
        """Tell until when the data speaks."""

    @property
    def segments(self) -> tuple[str, ...]:
        """Name the segment columns that hold any value."""


def lookup(snapshot: Snapshot, query: str, kind: str | None = None) -> dict[str, Any]:
    """Look a record up by a name, an e-mail address or an id.

    Args:
        snapshot: The warehouse version.
        query: What somebody typed.
        kind: ``lead``, ``person``, ``account``, ``owner`` or ``opportunity``; any by default.

    Returns:
        ``query``, ``as_of``, ``warehouse_version`` and ``status``. Where it is ``found``: ``kind``,
        ``id``, ``name``, ``details`` (label to value), and ``touches``, ``content`` and ``leads``
        where there are any. Where it is ``ambiguous``: ``candidates``. Where it is ``not_found``:
        ``candidates`` that are near, maybe none.

    Raises:
        UnknownKindError: There is no such kind.
    """
    directory = directory_of(snapshot)
    found = directory.resolve(query, kind)
    head: dict[str, Any] = {
        "query": query,
        "as_of": iso(snapshot.as_of),
        "warehouse_version": snapshot.version,
    }
    if found.match is None:
        status = "ambiguous" if found.candidates else "not_found"
        shown = found.candidates or found.near
        return {**head, "status": status, "candidates": [entry.as_dict() for entry in shown]}
    entry = found.match
    head |= {"status": "found", "kind": entry.kind, "id": entry.id, "name": entry.name or entry.id}
    if entry.kind in ("lead", "person"):
        return head | _person(snapshot, entry)
    if entry.kind == "account":
        return head | _account(snapshot, entry)
    if entry.kind == "owner":
        return head | _owner(snapshot, entry)
    return head | _opportunity(snapshot, entry)


def iso(moment: datetime | None) -> str | None:
    """Write a naive UTC time in ISO form."""
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _person(snapshot: Snapshot, entry: Entry) -> dict[str, Any]:
    person = _row(snapshot, "person", entry.id)
    journey = _first(
        snapshot.table("journeys")
        .filter((nw.col("journey_id") == entry.id) | (nw.col("person_id") == entry.entity))
        .sort("current_since", descending=True, nulls_last=True)
    )
    deal = _first(
        snapshot.table("opportunity")
        .filter(nw.col("person_id").is_in(_records(snapshot, entry.entity)))
        .sort("created_at", descending=True, nulls_last=True)
    )
    names = _names_of(snapshot, account=journey.get("account_id") or person.get("account_id"))
    segments = {name: journey.get(name) for name in snapshot.segments if name != "owner"}
    details = {
        "email": person.get("email"),
        "title": person.get("title"),
        "account": names.get("account") or person.get("company"),
        "stage": journey.get("current_stage"),
        "in stage since": iso(journey.get("current_since")),
        "owner": journey.get("owner"),
        "score": person.get("score"),
        "opportunity": deal.get("name"),
        "amount": deal.get("amount"),
        "recycled": journey.get("recycles"),
        "handoffs": journey.get("handoffs"),
        "first response": iso(journey.get("first_response_at")),
        "touches": journey.get("touches"),
        "last touch": iso(journey.get("last_touch_at")),
        "last two-way touch": iso(journey.get("last_two_way_at")),
        "consent": journey.get("consent"),
        **segments,
    }
    return {
        "details": _known(details),
        "references": _known(
            {
                "account_id": journey.get("account_id") or person.get("account_id"),
                "owner_id": journey.get("owner_id") or person.get("owner_id"),
                "opportunity_id": deal.get("id"),
            }
        ),
        **_touched(snapshot, nw.col("person_id").is_in(_records(snapshot, entry.entity))),
    }


def _account(snapshot: Snapshot, entry: Entry) -> dict[str, Any]:
    account = _row(snapshot, "account", entry.id)
    names = _names_of(snapshot, owner=account.get("owner_id"), parent=account.get("parent_id"))
    journeys = snapshot.table("journeys").filter(nw.col("account_id") == entry.id)
    details = {
        "industry": account.get("industry"),
        "region": account.get("region"),
        "country": account.get("country"),
        "employees": account.get("employees"),
        "domain": account.get("domain"),
        "owner": names.get("owner"),
        "parent": names.get("parent"),
        "customer": account.get("is_customer"),
        "renewal": iso(account.get("renewal_at")),
        "annual revenue": account.get("annual_revenue"),
        "leads": _count(journeys),
        "open leads": _count(journeys.filter(nw.col("is_open"))),
    }
    people = journeys.select("person_id").collect("pyarrow")["person_id"].to_list()
    entities = sorted({person for person in people if person})
    touching = (nw.col("account_id") == entry.id) | nw.col("person_id").is_in(
        _records(snapshot, *entities)
    )
    return {
        "details": _known(details),
        "references": _known({"owner_id": account.get("owner_id")}),
        "leads": _leads(journeys),
        **_touched(snapshot, touching),
    }


def _owner(snapshot: Snapshot, entry: Entry) -> dict[str, Any]:
    owner = _row(snapshot, "owner", entry.id)
    journeys = snapshot.table("journeys").filter(nw.col("owner_id") == entry.id)
    details = {
        "role": owner.get("role"),
        "team": owner.get("team"),
        "region": owner.get("region"),
        "email": owner.get("email"),
        "manager": _names_of(snapshot, owner=owner.get("manager_id")).get("owner"),
        "active": owner.get("is_active"),
        "leads": _count(journeys),
        "open leads": _count(journeys.filter(nw.col("is_open"))),
    }
    return {"details": _known(details), "leads": _leads(journeys)}


def _opportunity(snapshot: Snapshot, entry: Entry) -> dict[str, Any]:
    deal = _row(snapshot, "opportunity", entry.id)
    names = _names_of(
        snapshot,
        account=deal.get("account_id"),
        owner=deal.get("owner_id"),
        person=deal.get("person_id"),
    )
    details = {
        "stage": deal.get("stage"),
        "amount": deal.get("amount"),
        **names,
        "product line": deal.get("product_line"),
        "created": iso(deal.get("created_at")),
        "closed": iso(deal.get("closed_at")),
    }
    references = {name: deal.get(name) for name in ("account_id", "owner_id", "person_id")}
    person = deal.get("person_id")
    touched = (
        _touched(snapshot, nw.col("person_id").is_in(_records(snapshot, person))) if person else {}
    )
    return {"details": _known(details), "references": _known(references), **touched}


def _row(snapshot: Snapshot, table: str, identity: str) -> dict[str, Any]:
    return _first(snapshot.table(table).filter(nw.col("id") == identity))


def _first(frame: nw.LazyFrame[Any]) -> dict[str, Any]:
    rows = frame.head(1).collect("pyarrow").rows(named=True)
    return dict(rows[0]) if rows else {}


def _count(frame: nw.LazyFrame[Any]) -> int:
    return int(frame.select(nw.len()).collect("pyarrow").item())


def _names_of(snapshot: Snapshot, **references: str | None) -> dict[str, str]:
    """Give the names behind references, keyed as the references are."""
    tables = {"parent": "account"}
    found = {
        label: _row(snapshot, tables.get(label, label), identity).get("name")
        for label, identity in references.items()
        if identity
    }
    return {label: name for label, name in found.items() if name}


def _records(snapshot: Snapshot, *entities: str) -> list[str]:
    """List the person records that are one of some people, under whichever id they are known."""
    if not entities:
        return []
    identity = snapshot.table("identity").filter(nw.col("entity_id").is_in(entities))
    ids = identity.select("id").collect("pyarrow")["id"].to_list()
    return sorted({*ids, *entities})


def _touched(snapshot: Snapshot, whose: nw.Expr) -> dict[str, Any]:
    """Give the latest touches, and the content that was seen, newest first."""
    content = snapshot.table("content").select(content_id="id", content="title")
    campaign = snapshot.table("campaign").select(campaign_id="id", campaign="name")
    mine = snapshot.table("touch").filter(whose)
    names = ["at", "channel", "action", "direction", "content", "campaign"]
    touches = (
        mine.join(content, on="content_id", how="left")
        .join(campaign, on="campaign_id", how="left")
        .select(*names)
        .sort("at", descending=True, nulls_last=True)
        .head(_TOUCHES)
    )
    seen = (
        mine.join(content, on="content_id", how="inner")
        .group_by("content_id", "content")
        .agg(last=nw.col("at").max(), times=nw.len())
        .sort("last", descending=True)
        .head(_CONTENT)
    )
    return {
        "touches": [{**row, "at": iso(row["at"])} for row in _rows(touches)],
        "content": [
            {
                "id": row["content_id"],
                "title": row["content"] or row["content_id"],
                "last": iso(row["last"]),
                "times": row["times"],
            }
            for row in _rows(seen)
        ],
    }


def _leads(journeys: nw.LazyFrame[Any]) -> list[dict[str, Any]]:
    columns = ["journey_id", "name", "current_stage", "current_since"]
    newest = (
        journeys.filter(nw.col("is_open"))
        .select(*columns)
        .sort("current_since", descending=True, nulls_last=True)
        .head(_LEADS)
    )
    return [
        {
            "id": row["journey_id"],
            "name": row["name"],
            "stage": row["current_stage"],
            "since": iso(row["current_since"]),
        }
        for row in _rows(newest)
    ]


def _rows(frame: nw.LazyFrame[Any]) -> Sequence[dict[str, Any]]:
    return [dict(row) for row in frame.collect("pyarrow").rows(named=True)]


def _known(details: dict[str, Any]) -> dict[str, Any]:
    return {label: value for label, value in details.items() if value is not None}
