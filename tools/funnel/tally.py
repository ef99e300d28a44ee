"""Tallies: counts and lags of passages, grouped in the engine."""

from dataclasses import dataclass
from typing import Any

import narwhals as nw

from tools.funnel.clock import DAY


@dataclass(frozen=True)
class Tally:
    """Count what became of a group of leads at one transition.

    Attributes:
        step: Number of the transition.
        group: Value of the grouping column (None for a missing value, or without grouping).
        entered: Leads that entered.
        converted: Of these, those that passed.
        exited: Of these, those that left the funnel.
        open: Of these, those that did neither.
        mature: Leads at least a window old.
        mature_converted: Of the mature, those that passed.
        affected: Leads that entered while conversions were not recorded.
        youngest: When the youngest entered (epoch seconds).
        median_days: Median time to convert, of those that did.
        p90_days: 90th percentile of it.
    """

    step: int
    group: Any
    entered: int
    converted: int
    exited: int
    open: int
    mature: int
    mature_converted: int
    affected: int
    youngest: int
    median_days: float | None
    p90_days: float | None

    @property
    def rate(self) -> float | None:
        """Give the share of the mature leads that passed."""
        return self.mature_converted / self.mature if self.mature else None


_SUMS = ("converted", "exited", "open", "mature", "mature_converted", "affected")


def tally(rows: nw.LazyFrame[Any], group: str | None = None) -> list[Tally]:
    """Count passages by transition and, if given, one more column.

    Args:
        rows: Passages with windows and affected days set.
        group: Column to group by.

    Returns:
        Tallies in order of transition.
    """
    keys = ("step",) if group is None else ("step", group)
    table = (
        rows.group_by(*keys)
        .agg(
            *(nw.col(name).sum() for name in _SUMS),
            entered_count=nw.len(),
            youngest=nw.col("entered").max(),
            median=nw.col("lag").median(),
            p90=nw.col("lag").quantile(0.9, interpolation="linear"),
        )
        .collect("pyarrow")
    )
    found = [
        Tally(
            step=int(row["step"]),
            group=None if group is None else plain(row[group]),
            entered=int(row["entered_count"]),
            youngest=int(row["youngest"]),
            median_days=_days(row["median"]),
            p90_days=_days(row["p90"]),
            **{name: int(row[name]) for name in _SUMS},
        )
        for row in table.iter_rows(named=True)
    ]
    return sorted(found, key=lambda item: item.step)


def plain(value: Any) -> Any:
    """Give None for the missing values of every engine (NaN in pandas)."""
    return None if value is None or value != value else value  # noqa: PLR0124 - NaN


def _days(lag: float | None) -> float | None:
    lag = plain(lag)
    return None if lag is None else float(lag) / DAY
