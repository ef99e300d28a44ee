"""Errors as Slack's Web API tells them."""

from typing import Any


class SlackError(Exception):
    """Refuse a call.

    Args:
        error: Slack's name of the error.
        extra: What the answer holds beside it.
    """

    def __init__(self, error: str, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.extra = extra

    @property
    def answer(self) -> dict[str, Any]:
        """Give the body of the answer."""
        return {"ok": False, "error": self.error, **self.extra}
