"""High intent: accounts of which several people do more in a week than they usually do."""

from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from knowledge.warehouse.identity import ANONYMOUS, PERSON
from knowledge.warehouse.journeys import INBOUND
from knowledge.warehouse.reads import ReadsWarehouse
from tools.funnel.clock import DAY, epoch_seconds, iso, seconds, whole
from tools.funnel.columns import numbers
from tools.leakage.fdr import q_values

DAYS = 7  # that are judged
WEEKS = 12  # before them, that say what is usual
LEAST_PEOPLE = 2  # of an account: one eager reader is no buying group
LEAST_RATIO = 2.0  # of what is expected, to be worth a word
LARGEST_Q = 0.05
LEAST_ACCOUNTS = 20  # with engagement in the weeks before, to know what accounts usually do
LEAST_ENGAGEMENT = 60  # person-days in the weeks before

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Usual:
    """Hold what accounts do in a week, by their own past and the company's.

    Attributes:
        expected: Person-days to expect of each account.
        variance: Variance of that number, as a prediction.
    """

    expected: Floats
    variance: Floats


def surges(snapshot: ReadsWarehouse) -> dict[str, Any]:
    """Find accounts whose people engage far more in the last seven days than is usual for them.

    Counted are person-days: a day on which a person of the account did something themselves
    (a visit, an opened e-mail, a form, a reply), however often. The week is compared with a
    negative binomial prediction from the account's own twelve weeks before.

    Args:
        snapshot: The warehouse version.

    Returns:
        ``as_of``, ``warehouse_version``, ``abstained`` (the reason, or None), ``compared``
        (how many accounts were looked at) and ``accounts``: ``id``, ``name``, ``people``,
        ``touches``, ``person_days``, ``expected`` (person-days), ``q_value``, ``owner`` (id)
        and ``text``, the surest first.
    """
    report: dict[str, Any] = {
        "as_of": iso(snapshot.as_of),
        "warehouse_version": snapshot.version,
        "abstained": None,
        "compared": 0,
        "accounts": [],
    }
    engagement = _engagement(snapshot)
    if engagement is None:
        return report | {"abstained": "touches of known people are not recorded"}
    weekly = _weekly(engagement)
    if weekly is None:
        return report | {"abstained": "no known person of an account engaged in three months"}
    accounts, counts, people, touches = weekly
    before = counts[:, 1:]
    if before.sum() < LEAST_ENGAGEMENT or (before.sum(axis=1) > 0).sum() < LEAST_ACCOUNTS:
        return report | {
            "abstained": f"fewer than {LEAST_ACCOUNTS} accounts or {LEAST_ENGAGEMENT} person-days "
            f"in the {WEEKS} weeks before, too few to know what is usual"
        }
    if before[:, -1].sum() == 0:
        return report | {"abstained": f"less than {WEEKS + 1} weeks are recorded"}
    usual = usual_week(counts)
    q = q_values(tail(counts[:, 0], usual))
    chosen = (
        (q <= LARGEST_Q) & (people >= LEAST_PEOPLE) & (counts[:, 0] >= LEAST_RATIO * usual.expected)
    )
    order = np.flatnonzero(chosen)
    order = order[np.lexsort((-counts[order, 0], q[order]))]
    labels = _labels(snapshot, [str(accounts[row]) for row in order])
    found = [
        _surge(
            labels[str(accounts[row])],
            people=int(people[row]),
            touches=int(touches[row]),
            person_days=int(counts[row, 0]),
            expected=float(usual.expected[row]),
            q_value=float(q[row]),
        )
        for row in order
    ]
    return report | {"compared": len(accounts), "accounts": found}


def usual_week(counts: Floats) -> Usual:
    """Predict the newest week of each account from the weeks before it.

    An account's own rate is shrunk to the company's (gamma prior by moments; Robbins 1956). Weeks
    of one account vary more than by Poisson chance (negative binomial, size by moments over all
    accounts); both uncertainties are in the variance. What all accounts do more of is expected.

    Args:
        counts: Account x week, the newest first.
    """
    before = counts[:, 1:]
    weeks = before.shape[1]
    total = before.sum(axis=1)
    mean = total / weeks
    company = float(mean.mean())
    within = before.var(axis=1, ddof=1)
    # Squared rates, less what chance adds to them.
    squares = float(np.maximum(mean**2 - within / weeks, 0.0).sum())
    clumping = max(float((within - mean).sum()), 0.0) / max(squares, 1e-9)
    chance = float((within / weeks).mean())
    between = max(float(mean.var(ddof=1)) - chance, 1e-6)
    shape, rate = company**2 / between, company / between
    # A clumped week says less about the rate than a Poisson one does.
    worth = 1 / (1 + clumping * mean.clip(company))
    own = (shape + worth * total) / (rate + worth * weeks)
    doubt = own / (rate + worth * weeks)
    rise = max(1.0, float(counts[:, 0].sum()) / max(float(own.sum()), 1e-9))
    # Common to all is also what most do regardless of their rate: everybody went to the webinar.
    common = max(0.0, float(np.median(counts[:, 0] - own)))
    expected = np.maximum(own * rise, own + common)
    variance = expected + clumping * expected**2 + doubt * rise**2
    return Usual(expected, variance)


