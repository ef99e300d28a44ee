"""Wording: how figures, stages, segments and dates are shown, each rounded and never recomputed."""

import re
from collections.abc import Mapping
from typing import Any

from agent import words


def percent(rate: float | None) -> str:
    """Show a fraction as a percentage with one decimal."""
    return "unknown" if rate is None else f"{100 * rate:.1f}%"


def number(value: float | None) -> str:
    """Show a count or amount with thousands separators, rounded to a whole."""
    if value is None:
        return "unknown"
    return f"{value:,.0f}" if abs(value) >= 1 or value == 0 else f"{value:.2g}"


def days(value: float) -> str:
    """Show a number of days with one decimal where it is short."""
    if value < 1:
        return f"{value:.2g}"
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"  # noqa: PLR2004 - two digits suffice


def stage(name: str | None) -> str:
    """Show a stage as people write it."""
    return words.stage(name)


def transition(row: Mapping[str, Any]) -> str:
    """Show a transition within a sentence, such as ``MQL to accepted``."""
    return f"{stage(row.get('from'))} to {stage(row.get('to'))}"


def column(name: str) -> str:
    """Show a segment column."""
    return words.column(name)


def segment(value: Any) -> str:
    """Show the segment of a finding; without one the whole funnel is meant."""
    if isinstance(value, Mapping):
        return words.segment(value) or "all leads"
    if not value:
        return "all leads"
    return " and ".join(
        f"{column(key)} {item}" if item else column(key)
        for key, _, item in (part.partition("=") for part in str(value).split("&"))
    )


def day(value: Any) -> str:
    """Show the day of an ISO timestamp."""
    return str(value or "unknown")[:10]


def plain(value: Any) -> str:
    """Show text from the data on one line, without the marks that Markdown would read."""
    return "unknown" if value is None else re.sub(r"[\s>#*`\[\]]+", " ", str(value)).strip()
