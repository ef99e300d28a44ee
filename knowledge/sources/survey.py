"""One pass over a file's bytes: its digest, and what decides how it can be read exactly."""

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from knowledge.errors import BadInputError

CHUNK = 1 << 20
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class SourceFileError(BadInputError):
    """Report a source file that can't be read at all."""


@dataclass(frozen=True)
class Survey:
    """Say what a file holds, as bytes.

    Attributes:
        sha256: Digest of the file as it lies on disk.
        size: Bytes after decompression.
        quotes: Whether a double quote occurs.
        utf8: Whether all of it is valid UTF-8.
        blank_lines: Whether a line without any character occurs.
        lone_returns: Whether a carriage return occurs that no line feed follows.
        utf16: Whether it looks like UTF-16.
        nul: Whether a zero byte occurs.
    """

    sha256: str
    size: int
    quotes: bool
    utf8: bool
    blank_lines: bool
    lone_returns: bool
    utf16: bool
    nul: bool


def open_bytes(path: Path) -> IO[bytes] | gzip.GzipFile:
    """Open a file for reading bytes, through gzip where its name says so."""
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    return path.open("rb")


def digest(path: Path) -> str:
    """Digest a file as it lies on disk."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def survey(path: Path) -> Survey:
    """Read a text file once and say what it holds.

    Raises:
        SourceFileError: The file is damaged (a broken gzip stream, for one).
    """
    size = 0
    quotes = blank = returns = nul = utf16 = False
    decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    tail = b"\n"  # a line feed before the first byte makes an empty first line a blank one
    for chunk in chunks(path):
        if size == 0:
            utf16 = chunk.startswith(UTF16_MARKS)
        size += len(chunk)
        seam = tail + chunk
        quotes = quotes or b'"' in chunk
        nul = nul or b"\0" in chunk
        blank = blank or b"\n\n" in seam or b"\n\r\n" in seam
        # The last byte may be the first half of a CR LF pair; it is looked at with the next chunk.
        body = seam[:-1] if seam.endswith(b"\r") else seam
        returns = returns or body.count(b"\r") != body.count(b"\r\n")
        tail = seam[-2:]
        if decoder is not None:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                decoder = None
    if tail.endswith(b"\r"):
        returns = True
    if decoder is not None:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            decoder = None
    return Survey(digest(path), size, quotes, decoder is not None, blank, returns, utf16, nul)


def chunks(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes, decompressed, a chunk at a time."""
    try:
        with open_bytes(path) as stream:
            while chunk := stream.read(CHUNK):
                yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise SourceFileError(
            f"{path.name} is not a whole gzip file; export or copy it again."
        ) from None
    except PermissionError:
        raise SourceFileError(
            f"{path.name} can't be read; give this user read permission."
        ) from None
