"""The page around rendered messages: its style, and its picture by headless Chromium."""

import html
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import WeirError

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--hide-scrollbars",
    "--force-device-scale-factor=2",
)
_SECONDS = 60
_DOCS_WIDTH = 1000
_DOCS_BYTES = 150_000
_COLOURS = (64, 32, 16)


@dataclass(frozen=True)
class Scene:
    """Hold one thing to look at.

    Attributes:
        name: File name without its ending.
        caption: What it is.
        body: HTML.
    """

    name: str
    caption: str
    body: str


def page(title: str, scenes: Sequence[Scene]) -> str:
    """Put scenes on one page that fetches nothing."""
    parts = "".join(
        f'<section id="{html.escape(scene.name)}"><h2>{html.escape(scene.caption)}</h2>'
        f'<div class="scene">{scene.body}</div></section>'
        for scene in scenes
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style><main><h1>{html.escape(title)}</h1>{parts}</main></html>"
    )


def photograph(source: str, picture: Path, *, width: int = 760, height: int = 3200) -> None:
    """Take a picture of a page, trimmed to what is on it.

    Raises:
        WeirError: There is no Chromium, or it failed.
    """
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise WeirError("Pictures need Chromium; install it (Debian: apt-get install chromium).")
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder, "page.html")
        there.write_text(source, encoding="utf-8")
        run = subprocess.run(
            [
                browser,
                *_FLAGS,
                f"--user-data-dir={folder}/profile",
                f"--window-size={width},{height}",
                f"--screenshot={picture}",
                there.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    if run.returncode or not picture.exists():
        raise WeirError(f"Chromium took no picture: {run.stderr.strip()[-300:]}")
    _trim(picture)


def reduced(picture: Path, smaller: Path) -> None:
    """Write a picture with few colours and fewer dots, so that it is light enough for a page."""
    from PIL import Image  # noqa: PLC0415 - only pictures need it

    smaller.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    if image.width > _DOCS_WIDTH:
        height = round(image.height * _DOCS_WIDTH / image.width)
        image = image.resize((_DOCS_WIDTH, height), Image.Resampling.LANCZOS)
    for colours in _COLOURS:
        # Few dots are coloured, and they are what catches the eye: the palette covers them.
        palette = image.quantize(colours, method=Image.Quantize.MAXCOVERAGE)
        palette.save(smaller, optimize=True)
        if smaller.stat().st_size <= _DOCS_BYTES:
            break


def _trim(picture: Path) -> None:
    """Cut the empty paper below the content away."""
    from PIL import Image, ImageChops  # noqa: PLC0415 - only pictures need it

    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    paper = Image.new("RGB", image.size, image.getpixel((0, image.height - 1)))
    box = ImageChops.difference(image, paper).getbbox()
    if box:
        image.crop((0, 0, image.width, min(image.height, box[3] + 32))).save(picture, optimize=True)
