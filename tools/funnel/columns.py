"""Columns of a collected table as NumPy arrays, without importing pandas."""

from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

NEVER = -(2**40)  # stands for a missing whole number; far from any time


def numbers(column: nw.Series[Any]) -> NDArray[np.float64]:
    """Give a column of a collected table as floats, NaN where it is missing.

    PyArrow's own conversion imports pandas, which costs more than most questions do.
    """
    native = column.to_native().combine_chunks().cast("float64")
    return np.from_dlpack(native.fill_null(float("nan")))


def integers(column: nw.Series[Any]) -> NDArray[np.int64]:
    """Give a column of a collected table as whole numbers, ``NEVER`` where it is missing."""
    values = numbers(column)
    return np.where(np.isnan(values), NEVER, values).astype(np.int64)
