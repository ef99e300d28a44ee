"""The journeys mart: one row a lead, from stage changes, touches, owners and opportunities."""

from collections.abc import Mapping
from functools import reduce
from typing import Any

import narwhals as nw

from knowledge.warehouse.identity import ANONYMOUS, PERSON
from knowledge.warehouse.mart import mart_columns
from knowledge.warehouse.schema import STANDARD_SEGMENTS
from knowledge.warehouse.stages import StageMap

Frame = nw.LazyFrame[Any]
Frames = Mapping[str, Frame]

# What an inbound touch must be to count as an answer of the person, not just a visit.
TWO_WAY_ACTIONS = (
    "reply",
    "email_reply",
    "replied",
    "meeting",
    "meeting_held",
    "meeting_attended",
    "call",
    "call_connected",
    "demo",
    "demo_held",
    "demo_attended",
    "demo_request",
    "demo_requested",
    "chat",
)
INBOUND, OUTBOUND = "inbound", "outbound"
# Segments that a person may lack and the company has.
FROM_ACCOUNT = ("region", "country", "industry", "size_band")
TABLES_READ = (
    "person",
    "account",
    "owner",
    "opportunity",
    "campaign",
    "product",
    "touch",
    "stage_change",
    "assignment",
    "identity",
)


def journeys(
    frames: Frames,
    stage_map: StageMap,
    own_segments: tuple[str, ...] = (),
    only: Frame | None = None,
) -> Frame:
    """Compute the mart, or a part of it, on any engine that Narwhals speaks.

    Args:
        frames: The canonical tables of ``TABLES_READ``.
        stage_map: The funnel.
        own_segments: Segments that the mapping named itself.
        only: One column ``journey_id``: compute these journeys only.

    Returns:
        One row a journey with the columns of ``mart_columns``. A journey is a person record whose
        stages moved, or an opportunity that belongs to no person.
    """
    every = _journey_ids(frames)
    chosen = every if only is None else every.join(only, on="journey_id", how="semi")
    entities = _entities(frames, every)
    base = _with_records(chosen, frames)
    base = base.join(entities, on="journey_id", how="left")
    base = base.join(_linked_opportunities(frames, every, entities), on="journey_id", how="left")
    base = base.join(_moves(frames, chosen, stage_map), on="journey_id", how="left")
    base = base.join(_assignments(frames, chosen), on="journey_id", how="left")
    anchor = "first_mql" if "mql" in stage_map.stages else f"first_{stage_map.stages[0]}"
    reached = base.select("journey_id", "entity_id", since=nw.col(anchor))
    base = base.join(_touches(frames, reached), on="journey_id", how="left")
    base = _with_owner_account_campaign(base, frames)
    return base.select(*_columns(stage_map, own_segments, _names(frames)))


def _names(frames: Frames) -> dict[str, set[str]]:
    return {
        name: set(frames[name].collect_schema().names())
        for name in (PERSON, "opportunity", "account")
    }


def _own(frames: Frames) -> Frame:
    """Select the opportunities that belong to no person."""
    return frames["opportunity"].filter(nw.col("person_id").is_null())


def _journey_ids(frames: Frames) -> Frame:
    moved = frames["stage_change"].select("journey_id")
    alone = _own(frames).select(journey_id=nw.col("id"))
    return nw.concat([moved, alone]).unique()


def _prefixed(frame: Frame, prefix: str, key: str) -> Frame:
    """Rename a frame's columns so that it can be joined beside others."""
    names = frame.collect_schema().names()
    return frame.select(
        nw.col(key).alias("journey_id"), *(nw.col(n).alias(f"{prefix}{n}") for n in names)
    )


def _with_records(chosen: Frame, frames: Frames) -> Frame:
    return chosen.join(_prefixed(frames["person"], "p_", "id"), on="journey_id", how="left")


def _entities(frames: Frames, every: Frame) -> Frame:
    """Give each journey the entity of its person, and the account that the entity is known by."""
    identity = frames["identity"].filter(nw.col("entity") == PERSON).select("id", "entity_id")
    members = frames["person"].select("id", "account_id").join(identity, on="id", how="inner")
    accounts = members.group_by("entity_id").agg(entity_account_id=nw.col("account_id").max())
    return (
        every.join(identity, left_on="journey_id", right_on="id", how="inner")
        .select("journey_id", "entity_id")
        .join(accounts, on="entity_id", how="left")
        .select("journey_id", "entity_id", "entity_account_id")
    )


