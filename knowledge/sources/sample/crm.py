"""The CRM's records: users, campaigns, products, accounts, leads with their history, deals."""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from knowledge.sources.sample.catalog import DIMENSIONS, PRODUCTS
from knowledge.sources.sample.clock import DAY, END, START
from knowledge.sources.sample.columns import NEVER, choose, some, stream
from knowledge.sources.sample.company import REGIONS, ZONES
from knowledge.sources.sample.deals import write_deals
from knowledge.sources.sample.history import (
    CONVERTED,
    NEW,
    STATUSES,
    Changes,
    owner_changes,
    status_changes,
)
from knowledge.sources.sample.ids import record_ids
from knowledge.sources.sample.mess import BROKEN_LEADS
from knowledge.sources.sample.world import World
from knowledge.sources.sample.write import blank, label, stamp, write_csv

_TITLES: Final = {
    "SDR": "Sales Development Representative",
    "AE": "Account Executive",
    "Manager": "Regional Sales Manager",
    "Revenue Manager": "Director of Revenue Operations",
    "System": "Integration User",
}
_REASONS: Final = ("No budget", "Wrong person", "No response", "Competitor", "Not a fit", "Spam")
_NOTES: Final = (
    "Asked for the price of 50 seats.",
    "Uses spreadsheets for approvals today; pain is month-end close.",
    "Wants single sign-on before a trial.",
    "Evaluates two other vendors, decision next quarter.",
    "Met at the booth, interested in the Slack integration.",
    "Only wanted the white paper.",
    "Budget holder is the COO; send the business case.",
)


def write_crm(folder: Path, world: World) -> dict[str, int]:
    """Write the CRM's tables (Salesforce, in Fivetran's spelling) and count their rows."""
    status, owner = status_changes(world), owner_changes(world)
    return {
        "user.csv": write_csv(folder / "user.csv", _users(world)),
        "campaign.csv": write_csv(folder / "campaign.csv", _campaigns(world)),
        "product_2.csv": write_csv(folder / "product_2.csv", _products()),
        "account.csv": write_csv(folder / "account.csv", _accounts(world)),
        "lead.csv": write_csv(folder / "lead.csv", _leads(world, status, owner)),
        "lead_history.csv": write_csv(folder / "lead_history.csv", _history(world, status, owner)),
        **write_deals(folder, world),
    }


def _users(world: World) -> dict[str, object]:
    owners = world.owners
    count = len(owners.ids)
    team = [
        f"{role} {REGIONS[region]}" if role in {"SDR", "AE"} else "Management"
        for role, region in zip(owners.role, owners.region, strict=True)
    ]
    team[-1] = "Systems"
    return {
        "id": owners.ids,
        "first_name": owners.first,
        "last_name": owners.last,
        "name": np.array([f"{a} {b}" for a, b in zip(owners.first, owners.last, strict=True)]),
        "email": owners.email,
        "username": owners.email,
        "title": np.array([_TITLES[role] for role in owners.role]),
        "department": np.where(owners.role == "System", "IT", "Revenue"),
        "division": np.array(team),
        "region_c": label(owners.region, REGIONS),
        "manager_id": label(owners.manager, owners.ids),
        "is_active": owners.leaves == NEVER,
        "time_zone_sid_key": label(owners.region, ZONES),
        "created_date": stamp(np.full(count, START - 200 * DAY)),
    }


def _campaigns(world: World) -> dict[str, object]:
    campaigns = world.campaigns
    return {
        "id": campaigns.ids,
        "name": campaigns.name,
        "type": campaigns.kind,
        "status": np.where(campaigns.end <= END, "Completed", "In Progress"),
        "start_date": stamp(campaigns.start),
        "end_date": stamp(campaigns.end),
        "is_active": campaigns.end > END,
        "is_deleted": np.zeros(len(campaigns.ids), dtype=np.bool_),
    }


def _products() -> dict[str, object]:
    name, family, price = (list(column) for column in zip(*PRODUCTS, strict=True))
    return {
        "id": record_ids("01t", len(PRODUCTS)),
        "name": name,
        "family": family,
        "list_price_c": price,
        "is_active": [True] * len(PRODUCTS),
    }


def _accounts(world: World) -> dict[str, object]:
    rng = stream(world.seed, "account records")
    companies, walks = world.companies, world.journeys.passages
    rows = np.flatnonzero(world.account_of >= 0)
    count = len(rows)
    won = np.zeros(len(companies.name), dtype=np.bool_)
    won[world.people.company[walks.lead[walks.won < NEVER]]] = True
    customer = won[rows] | (some(rng, 0.12, count))
    owner = world.owners.pick(rng, "AE", companies.region[rows], np.full(count, START))
    renewal = END + (rng.random(count) * 365 * DAY).astype(np.int64)
    return {
        "id": world.account_ids,
        "is_deleted": np.zeros(count, dtype=np.bool_),
        "name": companies.name[rows],
        "website": np.char.add("https://www.", companies.domain[rows]),
        "domain_c": companies.domain[rows],
        "type": np.where(customer, "Customer", "Prospect"),
        "is_customer_c": customer,
        "industry": blank(
            label(companies.industry[rows], DIMENSIONS["industry"].values), some(rng, 0.04, count)
        ),
        "number_of_employees": blank(companies.employees[rows], some(rng, 0.06, count)),
        "company_size_c": label(companies.size[rows], DIMENSIONS["size_band"].values),
        "annual_revenue": (companies.employees[rows] * rng.uniform(90, 240, count)).round() * 1000,
        "billing_country": companies.country[rows],
        "region_c": label(companies.region[rows], REGIONS),
        "owner_id": blank(world.owners.ids[owner], some(rng, 0.02, count)),
        "renewal_date_c": stamp(np.where(customer, renewal, NEVER)),
        "created_date": stamp(START - (rng.random(count) * 900 * DAY).astype(np.int64)),
    }