def tail(count: Floats, usual: Usual) -> Floats:
    """Give P(X >= count) of negative binomials with these means and variances."""
    # It costs a third of a second to import, which only this question pays.
    from scipy.special import betainc  # noqa: PLC0415

    excess = np.maximum(usual.variance - usual.expected, 1e-9)
    size = usual.expected**2 / excess
    share = usual.expected / (usual.expected + size)
    upper = betainc(np.maximum(count, 1.0), size, share)
    return np.where(count < 1, 1.0, upper)


def _engagement(snapshot: ReadsWarehouse) -> nw.LazyFrame[Any] | None:
    """Give what known people of accounts did: account, person, days back, number of touches."""
    if not {"touch", "identity", "person", "account"} <= set(snapshot.names()):
        return None
    now = epoch_seconds(snapshot.as_of)
    identity = snapshot.table("identity").select("id", "entity", "entity_id")
    members = (
        snapshot.table("person")
        .filter(~nw.col("account_id").is_null())
        .select("id", "account_id")
        .join(identity.filter(nw.col("entity") == PERSON), on="id", how="inner")
        .group_by("entity_id")
        .agg(account_id=nw.col("account_id").max())
    )
    touch = snapshot.table("touch").filter(nw.col("direction").str.to_lowercase() == INBOUND)
    named = touch.filter(~nw.col("person_id").is_null()).select("at", who=nw.col("person_id"))
    visits = touch.filter(nw.col("person_id").is_null() & ~nw.col("anonymous_id").is_null()).select(
        "at", who=nw.concat_str(nw.lit(f"{ANONYMOUS}:"), nw.col("anonymous_id"))
    )
    return (
        nw.concat([named, visits])
        .with_columns(back=whole(now - seconds(nw.col("at")), DAY))
        .filter(nw.col("back") >= 0, nw.col("back") < DAYS * (WEEKS + 1))
        .join(identity.select("entity_id", who="id"), on="who", how="inner")
        .join(members, on="entity_id", how="inner")
        .group_by("account_id", "entity_id", "back")
        .agg(touches=nw.len())
    )


def _weekly(
    engagement: nw.LazyFrame[Any],
) -> tuple[NDArray[Any], Floats, NDArray[np.int64], NDArray[np.int64]] | None:
    """Count person-days by account and week (newest first), people and touches of the newest."""
    weeks = engagement.with_columns(week=whole(nw.col("back"), DAYS))
    cells = (
        weeks.group_by("account_id", "week").agg(n=nw.len(), touches=nw.col("touches").sum())
    ).collect("pyarrow")
    if not len(cells):
        return None
    active = (
        weeks.filter(nw.col("week") == 0)
        .select("account_id", "entity_id")
        .unique()
        .group_by("account_id")
        .agg(n=nw.len())
    ).collect("pyarrow")
    accounts, place = np.unique(np.array(cells["account_id"].to_list()), return_inverse=True)
    counts = np.zeros((len(accounts), WEEKS + 1))
    week = numbers(cells["week"]).astype(np.int64)
    counts[place, week] = numbers(cells["n"])
    touches = np.zeros(len(accounts), dtype=np.int64)
    newest = week == 0
    touches[place[newest]] = numbers(cells["touches"])[newest].astype(np.int64)
    people = np.zeros(len(accounts), dtype=np.int64)
    if len(active):
        where = np.searchsorted(accounts, np.array(active["account_id"].to_list()))
        people[where] = numbers(active["n"]).astype(np.int64)
    return accounts, counts, people, touches


def _labels(snapshot: ReadsWarehouse, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Name accounts and their owners; ids that have no record name themselves."""
    labels = {item: {"id": item, "name": item, "owner": None} for item in ids}
    if ids:
        rows = snapshot.table("account").filter(nw.col("id").is_in(ids))
        for row in rows.select("id", "name", "owner_id").collect("pyarrow").iter_rows(named=True):
            named = {"name": row["name"] or row["id"], "owner": row["owner_id"]}
            labels[row["id"]] = {"id": row["id"], **named}
    return labels


def _surge(
    label: dict[str, Any],
    *,
    people: int,
    touches: int,
    person_days: int,
    expected: float,
    q_value: float,
) -> dict[str, Any]:
    text = (
        f"{people} people of {label['name']} were active on {person_days} person-days in the last "
        f"{DAYS} days ({touches} touches); {expected:.1f} were to be expected"
    )
    return {
        "id": label["id"],
        "name": label["name"],
        "people": people,
        "touches": touches,
        "person_days": person_days,
        "expected": round(expected, 2),
        "q_value": round(q_value, 6),
        "owner": label["owner"],
        "text": text,
    }
