"""Chart of risk: the leads most likely to leak."""

from typing import Any

from agent.charts.chart import LEAK, QUIET, Canvas, Chart, percent, short

_MOST = 10
_ROW_INCHES = 0.42


def risk_chart(report: dict[str, Any]) -> Chart | None:
    """Draw the highest risks of a ``score`` report; None where the model abstained."""
    rows = report["scores"][:_MOST]
    if report["model"]["abstained"] or not rows:
        return None
    with Canvas(7.2, 1.2 + _ROW_INCHES * len(rows)) as canvas:
        (axes,) = canvas.axes
        for place, row in enumerate(rows):
            axes.barh(place, 1, height=0.6, color="#f3f5f8")
            axes.barh(place, row["risk"], height=0.6, color=LEAK, alpha=0.35 + 0.6 * row["risk"])
            reason = row["reasons"][0]["text"] if row["reasons"] else ""
            axes.text(1.02, place, percent(row["risk"]), va="center", fontweight="bold")
            axes.text(1.22, place, short(reason, 44), va="center", fontsize=8, color=QUIET)
        axes.set_yticks(range(len(rows)), [short(row["name"] or row["entity"]) for row in rows])
        axes.invert_yaxis()
        axes.set_xlim(0, 2.15)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        canvas.title(
            "Leads at risk of leaking",
            f"As of {report['as_of'][:10]}, model {report['model']['version']}. "
            "Chance of not reaching the next stage in time.",
        )
        png = canvas.png()
    spoken = "; ".join(
        f"{short(row['name'] or row['entity'])} {percent(row['risk'])}" for row in rows
    )
    return Chart(png, "Leads at risk of leaking", f"Bar chart of risk: {spoken}.", "risk.png")
