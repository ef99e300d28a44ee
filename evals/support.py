"""The grader of figures in an answer, apart from the guard that the product has of its own."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})")
# A number, not part of an id or a word, nor the mark of a list.
NUMBER = re.compile(r"(?<![\w.:#@-])(?!\d+[.)]\s)\d[\d,]*(?:\.\d+)?(?![\w@-])")
INNER = re.compile(r"(?<![\w.:#@-])\d[\d,]*(?:\.\d+)?(?![\w@-])")
RECORD = re.compile(r"\b(?:leak|score|play)_\w+|\b\w+:(?=\w*\d)\w{6,}")


def unsupported(answer: str, question: str, results: list[Any]) -> list[str]:
    """List the numbers and ids of an answer that no result, nor the question, holds.

    A number is held by one that rounds to it at the places shown, as it is or as a percentage,
    by a list of that length, or by a part of a date.
    """
    known, texts = set(_numbers(question)), [question]
    for result in results:
        for leaf in _leaves(result):
            if isinstance(leaf, str):
                texts.append(leaf)
                known.update(_numbers(leaf))
            else:
                known.add(float(leaf))
    everything = "\n".join(texts)
    missing = [ref for ref in RECORD.findall(answer) if ref not in everything]
    rest = RECORD.sub(" ", answer)
    missing += [day[0] for day in DATE.finditer(rest) if day[0] not in everything]
    for written in NUMBER.findall(DATE.sub(" ", rest)):
        places = len(written.partition(".")[2])
        value = float(written.replace(",", ""))
        if not any(_rounds(number, value, places) for number in known):
            missing.append(written)
    return missing


def stated(answer: str) -> int:
    """Count the numbers, dates and ids that an answer states."""
    rest = RECORD.sub(" ", answer)
    count = len(RECORD.findall(answer)) + len(DATE.findall(rest))
    return count + len(NUMBER.findall(DATE.sub(" ", rest)))


def _rounds(known: float, value: float, places: int) -> bool:
    half = 0.5 * 10**-places + 1e-9
    return any(abs(abs(known) * scale - value) <= half for scale in (1, 100))


def _leaves(value: Any) -> Iterator[str | float]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        yield float(len(value))
        for item in value:
            yield from _leaves(item)
    else:
        yield value if isinstance(value, int | float) else str(value)


def _numbers(text: str) -> Iterator[float]:
    for day in DATE.finditer(text):
        yield from (float(part) for part in day.groups())
    for written in INNER.findall(DATE.sub(" ", text)):
        yield float(written.replace(",", ""))
