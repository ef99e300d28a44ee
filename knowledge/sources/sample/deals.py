"""The CRM's opportunities and the steps they went through."""

from pathlib import Path
from typing import Final

import numpy as np

from knowledge.sources.sample.catalog import AMOUNTS, DIMENSIONS, PRODUCTS
from knowledge.sources.sample.clock import DAY, END
from knowledge.sources.sample.columns import NEVER, Ints, choose, some, spread, stream
from knowledge.sources.sample.ids import record_ids
from knowledge.sources.sample.world import World
from knowledge.sources.sample.write import blank, label, stamp, write_csv

_STEPS: Final = ("Discovery", "Evaluation", "Proposal", "Negotiation")


def write_deals(folder: Path, world: World) -> dict[str, int]:
    """Write opportunity.csv and opportunity_history.csv and count their rows."""
    rng = stream(world.seed, "deals")
    walks, rows = world.journeys.passages, world.deals
    lead, count = walks.lead[rows], len(rows)
    company, codes = world.people.company[lead], world.people.codes
    begun, won, lost = walks.opportunity[rows], walks.won[rows], walks.lost[rows]
    closed = np.minimum(won, lost)
    line = codes["product_line"][lead]
    families = [DIMENSIONS["product_line"].values.index(product[1]) for product in PRODUCTS]
    fits = np.array(families)[None, :] == np.arange(3)[:, None]
    product = choose(rng, fits.astype(np.float64), line)
    amount = AMOUNTS[codes["size_band"][lead]] * rng.lognormal(0, 0.45, count)
    amount = (amount / 100).round() * 100
    planned = begun + (60 * DAY * rng.lognormal(0, 0.3, count)).astype(np.int64)
    span = np.where(closed < NEVER, closed, planned) - begun
    deal, step = spread(np.full(count, len(_STEPS) + 1))
    last = len(_STEPS)
    at = begun[deal] + span[deal] * step // last
    kept = (at <= END) & ((step < last) | (closed[deal] < NEVER))
    deal, step, at = deal[kept], step[kept], at[kept]
    names = np.array([*_STEPS, "Closed Won", "Closed Lost"])
    code = np.where((step == last) & (lost[deal] < NEVER), last + 1, step)
    stage = np.zeros(count, dtype=np.int64)
    stage[deal] = code
    history = _by_time(at, deal, code)
    reason = np.where(lost < NEVER, choose(rng, np.ones(4), count), -1)
    deals: dict[str, object] = {
        "id": world.deal_ids,
        "is_deleted": np.zeros(count, dtype=np.bool_),
        "name": np.char.add(
            np.char.add(world.companies.name[company], " - "),
            np.array(DIMENSIONS["product_line"].values)[line],
        ),
        "account_id": world.account_ids[world.account_of[company]],
        "lead_id_c": world.lead_ids[lead],
        "owner_id": world.owners.ids[walks.seller[rows]],
        "product_2_id_c": record_ids("01t", len(PRODUCTS))[product],
        "product_line_c": label(line, DIMENSIONS["product_line"].values),
        "campaign_id": world.campaigns.ids[
            world.campaigns.of(codes["lead_source"][lead], world.people.created[lead])
        ],
        "lead_source": label(codes["lead_source"][lead], DIMENSIONS["lead_source"].values),
        "type": np.full(count, "New Business"),
        "stage_name": names[stage],
        "amount": blank(amount, some(rng, 0.02, count)),
        "is_closed": closed < NEVER,
        "is_won": won < NEVER,
        "loss_reason_c": label(reason, ("Price", "No decision", "Competitor", "Missing feature")),
        "created_date": stamp(begun),
        "last_stage_change_date": stamp(_last(at, deal, count)),
        "close_date": stamp(np.where(closed < NEVER, closed, planned) // DAY * DAY),
    }
    deal, step, at = history
    return {
        "opportunity.csv": write_csv(folder / "opportunity.csv", deals),
        "opportunity_history.csv": write_csv(
            folder / "opportunity_history.csv",
            {
                "id": record_ids("008", len(at)),
                "opportunity_id": world.deal_ids[deal],
                "stage_name": names[step],
                "amount": amount[deal],
                "created_date": stamp(at),
                "created_by_id": world.owners.ids[walks.seller[rows][deal]],
            },
        ),
    }


def _by_time(at: Ints, deal: Ints, code: Ints) -> tuple[Ints, Ints, Ints]:
    order = np.lexsort((deal, at))
    return deal[order], code[order], at[order]


def _last(at: Ints, deal: Ints, count: int) -> Ints:
    latest = np.zeros(count, dtype=np.int64)
    np.maximum.at(latest, deal, at)
    return latest
