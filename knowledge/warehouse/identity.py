"""Decide which person records are one person: equal normalised e-mail, and nothing else yet."""

from typing import Any

import narwhals as nw

PERSON = "person"
ANONYMOUS = "anonymous"


def resolve_people(person: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Give every person record, and every anonymous visitor id on one, its entity.

    Args:
        person: The canonical table.

    Returns:
        Rows of ``identity``: a person record's own id (``entity`` person) or the visitor id with
        the prefix ``anonymous:`` (``entity`` anonymous), the entity it belongs to (the smallest id
        among the records of one e-mail address), the rule and its probability.
    """
    normal = nw.col("email").str.strip_chars().str.to_lowercase()
    known = person.with_columns(address=nw.when(normal != "").then(normal))
    addressed = known.filter(~nw.col("address").is_null()).with_columns(
        entity_id=nw.col("id").min().over("address"), rule=nw.lit("email")
    )
    alone = known.filter(nw.col("address").is_null()).with_columns(
        entity_id=nw.col("id"), rule=nw.lit("self")
    )
    names = ["id", "entity_id", "rule", "source", "source_id", "anonymous_id"]
    records = nw.concat([addressed.select(names), alone.select(names)])
    people = records.select("id", "entity_id", "rule", "source", "source_id", entity=nw.lit(PERSON))
    # A device that two people used goes to one of them, the same at every load.
    visitors = (
        records.filter(~nw.col("anonymous_id").is_null())
        .group_by("anonymous_id")
        .agg(nw.col("entity_id").min(), nw.col("source").min())
        .select(
            "entity_id",
            "source",
            id=nw.concat_str(nw.lit(f"{ANONYMOUS}:"), nw.col("anonymous_id")),
            rule=nw.lit("anonymous_id"),
            source_id=nw.col("anonymous_id"),
            entity=nw.lit(ANONYMOUS),
        )
    )
    columns = ["id", "entity", "entity_id", "rule", "source", "source_id"]
    return nw.concat([people.select(columns), visitors.select(columns)]).with_columns(
        probability=nw.lit(1.0)
    )