def _leads(world: World, status: Changes, owner: Changes) -> dict[str, object]:
    rng = stream(world.seed, "lead records")
    people, shown, walks = world.people, world.shown, world.journeys.passages
    count = len(people.created)
    everyone = np.arange(count, dtype=np.int64)
    code = status.latest(count, NEW)
    holder = owner.latest(count, -1)
    account = world.account_of[people.company]
    matched = np.where(rng.random(count) < np.where(code == CONVERTED, 1, 0.8), account, -1)
    deal = np.full(count, -1, dtype=np.int64)
    deal[walks.lead[world.deals]] = np.arange(len(world.deals))
    score = 44 + 13 * people.quality + rng.normal(0, 8, count)
    score += 28 * people.within(world.story.scoring, everyone, people.created)
    reason = np.where(np.isin(code, (6, 7)), choose(rng, np.ones(len(_REASONS)), count), -1)
    note = np.where(some(rng, 0.06, count), rng.integers(0, len(_NOTES), count), -1)
    master = np.where(people.merged, people.original, -1)
    changed = people.created.copy()
    changed[status.lead] = np.maximum(changed[status.lead], status.at)
    segments = {name: label(people.codes[name], DIMENSIONS[name].values) for name in DIMENSIONS}
    columns: dict[str, object] = {
        "id": world.lead_ids,
        "is_deleted": people.merged,
        "master_record_id": label(master, world.lead_ids),
        "first_name": shown.first,
        "last_name": shown.last,
        "name": np.char.add(np.char.add(shown.first, " "), shown.last),
        "title": people.title,
        "company": blank(shown.company, shown.company == ""),
        "email": shown.email,
        "lead_source": segments["lead_source"],
        "source_campaign_c": world.campaigns.ids[
            world.campaigns.of(people.codes["lead_source"], people.created)
        ],
        "status": label(code, STATUSES),
        "industry": blank(segments["industry"], shown.no_industry),
        "number_of_employees": blank(world.companies.employees[people.company], shown.no_size),
        "company_size_c": blank(segments["size_band"], shown.no_size),
        "country": world.companies.country[people.company],
        "region_c": blank(segments["region"], shown.no_region),
        "persona_c": blank(segments["persona"], shown.no_persona),
        "product_interest_c": segments["product_line"],
        "owner_id": label(holder, world.owners.ids),
        "created_date": stamp(people.created),
        "last_modified_date": stamp(changed),
        "is_converted": code == CONVERTED,
        "converted_account_id": label(np.where(deal >= 0, account, -1), world.account_ids),
        "converted_opportunity_id": label(deal, world.deal_ids),
        "lean_data_matched_account_c": label(matched, world.account_ids),
        "has_opted_out_of_email": people.consent == 0,
        "email_opt_in_explicit_c": label(people.consent, ("false", "true")),
        "mkto_71_lead_score_c": blank(np.clip(score, 0, 100).round().astype(int), shown.no_score),
        "unqualified_reason_c": label(reason, _REASONS),
        "description": label(note, _NOTES),
    }
    table = pa.table({name: pa.array(column) for name, column in columns.items()})
    table = table.set_column(
        table.column_names.index("created_date"),
        "created_date",
        table["created_date"].cast(pa.string()),
    )
    broken = pa.Table.from_pylist(
        [
            {"id": lead, "is_deleted": False, "created_date": date, "last_name": "Test"}
            for lead, date in BROKEN_LEADS
        ],
        schema=table.schema,
    )
    cut = count * 3 // 5
    whole = pa.concat_tables([table.slice(0, cut), broken, table.slice(cut)])
    return {name: whole[name] for name in whole.column_names}


def _history(world: World, status: Changes, owner: Changes) -> dict[str, object]:
    """Interleave both kinds of change by time, as the CRM's one history table has them."""
    ids = world.owners.ids
    at = np.concatenate([status.at, owner.at])
    order = np.argsort(at, kind="stable")
    lead = np.concatenate([status.lead, owner.lead])
    by = np.concatenate([status.by, owner.by])
    names = np.array(STATUSES)
    old = pa.concat_arrays([label(status.old, names), label(owner.old, ids)])
    new = pa.concat_arrays([label(status.new, names), label(owner.new, ids)])
    field = np.repeat(["Status", "Owner"], [len(status.at), len(owner.at)])
    index = pa.array(order)
    return {
        "id": record_ids("017", len(at)),
        "lead_id": world.lead_ids[lead[order]],
        "field": field[order],
        "old_value": old.take(index),
        "new_value": new.take(index),
        "created_date": stamp(at[order]),
        "created_by_id": ids[by[order]],
    }
