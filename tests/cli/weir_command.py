"""Run the installed `weir` command in a process of its own, as a user does."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., subprocess.CompletedProcess[str]]

WEIR = Path(sys.executable).with_name("weir")
DANA, RIO, SAM = (
    f"{name}@northpeak.example" for name in ("dana.meyer", "rio.tanaka", "sam.okafor")
)


def environment(home: Path) -> dict[str, str]:
    """Give the environment of a user whose stores lie in a home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WEIR_")}
    return {**kept, "WEIR_HOME": str(home), "COLUMNS": "120", "NO_COLOR": "1"}


def weir(home: Path, *args: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [str(WEIR), *args],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment(home),
        cwd=home.parent,
        check=False,
        timeout=300,
    )


def begin(home: Path, *args: str) -> "subprocess.Popen[str]":
    """Start the command and go on."""
    return subprocess.Popen(
        [str(WEIR), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home),
        cwd=home.parent,
    )


def answered(finished: subprocess.CompletedProcess[str]) -> Any:
    """Read the JSON that a command printed."""
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def one_sentence(text: str) -> bool:
    """Tell whether a message is one clear sentence and no traceback."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return len(lines) == 1 and "Traceback" not in text and lines[0].rstrip().endswith((".", ")"))
