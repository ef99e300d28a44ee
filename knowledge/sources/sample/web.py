"""The web site's events: page views of visitors who may or may not say who they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from knowledge.sources.sample.catalog import CONTENT, CONTENT_IDS
from knowledge.sources.sample.clock import DAY, END, HOUR, START, seconds
from knowledge.sources.sample.columns import Ints, Texts, choose, some, spread, stream
from knowledge.sources.sample.world import World
from knowledge.sources.sample.write import label, serial, write_parquet

_PAGES: Final = (
    ("Home", "/", "Page Viewed", -1, 0.22),
    ("Product", "/product", "Page Viewed", -1, 0.14),
    ("Pricing", "/pricing", "Pricing Viewed", -1, 0.1),
    ("Customers", "/customers", "Page Viewed", -1, 0.08),
    ("Integrations", "/integrations", "Page Viewed", -1, 0.07),
    ("Blog", "/blog", "Page Viewed", -1, 0.13),
    ("Security", "/security", "Page Viewed", -1, 0.04),
    ("Demo request", "/demo", "Demo Page Viewed", -1, 0.02),
    *(
        (title, f"/resources/{slug}", "Content Viewed", place, 0.01)
        for place, (slug, title, _, _) in enumerate(CONTENT)
    ),
)
_REFERRERS: Final = ("https://search.example", "https://social.example", "https://news.example")
_STRANGERS: Final = 7_000
_SECOND_DEVICE: Final = 0.15


@dataclass(frozen=True)
class Visitors:
    """Hold the browsers: whose they are (-1 is nobody we know) and when they told us."""

    anonymous_id: Texts
    lead: Ints
    known_from: Ints


def make_visitors(world: World) -> Visitors:
    """Give most leads a browser or two, and add strangers."""
    rng = stream(world.seed, "visitors")
    people = world.people
    share = np.where(people.duplicate, 0.15, 0.72)
    own = np.flatnonzero((rng.random(len(people.created)) < share) & world.alive)
    second = own[rng.random(len(own)) < _SECOND_DEVICE]
    wait = (rng.uniform(2, 40, len(second)) * DAY).astype(np.int64)
    strangers = round(_STRANGERS * world.scale)
    lead = np.concatenate([own, second, np.full(strangers, -1)])
    known = np.concatenate(
        [
            people.created[own],
            np.minimum(people.created[second] + wait, world.until[second]),
            np.zeros(strangers, dtype=np.int64),
        ]
    )
    ids = rng.integers(0, 2**63, (len(lead), 2), dtype=np.int64)
    names = np.array([f"{a:016x}-{b:016x}"[:25] for a, b in ids.tolist()])
    return Visitors(names, lead, known)


def write_web(folder: Path, world: World, visitors: Visitors) -> dict[str, int]:
    """Write who said who they are, and the page views in one Parquet file a quarter."""
    rng = stream(world.seed, "web")
    visitor, at = _views(rng, world, visitors)
    first, last = world.story.tracking_gap
    kept = (at < seconds(first)) | (at >= seconds(last) + DAY)
    visitor, at = visitor[kept], at[kept]
    order = np.lexsort((visitor, at))
    table = pa.table(_pages(rng, visitors, visitor[order], at[order]))
    months = at[order].astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    counts = {"identifies.parquet": _write_identifies(folder, world, visitors)}
    for quarter in np.unique(months // 3):
        begin, end = np.searchsorted(months, [quarter * 3, quarter * 3 + 3])
        part = table.slice(int(begin), int(end - begin))
        name = f"pages_{1970 + quarter // 4}_q{quarter % 4 + 1}.parquet"
        columns = {column: part[column] for column in part.column_names}
        counts[name] = write_parquet(folder / name, columns)
    return counts


def _write_identifies(folder: Path, world: World, visitors: Visitors) -> int:
    """Write the calls that say who a visitor is; they come from the server, so none is lost."""
    said = np.flatnonzero((visitors.lead >= 0) & (visitors.known_from <= END))
    said = said[np.argsort(visitors.known_from[said], kind="stable")]
    email = world.shown.email[visitors.lead[said]]
    columns = {
        "message_id": serial("idn-", np.arange(len(said), dtype=np.int64) + 10_000_000),
        "anonymous_id": visitors.anonymous_id[said],
        "user_id": np.char.lower(email),
        "email": email,
        "timestamp": _instants(visitors.known_from[said]),
    }
    return write_parquet(folder / "identifies.parquet", columns)


def _views(rng: np.random.Generator, world: World, visitors: Visitors) -> tuple[Ints, Ints]:
    """Draw sessions and the page views in each."""
    lead, strange = visitors.lead, visitors.lead < 0
    rate = np.where(strange, 0.35, 1.3 * world.drive[lead] + 0.4 * world.depth[lead])
    tired = world.tired[lead] < world.until[lead]
    rate = rate * np.where(~strange & tired, 0.7, 1.0)
    begin = np.where(strange, START, np.maximum(visitors.known_from - 14 * DAY, START))
    until = np.where(strange, END, np.maximum(world.until[lead], visitors.known_from + HOUR))
    # Who came only lately has not had the time to come often.
    rate = rate * np.clip((until - begin) / (40 * DAY), 0.2, 1)
    session, place = spread(1 + rng.poisson(rate))
    at = begin[session] + ((until - begin)[session] * rng.random(len(session))).astype(np.int64)
    # The first session of a known visitor is the one in which the form was filled out.
    arrival = visitors.known_from[session] - rng.integers(60, 900, len(session))
    at = np.where((place == 0) & ~strange[session], np.maximum(arrival, START), at)
    view, step = spread(rng.geometric(0.33, len(session)))
    moment = at[view] + step * rng.integers(20, 240, len(view))
    kept = moment <= END
    return session[view][kept], moment[kept]


def _pages(rng: np.random.Generator, visitors: Visitors, who: Ints, at: Ints) -> dict[str, Any]:
    count = len(who)
    page = choose(rng, np.array([entry[4] for entry in _PAGES]), count)
    content = np.array([entry[3] for entry in _PAGES])[page]
    referrer = np.where(some(rng, 0.6, count), -1, rng.integers(0, len(_REFERRERS), count))
    return {
        "message_id": serial("seg-", np.arange(count, dtype=np.int64) + 10_000_000),
        "anonymous_id": label(who, visitors.anonymous_id),
        "event": label(page, [entry[2] for entry in _PAGES]),
        "name": label(page, [entry[0] for entry in _PAGES]),
        "path": label(page, [entry[1] for entry in _PAGES]),
        "referrer": label(referrer, _REFERRERS),
        "content_id": label(content, CONTENT_IDS),
        "scroll_depth": rng.beta(2, 2, count).round(2),
        "timestamp": _instants(at),
    }


def _instants(at: Ints) -> pa.Array:
    return pa.array(at.astype("datetime64[s]")).cast(pa.timestamp("us", tz="UTC"))
