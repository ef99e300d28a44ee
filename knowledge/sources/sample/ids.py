"""Salesforce record ids: a prefix, a base-62 serial, and the three letters that guard its case."""

import numpy as np

from knowledge.sources.sample.columns import Texts

_DIGITS = np.frombuffer(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype=np.uint8
)
_GUARDS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", dtype=np.uint8)
_POD = b"8d"
_SERIAL = 10
_STRIDE = 7_919  # a prime, so that neighbours do not look like a count


def record_ids(prefix: str, count: int, start: int = 0) -> Texts:
    """Make 18-character ids.

    Args:
        prefix: The three characters of the object (00Q is a lead).
        count: How many.
        start: Serial number of the first.
    """
    serial = (np.arange(start, start + count, dtype=np.int64) + 1) * _STRIDE + 3_141_592
    body = np.empty((count, 15), dtype=np.uint8)
    body[:, :5] = np.frombuffer(prefix.encode() + _POD, dtype=np.uint8)
    for place in range(_SERIAL):
        body[:, 14 - place] = _DIGITS[serial % 62]
        serial = serial // 62
    upper = (body >= ord("A")) & (body <= ord("Z"))
    bits = upper.reshape(count, 3, 5) @ (1 << np.arange(5))
    whole = np.concatenate([body, _GUARDS[bits]], axis=1)
    return np.asarray(
        np.ascontiguousarray(whole).view("S18").reshape(count).astype(np.str_), dtype=np.str_
    )
