"""The catalogue: which documents an index holds. Written last, so it names only what is there."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from knowledge.errors import WeirError
from knowledge.library.documents import Chunk, Document

FORMAT = 1


class LibraryError(WeirError):
    """Report that the library's index can't be used, and what to do."""


@dataclass(frozen=True)
class Catalog:
    """List what one generation of the index holds.

    Attributes:
        model: Fingerprint of the embedding model.
        collection: Name of the Chroma collection, which is never changed after this is written.
        files: Digest of all source files' bytes, to see at once that nothing changed.
        documents: Documents by id.
    """

    model: str
    collection: str
    files: str
    documents: dict[str, Document] = field(default_factory=dict)

    @property
    def chunks(self) -> list[Chunk]:
        """List the sections of all documents."""
        return [Chunk(doc, section) for doc in self.documents.values() for section in doc.sections]

    def write(self, path: Path) -> None:
        """Put the catalogue in place in one step."""
        content: dict[str, Any] = {
            "format": FORMAT,
            "model": self.model,
            "collection": self.collection,
            "files": self.files,
            "documents": [
                doc.model_dump(mode="json", by_alias=True) for doc in self.documents.values()
            ],
        }
        new = path.with_suffix(f".{os.getpid()}.new")
        with new.open("w", encoding="utf-8") as stream:
            json.dump(content, stream, ensure_ascii=False)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(path)


def read_catalog(path: Path) -> Catalog | None:
    """Read a catalogue, or None where nothing has been indexed.

    Raises:
        LibraryError: It is damaged or of another format.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise damaged(path.parent) from error
    try:
        if content["format"] != FORMAT:
            raise damaged(path.parent)
        documents = [Document.model_validate(row) for row in content["documents"]]
        return Catalog(
            content["model"],
            content["collection"],
            content["files"],
            {document.id: document for document in documents},
        )
    except (KeyError, TypeError, ValidationError) as error:
        raise damaged(path.parent) from error


def damaged(folder: Path) -> LibraryError:
    """Word the error of an index that can't be read."""
    return LibraryError(
        f"The library index at {folder} is damaged or of another version; delete that folder and "
        "run the command again: it is rebuilt from the Markdown files."
    )
