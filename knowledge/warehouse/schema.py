"""The canonical tables: names, columns and types, one place for all of them."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "number", "flag", "time"]


@dataclass(frozen=True)
class Table:
    """Describe a canonical table.

    Attributes:
        name: Table name.
        columns: Column name to kind. ``time`` is a UTC timestamp with microseconds, without zone.
        references: Column name to the table whose ``id`` it holds.
    """

    name: str
    columns: dict[str, Kind]
    references: dict[str, str]


# On every canonical row: which source it came from, its id there, and the load that wrote it last.
PROVENANCE: dict[str, Kind] = {"source": "text", "source_id": "text", "load_id": "text"}


def _table(name: str, columns: dict[str, Kind], **references: str) -> Table:
    return Table(name, {"id": "text", **columns, **PROVENANCE}, references)


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _table(
            "account",
            {
                "name": "text",
                "domain": "text",
                "industry": "text",
                "employees": "integer",
                "size_band": "text",
                "region": "text",
                "country": "text",
                "owner_id": "text",
                "parent_id": "text",
                "annual_revenue": "number",
                "is_customer": "flag",
                "renewal_at": "time",
                "created_at": "time",
            },
            owner_id="owner",
            parent_id="account",
        ),
        _table(
            "person",
            {
                "name": "text",
                "email": "text",
                "title": "text",
                "persona": "text",
                "company": "text",
                "account_id": "text",
                "owner_id": "text",
                "campaign_id": "text",
                "lead_source": "text",
                "industry": "text",
                "region": "text",
                "country": "text",
                "size_band": "text",
                "product_line": "text",
                "score": "number",
                "consent": "flag",
                "anonymous_id": "text",
                "created_at": "time",
            },
            account_id="account",
            owner_id="owner",
            campaign_id="campaign",
        ),
        _table(
            "owner",
            {
                "name": "text",
                "email": "text",
                "role": "text",
                "team": "text",
                "region": "text",
                "manager_id": "text",
                "is_active": "flag",
            },
            manager_id="owner",
        ),
        _table(
            "opportunity",
            {
                "name": "text",
                "person_id": "text",
                "account_id": "text",
                "owner_id": "text",
                "product_id": "text",
                "product_line": "text",
                "campaign_id": "text",
                "stage": "text",
                "amount": "number",
                "created_at": "time",
                "closed_at": "time",
            },
            person_id="person",
            account_id="account",
            owner_id="owner",
            product_id="product",
            campaign_id="campaign",
        ),
        _table(
            "campaign",
            {"name": "text", "channel": "text", "started_at": "time", "ended_at": "time"},
        ),
        _table(
            "content",
            {
                "title": "text",
                "format": "text",
                "stage": "text",
                "persona": "text",
                "industry": "text",
                "url": "text",
                "published_at": "time",
            },
        ),
        _table("product", {"name": "text", "product_line": "text", "price": "number"}),
        _table(
            "touch",
            {
                "person_id": "text",
                "account_id": "text",
                "anonymous_id": "text",
                "owner_id": "text",
                "campaign_id": "text",
                "content_id": "text",
                "at": "time",
                "channel": "text",
                "action": "text",
                "direction": "text",
                "depth": "number",
            },
            person_id="person",
            account_id="account",
            owner_id="owner",
            campaign_id="campaign",
            content_id="content",
        ),
        _table(
            "stage_change",
            {
                "journey_id": "text",
                "from_stage": "text",
                "to_stage": "text",
                "at": "time",
                "by_id": "text",
                "reason": "text",
            },
            by_id="owner",
        ),
        _table(
            "assignment",
            {
                "journey_id": "text",
                "from_owner_id": "text",
                "to_owner_id": "text",
                "at": "time",
                "reason": "text",
            },
            from_owner_id="owner",
            to_owner_id="owner",
        ),
        _table(
            "identity",
            {"entity": "text", "entity_id": "text", "probability": "number", "rule": "text"},
        ),
        _table(
            "load",
            {
                "file": "text",
                "table": "text",
                "sha256": "text",
                "mapping_sha256": "text",
                "rows": "integer",
                "rejected": "integer",
                "loaded_at": "time",
            },
        ),
        _table(
            "quality_issue",
            {
                "table": "text",
                "file": "text",
                "line": "integer",
                "column": "text",
                "reason": "text",
                "value": "text",
                "severity": "text",
            },
        ),
    )
}

# What an analyst may cut the funnel by without naming it in a mapping file.
STANDARD_SEGMENTS = (
    "lead_source",
    "campaign",
    "region",
    "country",
    "industry",
    "size_band",
    "persona",
    "product_line",
    "owner",
    "team",
)
