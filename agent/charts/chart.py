"""Chart: an image with the words for it, and the one style that all of them share."""

import io
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.typing import RcKeyType

INK, QUIET, GRID, PAPER = "#1d2433", "#6b7385", "#e6e9ef", "#ffffff"
WATER, LEAK, PALE = "#1f6f8b", "#c8553d", "#bcc6d2"

_DPI = 160
_NEARLY_ALL = 0.99
_STYLE: "dict[RcKeyType, Any]" = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": QUIET,
    "axes.facecolor": PAPER,
    "figure.facecolor": PAPER,
    "xtick.color": QUIET,
    "ytick.color": INK,
    # Names come from data: a dollar sign in one must not be read as a formula.
    "text.parse_math": False,
}
# Matplotlib keeps fonts and settings in one place for the whole process.
_lock = threading.Lock()


@dataclass(frozen=True)
class Chart:
    """Hold a drawn chart.

    Attributes:
        png: The image.
        title: What it shows, in a few words.
        alt: What it shows, with its figures, for those who can't see it.
        filename: Name to store it under.
    """

    png: bytes
    title: str
    alt: str
    filename: str


class Canvas:
    """Draw one figure in the shared style; others wait meanwhile."""

    def __init__(self, width: float, height: float, *, rows: int = 1, columns: int = 1) -> None:
        """Take the size in inches."""
        self._size, self._grid = (width, height), (rows, columns)

    def __enter__(self) -> Self:
        """Open the figure."""
        # Imported here: drawing is rare, and Matplotlib costs a second of CPU.
        import matplotlib as mpl  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415

        _lock.acquire()
        self._context = mpl.rc_context(_STYLE)
        self._context.__enter__()
        self.figure = Figure(figsize=self._size, dpi=_DPI, layout="constrained")
        self.axes: list[Axes] = list(
            self.figure.subplots(*self._grid, squeeze=False, sharex=True).ravel()
        )
        for axes in self.axes:
            axes.spines[["top", "right", "left"]].set_visible(False)
            axes.tick_params(length=0)
        return self

    def __exit__(self, *error: object) -> None:
        """Let the next one draw."""
        self._context.__exit__(None, None, None)
        _lock.release()

    def title(self, text: str, beneath: str) -> None:
        """Head the figure with what it shows and what to know of it."""
        self.figure.suptitle(text, x=0.01, ha="left", fontsize=13, fontweight="bold")
        self.figure.supxlabel(beneath, x=0.01, ha="left", fontsize=8, color=QUIET)

    def png(self) -> bytes:
        """Give the figure as an image."""
        written = io.BytesIO()
        self.figure.savefig(written, format="png")
        return written.getvalue()


def percent(share: float) -> str:
    """Write a share as people say it, and no chance as a certainty."""
    if share > _NEARLY_ALL:
        return f">{_NEARLY_ALL:.0%}"
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"  # noqa: PLR2004 - below, a digit more


def short(text: object, most: int = 28) -> str:
    """Keep a name within its column."""
    line = " ".join(str(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"
