"""Questions of an eval, one JSON object a line."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


class Questions:
    """Read a file of questions.

    Args:
        name: Name of the file in ``evals/data``, without its ending.
    """

    def __init__(self, name: str) -> None:
        self._path = DATA / f"{name}.jsonl"

    @cached_property
    def content(self) -> bytes:
        """Give the file's bytes, for the version of the eval."""
        return self._path.read_bytes()

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Give the questions in order."""
        return [json.loads(line) for line in self.content.splitlines() if line.strip()]