def _linked_opportunities(frames: Frames, every: Frame, entities: Frame) -> Frame:
    """Give each journey its opportunity; the one with the greatest id where it has several."""
    identity = frames["identity"].filter(nw.col("entity") == PERSON)
    linked = frames["opportunity"].filter(~nw.col("person_id").is_null())
    direct = every.select("journey_id", direct=nw.col("journey_id"))
    through = entities.group_by("entity_id").agg(through=nw.col("journey_id").max())
    by_person = (
        linked.select("id", "person_id")
        .join(direct, left_on="person_id", right_on="journey_id", how="left")
        .join(identity.select(person_id="id", entity="entity_id"), on="person_id", how="left")
        .join(through, left_on="entity", right_on="entity_id", how="left")
        .select("id", journey_id=nw.coalesce(nw.col("direct"), nw.col("through")))
        .filter(~nw.col("journey_id").is_null())
    )
    alone = _own(frames).select("id", journey_id=nw.col("id"))
    links = nw.concat([by_person, alone.select("id", "journey_id")])
    one = links.group_by("journey_id").agg(nw.col("id").max())
    names = [n for n in frames["opportunity"].collect_schema().names() if n != "id"]
    renamed = frames["opportunity"].select("id", *(nw.col(n).alias(f"o_{n}") for n in names))
    return one.join(renamed, on="id", how="inner").drop("id")


def _moves(frames: Frames, chosen: Frame, stage_map: StageMap) -> Frame:
    """Pivot stage changes: first and last time of each stage, the newest one, and recycles."""
    names = (*stage_map.stages, *stage_map.exits)
    moves = (
        frames["stage_change"]
        .join(chosen, on="journey_id", how="semi")
        .filter(nw.col("to_stage").is_in(names))
        .select("journey_id", "to_stage", "at")
        .unique()
    )
    timed = moves.with_columns(
        *(nw.when(nw.col("to_stage") == name).then(nw.col("at")).alias(name) for name in names),
        recycle=nw.when(nw.col("to_stage") == "recycled").then(nw.lit(1)).otherwise(nw.lit(0)),
        exit=nw.when(nw.col("to_stage").is_in(stage_map.exits)).then(nw.col("at")),
        newest=nw.col("at").max().over("journey_id"),
        rank=_rank(names),
    )
    pivoted = timed.group_by("journey_id").agg(
        *(nw.col(name).min().alias(f"first_{name}") for name in names),
        *(nw.col(name).max().alias(f"last_{name}") for name in names),
        recycles=nw.col("recycle").sum(),
        first_move=nw.col("at").min(),
        last_move=nw.col("at").max(),
        last_exit=nw.col("exit").max(),
    )
    # Of several changes at one time the one furthest on is where the journey stands.
    current = (
        timed.filter(nw.col("at") == nw.col("newest"))
        .group_by("journey_id")
        .agg(nw.col("rank").max())
        .select("journey_id", moved_to=_named(names))
    )
    return pivoted.join(current, on="journey_id", how="left")


def _rank(names: tuple[str, ...]) -> nw.Expr:
    def step(rest: nw.Expr, place: int) -> nw.Expr:
        return nw.when(nw.col("to_stage") == names[place]).then(nw.lit(place)).otherwise(rest)

    return reduce(step, range(len(names)), nw.lit(-1))


def _named(names: tuple[str, ...]) -> nw.Expr:
    def step(rest: nw.Expr, place: int) -> nw.Expr:
        return nw.when(nw.col("rank") == place).then(nw.lit(names[place])).otherwise(rest)

    return reduce(step, range(1, len(names)), nw.lit(names[0]))


def _assignments(frames: Frames, chosen: Frame) -> Frame:
    return (
        frames["assignment"]
        .filter(~nw.col("to_owner_id").is_null())
        .join(chosen, on="journey_id", how="semi")
        .group_by("journey_id")
        .agg(first_assigned_at=nw.col("at").min(), owners=nw.len())
    )


