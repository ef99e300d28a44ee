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
    values = np.frombuffer(native.buffers()[1], dtype=np.float64)
    values = values[native.offset : native.offset + len(native)]
    missing = np.from_dlpack(native.is_null().cast("uint8"))
    return np.where(missing, np.nan, values)


def integers(column: nw.Series[Any]) -> NDArray[np.int64]:
    """Give a column of a collected table as whole numbers, ``NEVER`` where it is missing."""
    values = numbers(column)
    return np.where(np.isnan(values), NEVER, values).astype(np.int64)
