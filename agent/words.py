"""Words: how stages, segments, leaks and dates are named, on every surface the same."""

from collections.abc import Mapping
from datetime import date
from typing import Any

_SHOUTED = frozenset({"mql", "sql", "sal"})


def stage(name: object) -> str:
    """Name a stage as people write it, such as ``MQL``."""
    words = str(name or "unknown").replace("_", " ")
    return words.upper() if words in _SHOUTED else words


def step(row: Mapping[str, Any]) -> str:
    """Name a transition, such as ``MQL → accepted``."""
    return f"{stage(row.get('from'))} → {stage(row.get('to'))}"


def column(name: str) -> str:
    """Name a segment column, such as ``lead source``."""
    return name.replace("_", " ")


def segment(value: Any) -> str:
    """Name a segment, such as ``lead source Webinar`` or ``no region``; empty for everybody.

    Args:
        value: Columns with their values, ``{by, value}``, or a text.
    """
    if isinstance(value, Mapping):
        if {"by", "value"} <= value.keys():
            value = {value["by"]: value["value"]}
        return ", ".join(_part(str(name), item) for name, item in value.items())
    return str(value or "")


def where(finding: Mapping[str, Any]) -> str:
    """Name where a leak is: ``MQL → accepted, lead source Webinar``."""
    return f"{step(finding)}, {segment(finding.get('segment')) or 'whole company'}"


def drivers(finding: Mapping[str, Any]) -> str:
    """Name what changed with a leak: ``slow handoff, repetitive handoffs``; empty if unknown."""
    found = finding.get("drivers") or ()
    return ", ".join(str(item["driver"]).replace("_", " ") for item in found)


def day(value: object) -> str:
    """Write the day of an ISO date or time as people do: ``7 June 2026``."""
    text = str(value or "unknown")
    try:
        at = date.fromisoformat(text[:10])
    except ValueError:
        return text
    return f"{at.day} {at:%B %Y}"


def month(value: object) -> str:
    """Write a month such as ``2026-09`` as people do: ``September``, with its year."""
    text = str(value)
    try:
        return f"{date.fromisoformat(f'{text}-01'):%B %Y}"
    except ValueError:
        return text


def counted(number: int, one: str, several: str | None = None) -> str:
    """Say a number of things: ``1 lead``, ``21 leads``."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def _part(name: str, value: object) -> str:
    return f"no {column(name)}" if value is None else f"{column(name)} {value}"