def _touches(frames: Frames, reached: Frame) -> Frame:
    """Count the touches of each journey's person, over all the person's records and devices."""
    identity = frames["identity"].select("id", "entity_id")
    wanted = reached.filter(~nw.col("entity_id").is_null())
    touch = frames["touch"].select(
        "at", "owner_id", "action", "direction", "person_id", "anonymous_id"
    )
    named = touch.filter(~nw.col("person_id").is_null()).join(
        identity, left_on="person_id", right_on="id", how="inner"
    )
    visits = (
        touch.filter(nw.col("person_id").is_null() & ~nw.col("anonymous_id").is_null())
        .with_columns(visitor=nw.concat_str(nw.lit(f"{ANONYMOUS}:"), nw.col("anonymous_id")))
        .join(identity, left_on="visitor", right_on="id", how="inner")
    )
    names = ["entity_id", "at", "owner_id", "action", "direction"]
    touches = nw.concat([named.select(names), visits.select(names)]).join(
        wanted, on="entity_id", how="inner"
    )
    direction = nw.col("direction").str.to_lowercase()
    answers = (direction == INBOUND) & nw.col("action").str.to_lowercase().is_in(TWO_WAY_ACTIONS)
    responds = (
        (direction == OUTBOUND) & ~nw.col("owner_id").is_null() & (nw.col("at") >= nw.col("since"))
    )
    return (
        touches.with_columns(
            answered=nw.when(answers).then(nw.col("at")),
            responded=nw.when(responds).then(nw.col("at")),
        )
        .group_by("journey_id")
        .agg(
            touch_count=nw.len(),
            last_touch_at=nw.col("at").max(),
            last_two_way_at=nw.col("answered").max(),
            first_response_at=nw.col("responded").min(),
        )
    )


def _with_owner_account_campaign(base: Frame, frames: Frames) -> Frame:
    base = base.with_columns(
        account_id=nw.coalesce("p_account_id", "o_account_id", "entity_account_id"),
        owner_id=nw.coalesce("p_owner_id", "o_owner_id"),
        campaign_id=nw.coalesce("p_campaign_id", "o_campaign_id"),
    )
    accounts = frames["account"].collect_schema().names()
    account = frames["account"].select(
        nw.col("id").alias("account_id"),
        *(nw.col(n).alias(f"a_{n}") for n in accounts if n != "id"),
    )
    owner = frames["owner"].select(owner_id="id", owner="name", team="team")
    campaign = frames["campaign"].select(campaign_id="id", campaign="name")
    product = frames["product"].select(o_product_id="id", product_product_line="product_line")
    return (
        base.join(account, on="account_id", how="left")
        .join(owner, on="owner_id", how="left")
        .join(campaign, on="campaign_id", how="left")
        .join(product, on="o_product_id", how="left")
    )


def _columns(
    stage_map: StageMap, own_segments: tuple[str, ...], names: dict[str, set[str]]
) -> list[nw.Expr]:
    # Won stays won unless an exit follows: a customer's next inquiry takes nothing back, and in
    # day-grained data a win can carry an earlier time than the step before it.
    final = f"last_{stage_map.stages[-1]}"
    won = ~nw.col(final).is_null() & (
        nw.col("last_exit").is_null() | (nw.col(final) >= nw.col("last_exit"))
    )
    moved = nw.when(won).then(nw.lit(stage_map.stages[-1])).otherwise(nw.col("moved_to"))
    current = nw.coalesce(moved, nw.col("o_stage"))
    done = (stage_map.stages[-1], "lost", "disqualified")
    handoffs = nw.when(nw.col("owners") > 1).then(nw.col("owners") - 1).otherwise(nw.lit(0))
    given: dict[str, nw.Expr] = {
        "id": nw.col("journey_id"),
        "person_id": nw.col("entity_id"),
        "name": nw.coalesce("p_name", "o_name"),
        "email": nw.col("p_email"),
        "created_at": nw.coalesce("p_created_at", "o_created_at", "first_move"),
        "current_stage": current,
        "current_since": nw.when(won).then(nw.col(final)).otherwise(nw.col("last_move")),
        "recycles": nw.coalesce(nw.col("recycles"), nw.lit(0)).cast(nw.Int64),
        "handoffs": handoffs.cast(nw.Int64),
        "touches": nw.coalesce(nw.col("touch_count"), nw.lit(0)).cast(nw.Int64),
        "score": nw.col("p_score"),
        "consent": nw.col("p_consent"),
        "value": nw.col("o_amount"),
        "is_open": ~nw.coalesce(current, nw.lit("")).is_in(done),
        "lead_source": nw.col("p_lead_source"),
        "persona": nw.col("p_persona"),
        "product_line": nw.coalesce("p_product_line", "o_product_line", "product_product_line"),
    }
    for segment in FROM_ACCOUNT:
        given[segment] = nw.coalesce(f"p_{segment}", f"a_{segment}")
    owners = (("p", PERSON), ("o", "opportunity"), ("a", "account"))
    for segment in own_segments:
        held = [f"{prefix}_{segment}" for prefix, table in owners if segment in names[table]]
        given[segment] = nw.coalesce(*held) if held else nw.lit(None, nw.String)
    wanted = mart_columns(stage_map, own_segments)
    assert set(STANDARD_SEGMENTS) <= set(wanted)  # noqa: S101 - the mart's definition holds them all
    return [given.get(name, nw.col(name)).alias(name) for name in wanted]
