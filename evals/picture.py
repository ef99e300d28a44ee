"""Make a picture of a real run: `python -m evals.picture docs/demo.svg -- weir funnel`."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS, ROWS = 110, 50
USAGE = "usage: python -m evals.picture OUT.svg -- COMMAND ...\n"
# rich asks a web host for a font; a page must not, so readers see their own.
FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)
# What a terminal does rather than shows, colours aside.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-LN-Za-ln-z]|\x1b\][^\x07]*\x07|\x1b[()][A-Z0-9]")


def record(command: list[str], *, columns: int = COLUMNS) -> str:
    """Run a command on a pseudo-terminal and give what it showed, with its colours.

    Its standard error (progress that it takes back) is left out, and nobody answers its questions.

    Raises:
        subprocess.CalledProcessError: The command failed.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    wide = {"COLUMNS": str(columns), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    shown = bytearray()
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=said, env=os.environ | wide
        ) as process:
            os.close(theirs)
            while part := _read(ours):
                shown += part
        os.close(ours)
        if process.returncode:
            said.seek(0)
            raise subprocess.CalledProcessError(process.returncode, command, stderr=said.read())
    return CONTROL.sub("", shown.decode(errors="replace")).replace("\r\n", "\n")


def picture(shown: str, title: str, *, columns: int = COLUMNS) -> str:
    """Draw terminal output as SVG that fetches nothing."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=columns, file=nowhere, force_terminal=True)
        console.print(Text.from_ansi(shown.rstrip()))
        return FONT.sub("", console.export_svg(title=title, theme=MONOKAI))


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:
        # Linux reports the end of a pseudo-terminal as an error.
        return b""


def main(arguments: list[str]) -> int:
    """Make the picture that the arguments ask for."""
    if len(arguments) < 3 or arguments[1] != "--":  # noqa: PLR2004 - a file, a mark, a command
        sys.stderr.write(USAGE)
        return 2
    command = arguments[2:]
    try:
        shown = record(command)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{error}\n{error.stderr.decode(errors='replace')}")
        return 1
    title = " ".join([Path(command[0]).name, *command[1:]])  # not where it is installed
    svg = picture(shown, title)
    Path(arguments[0]).write_text(svg, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
