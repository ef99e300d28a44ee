"""`make slack-preview`: draw every card, modal and home view of a demo run."""

import sys
from pathlib import Path

from evals.slack_preview.page import page, photograph, reduced
from evals.slack_preview.story import living
from knowledge.errors import WeirError

USAGE = "usage: python -m evals.slack_preview FOLDER [--docs]\n"
DOCS = Path("docs/images")
# The scenes that the documentation shows.
IN_DOCS = ("funnel", "play", "content", "home-manager")


def main(arguments: list[str]) -> int:
    """Write the page and the pictures into a folder; with ``--docs`` also those of the docs."""
    folders = [argument for argument in arguments if argument != "--docs"]
    if len(folders) != 1:
        sys.stderr.write(USAGE)
        return 2
    folder = Path(folders[0])
    folder.mkdir(parents=True, exist_ok=True)
    sys.stderr.write("A day in Slack ...\n")
    with living() as story:
        scenes = story.tell()
        violations = story.server.violations
    (folder / "index.html").write_text(page("Weir in Slack", scenes), encoding="utf-8")
    try:
        for scene in scenes:
            picture = folder / f"{scene.name}.png"
            photograph(page("", [scene]), picture)
            if "--docs" in arguments and scene.name in IN_DOCS:
                reduced(picture, DOCS / f"slack-{scene.name}.png")
    except WeirError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write(f"{len(scenes)} scenes: {folder / 'index.html'}\n")
    for violation in violations:
        sys.stderr.write(f"beyond a limit of Slack's: {violation}\n")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
