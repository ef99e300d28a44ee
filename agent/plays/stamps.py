"""Time stamps: UTC text of one width, so that text order is time order in every database."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def utc_now() -> datetime:
    """Read the clock as naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def stamp(at: datetime) -> str:
    """Write a naive UTC time as text."""
    return at.strftime(_FORMAT)


def parse(text: str) -> datetime:
    """Read a stamp back as naive UTC."""
    return datetime.strptime(text, _FORMAT)  # noqa: DTZ007 -- the format ends in a literal Z


def spoken(text: str) -> str:
    """Write a stamp as people say it, to the minute."""
    return parse(text).strftime("%Y-%m-%d %H:%M UTC")
