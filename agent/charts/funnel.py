"""Chart of a funnel: the rate of each transition with its interval."""

from typing import Any

from agent import words
from agent.charts.chart import INK, PALE, QUIET, WATER, Canvas, Chart, percent

_ROW_INCHES = 0.52


def funnel_chart(report: dict[str, Any]) -> Chart | None:
    """Draw the transitions of a ``funnel`` report; None where no rate can be given.

    What is not comparable is drawn pale.
    """
    rows = [row for row in report["transitions"] if row["rate"] is not None]
    if not rows:
        return None
    with Canvas(7.2, 1.2 + _ROW_INCHES * len(rows)) as canvas:
        (axes,) = canvas.axes
        for place, row in enumerate(rows):
            colour = WATER if row["comparable"] else PALE
            axes.barh(place, row["rate"], height=0.62, color=colour)
            axes.plot(
                [row["low"], row["high"]], [place, place], color=INK, linewidth=1.4, alpha=0.7
            )
            axes.annotate(
                f"{percent(row['rate'])}   {row['mature_converted']:,} of {row['mature']:,}",
                (row["high"], place),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                color=INK if row["comparable"] else QUIET,
                fontsize=9,
            )
        axes.set_yticks(range(len(rows)), [_named(row) for row in rows])
        axes.invert_yaxis()
        axes.set_xlim(0, max(row["high"] for row in rows) * 1.35)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        canvas.title(
            "Conversion by transition",
            f"As of {report['as_of'][:10]}, warehouse version {report['warehouse_version']}. "
            "Mature leads only; the line is the 95% interval.",
        )
        png = canvas.png()
    spoken = "; ".join(
        f"{_named(row)} {percent(row['rate'])} ({row['mature_converted']:,} of {row['mature']:,}"
        f"{'' if row['comparable'] else ', not comparable'})"
        for row in rows
    )
    return Chart(png, "Conversion by transition", f"Bar chart: {spoken}.", "funnel.png")


def _named(row: dict[str, Any]) -> str:
    return words.step(row)
