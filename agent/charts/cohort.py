"""Chart of cohorts: how the rate of each transition went from month to month."""

from typing import TYPE_CHECKING, Any

from agent import words
from agent.charts.chart import GRID, PALE, QUIET, WATER, Canvas, Chart, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 3
_FEWEST = 3


def cohort_chart(report: dict[str, Any]) -> Chart | None:
    """Draw the monthly cohorts of a ``funnel`` report, a panel a transition.

    Cohorts that are immature or not comparable are drawn hollow and joined to nothing. None where
    no transition has three comparable cohorts.
    """
    panels = [
        (words.step(row), found)
        for place, row in enumerate(report["transitions"])
        if len(_comparable(found := _series(report, place))) >= _FEWEST
    ]
    if not panels:
        return None
    rows = -(-len(panels) // _COLUMNS)
    columns = min(_COLUMNS, len(panels))
    with Canvas(3.1 * columns, 1.0 + 1.75 * rows, rows=rows, columns=columns) as canvas:
        periods = [cohort["period"] for cohort in report["cohorts"]]
        for axes, (name, series) in zip(canvas.axes, panels, strict=False):
            _draw(axes, name, series, periods)
        for axes in canvas.axes[len(panels) :]:
            axes.set_visible(False)
        canvas.title(
            "Conversion by cohort",
            f"As of {report['as_of'][:10]}, warehouse version {report['warehouse_version']}. "
            "Month of entry; band: 95% interval; hollow: not comparable.",
        )
        png = canvas.png()
    spoken = "; ".join(
        f"{name} from {percent(done[0]['rate'])} in {done[0]['period']} "
        f"to {percent(done[-1]['rate'])} in {done[-1]['period']}"
        for name, series in panels
        for done in [_comparable(series)]
    )
    return Chart(png, "Conversion by cohort", f"Line charts: {spoken}.", "cohorts.png")


def _series(report: dict[str, Any], place: int) -> list[dict[str, Any]]:
    found = [
        {"period": cohort["period"], **cohort["transitions"][place]} for cohort in report["cohorts"]
    ]
    return [row for row in found if row["rate"] is not None]


def _comparable(series: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in series if row["comparable"]]


def _draw(axes: "Axes", name: str, series: list[dict[str, Any]], periods: list[str]) -> None:
    done = _comparable(series)
    known = [periods.index(row["period"]) for row in done]
    axes.fill_between(
        known, [row["low"] for row in done], [row["high"] for row in done], color=PALE, alpha=0.45
    )
    axes.plot(known, [row["rate"] for row in done], color=WATER, linewidth=1.8)
    hollow = [row for row in series if not row["comparable"]]
    axes.plot(
        [periods.index(row["period"]) for row in hollow],
        [row["rate"] for row in hollow],
        "o",
        mfc="none",
        color=PALE,
    )
    axes.set_title(name, loc="left", fontsize=9)
    axes.set_ylim(0, max(row["high"] for row in done) * 1.12)
    axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.tick_params(labelsize=7, labelcolor=QUIET)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    ends = sorted({0, len(periods) - 1})
    axes.set_xticks(ends, [periods[place] for place in ends])
