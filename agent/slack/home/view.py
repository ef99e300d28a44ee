"""The home view: by role, or polite and empty for those who may see nothing."""

from typing import TYPE_CHECKING

from agent import words
from agent.access import Viewer, refusal
from agent.plays.stamps import stamp
from agent.slack import blocks
from agent.slack.alerts.acted import acted_rate
from agent.slack.alerts.overview import overview
from agent.slack.alerts.reports import Reports
from agent.slack.blocks import Block
from agent.slack.home import sections
from agent.slack.home.health import health
from agent.slack.home.tasks import tasks_of
from agent.slack.people import Person
from agent.slack.text import data

if TYPE_CHECKING:
    from agent.slack.surface import Surface


def skeleton(person: Person) -> Block:
    """Draw what stands there until the newest data is read."""
    return blocks.home(
        [
            blocks.header(f"Hello {person.name}"),
            blocks.section(":hourglass_flowing_sand: Reading the newest data …"),
        ]
    )


def closed(viewer: Viewer) -> Block:
    """Draw the home of somebody who may see nothing."""
    why = refusal(viewer) or ""
    return blocks.home([blocks.header("Welcome to Weir"), blocks.section(data(why))])


def home_view(surface: "Surface", person: Person, viewer: Viewer, found: Reports | None) -> Block:
    """Draw the home of a person.

    Args:
        surface: Where everything is.
        person: Who looks.
        viewer: What they may see.
        found: The newest version's reports, None where nothing is loaded.
    """
    if viewer.sees == "nothing":
        return closed(viewer)
    now = surface.clock()
    at, team = stamp(now), person.team
    mine = overview(surface.weir, viewer, found, now=now)
    tasks = tasks_of(surface.weir, viewer.owner_id)
    settings = blocks.button("Settings", sections.SETTINGS)
    if found is None:
        basis = "Nothing is loaded yet; ask whoever runs Weir to load your data."
    else:
        basis = f"Data as of {words.day(found.as_of)}, warehouse version {found.version}."
    drawn = [
        blocks.header(f"Hello {person.name}"),
        blocks.section(basis, accessory=settings),
    ]
    with surface.database.begin() as tx:
        drawn += sections.waiting_blocks(tx, team, mine, at=at)
        drawn += sections.risk_blocks(tx, team, mine, at=at) if found else []
        if viewer.sees == "all" and found is not None:
            drawn += sections.leak_blocks(tx, team, mine, at=at)
            drawn += sections.health_blocks(health(found.funnel))
    drawn += [*sections.surge_blocks(mine), *sections.task_blocks(tasks)]
    if viewer.sees == "all":
        drawn += sections.play_blocks(mine)
        rates = acted_rate(surface.database, team)
        drawn += [blocks.divider(), blocks.context(sections.usefulness(rates))]
    return blocks.home(drawn)
