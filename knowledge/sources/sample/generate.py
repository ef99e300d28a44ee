"""Write the sample company's files."""

from collections.abc import Callable
from pathlib import Path

from knowledge.errors import BadInputError
from knowledge.sources.sample.crm import write_crm
from knowledge.sources.sample.leaks import DEMO_SEED
from knowledge.sources.sample.marketing import Audience, write_marketing
from knowledge.sources.sample.mess import BROKEN, spoil
from knowledge.sources.sample.outreach import write_outreach
from knowledge.sources.sample.product import write_product
from knowledge.sources.sample.truth import write_truth
from knowledge.sources.sample.web import make_visitors, write_web
from knowledge.sources.sample.world import make_world

Progress = Callable[[str, float], None]


def generate(
    folder: Path,
    *,
    truth: Path | None = None,
    seed: int = DEMO_SEED,
    scale: float = 1.0,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write Northpeak's source files into a folder.

    The same seed and scale give the same bytes. ``mapping.yaml`` beside this module maps them.

    Args:
        folder: Where the files go; made if missing, files of an earlier run are replaced.
        truth: Where to write what was planted and who is who; not written without it. It must
            not lie inside ``folder``.
        seed: Seed of all draws.
        scale: Size; 1.0 is about 20,000 leads and 500,000 touches.
        progress: Called with the name of each step and the share done before it.

    Returns:
        Rows of each file (relative path), without the broken lines that were put in.

    Raises:
        BadInputError: The scale is too small or the truth would lie among the sources.
    """
    smallest = 0.01
    if scale < smallest:
        raise BadInputError(f"The scale {scale} is too small; choose at least {smallest}.")
    if truth is not None and truth.resolve().is_relative_to(folder.resolve()):
        raise BadInputError(
            f"The truth must not lie among the sources; choose a folder outside {folder}."
        )
    tell = progress or _quiet
    tell("people and journeys", 0.0)
    world = make_world(seed, scale)
    audience, visitors = Audience(world), make_visitors(world)
    written: dict[str, int] = {}
    tell("CRM records", 0.15)
    _add(written, "salesforce", write_crm(folder / "salesforce", world))
    tell("calls, e-mails and meetings", 0.35)
    _add(written, "salesforce", write_outreach(folder / "salesforce", world))
    tell("marketing activities", 0.5)
    _add(written, "marketing", write_marketing(folder / "marketing", world, audience))
    tell("web events", 0.75)
    _add(written, "web", write_web(folder / "web", world, visitors))
    tell("product events", 0.9)
    _add(written, "product", write_product(folder / "product", world))
    for name, lines in BROKEN.items():
        spoil(folder / name, lines)
    if truth is not None:
        write_truth(truth, world, audience, visitors)
    tell("done", 1.0)
    return written


def _add(written: dict[str, int], place: str, counts: dict[str, int]) -> None:
    written.update({f"{place}/{name}": rows for name, rows in counts.items()})


def _quiet(_step: str, _share: float) -> None:
    """Report nothing."""
