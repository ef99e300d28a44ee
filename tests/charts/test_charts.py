import io
from typing import Any

import pytest
from PIL import Image

from agent.charts.chart import Chart
from agent.charts.cohort import cohort_chart
from agent.charts.funnel import funnel_chart
from agent.charts.risk import risk_chart


def transition(rate: float | None, *, comparable: bool = True) -> dict[str, Any]:
    known = rate if rate is not None else 0.0
    return {
        "from": "mql",
        "to": "sql",
        "rate": rate,
        "low": known * 0.9,
        "high": known * 1.1,
        "mature": 1000,
        "mature_converted": round(known * 1000),
        "comparable": comparable,
    }


def funnel_report(*rates: float | None) -> dict[str, Any]:
    return {
        "as_of": "2026-10-31T00:00:00Z",
        "warehouse_version": 3,
        "transitions": [transition(0.4)],
        "cohorts": [
            {"period": f"2026-{month + 1:02}", "transitions": [transition(rate)]}
            for month, rate in enumerate(rates)
        ],
    }


def score_report(name: str = "Ada", *, abstained: bool = False) -> dict[str, Any]:
    score = {"name": name, "entity": "crm:1", "risk": 0.8, "reasons": [{"text": "no touch"}]}
    return {
        "as_of": "2026-10-31T00:00:00Z",
        "model": {"version": "risk-1", "abstained": abstained},
        "scores": [score],
    }


def pixels(chart: Chart | None) -> Image.Image:
    assert chart is not None
    return Image.open(io.BytesIO(chart.png)).convert("RGB")


def test_a_funnel_chart_says_its_figures_to_those_who_can_not_see_it() -> None:
    chart = funnel_chart(funnel_report(0.4, 0.4, 0.4))
    assert chart is not None
    assert "MQL → SQL 40% (400 of 1,000)" in chart.alt
    assert pixels(chart).width > 800


def test_a_higher_rate_draws_a_longer_bar() -> None:
    def ink(rate: float) -> int:
        report = funnel_report()
        report["transitions"] = [transition(0.9), transition(rate)]
        colours = pixels(funnel_chart(report)).getcolors(1 << 24) or []
        return next(count for count, colour in colours if colour == (0x1F, 0x6F, 0x8B))

    assert ink(0.6) > ink(0.3) * 1.2


def test_what_is_not_comparable_is_named_so() -> None:
    report = funnel_report()
    report["transitions"] = [transition(0.4, comparable=False)]
    chart = funnel_chart(report)
    assert chart is not None
    assert "not comparable" in chart.alt


@pytest.mark.parametrize("rates", [(), (0.4, 0.5)])
def test_too_few_cohorts_are_not_drawn(rates: tuple[float, ...]) -> None:
    assert cohort_chart(funnel_report(*rates)) is None


def test_cohorts_without_a_rate_are_left_out() -> None:
    chart = cohort_chart(funnel_report(0.4, None, 0.5, 0.45))
    assert chart is not None
    assert "MQL → SQL from 40% in 2026-01 to 45% in 2026-04" in chart.alt


def test_an_abstaining_model_draws_nothing() -> None:
    assert risk_chart(score_report(abstained=True)) is None


def test_a_name_with_formula_signs_is_drawn_as_text() -> None:
    chart = risk_chart(score_report("$\\frac{" + "A" * 500))
    assert chart is not None
    assert len(chart.alt) < 200
