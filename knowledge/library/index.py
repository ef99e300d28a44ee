"""The library: sync Markdown into Chroma as a difference, and search it from any process."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from knowledge.library.catalog import Catalog, LibraryError, damaged, read_catalog
from knowledge.library.documents import Chunk, Document, markdown_files, read_documents
from knowledge.library.embedding import Embedder
from knowledge.library.search import (
    ABSTAIN_BELOW,
    Access,
    Hit,
    Keywords,
    SearchResult,
    fuse,
    quote,
    spread,
)
from knowledge.library.vectors import MissingCollectionError, Vectors

if TYPE_CHECKING:
    from knowledge.library.minilm import Floats

PACKAGED = (Path(__file__).parent / "playbooks", Path(__file__).parent / "content")
METADATA = {"stage", "persona", "industry", "leak_kinds", "channel", "format", "audience", "owner"}
TRIES = 3


@dataclass(frozen=True)
class SyncReport:
    """Say what a sync did, by document id.

    Attributes:
        embedded: Sections whose vectors had to be computed.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    embedded: int = 0


class Library:
    """Hold playbooks and content for search.

    Each sync that changes something builds a new Chroma collection out of the old one's vectors and
    those of new sections, then writes the catalogue that names it. A reader in another process so
    sees the old library or the new one, whole, and a sync that was killed leaves nothing visible.

    Args:
        folder: Where the index lies.
        embed: The embedding model.
    """

    def __init__(self, folder: Path, *, embed: Embedder) -> None:
        self._folder = folder
        self._embed = embed
        self._vectors = Vectors(folder / "chroma")
        self._catalog: Catalog | None = None
        self._stamp: tuple[int, int] | None = None
        self._keywords: Keywords | None = None
        self._chunks: dict[str, Chunk] = {}

    def sync(self, sources: Sequence[Path] = PACKAGED, *, rebuild: bool = False) -> SyncReport:
        """Make the index hold exactly the documents of some folders.

        Args:
            sources: Folders (searched for ``*.md``) and single files.
            rebuild: Start anew, also where another model built the index.

        Raises:
            DocumentError: A document is wrong; the index stays as it was.
            LibraryError: The index is damaged, or another model built it.
        """
        files = markdown_files(sources)
        digest = _digest(files)
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / "sync.lock"):
            old = None if rebuild else read_catalog(self._path)
            if old is not None:
                self._check_model(old)
            if old is not None and old.files == digest and self._vectors.exists():
                return SyncReport(unchanged=tuple(old.documents))
            documents = read_documents(files)
            new = Catalog(self._embed.fingerprint, f"library-{uuid.uuid4().hex}", digest, documents)
            embedded = self._build(new, old)
            new.write(self._path)
            # Readers that still hold the last catalogue may finish on its collection.
            self._vectors.drop_all_but({new.collection, *({old.collection} if old else ())})
        return _compare(old.documents if old else {}, documents, embedded)

    def search(
        self,
        query: str,
        *,
        audience: str = "internal",
        kind: str | None = None,
        limit: int = 5,
        filters: Mapping[str, str | Sequence[str]] | None = None,
        today: date | None = None,
    ) -> SearchResult:
        """Find sections by meaning and by words; abstain where nothing is close.

        It does not abstain where a filter on ``leak_kinds`` or ``id`` names the subject, or where
        one section has every word of the question.

        Args:
            query: A question or some words.
            audience: ``external`` leaves out what must not leave the company.
            kind: ``playbook`` or ``content``.
            limit: How many sections at most; the best of each document comes first.
            filters: Front matter field (``stage``, ``persona``, ``industry``, ``leak_kinds``,
                ``channel``, ``format``, ``owner``, ``id``) to the value or values wanted.
            today: Day on which expiry is judged; the current day (UTC) by default.

        Raises:
            BadInputError: An unknown audience, kind or filter.
            LibraryError: Nothing is indexed, the index is damaged, or another model built it.
        """
        access = Access(audience, today or datetime.now(UTC).date(), kind, filters or {})
        if not query.strip():
            return SearchResult(query, abstained=True, reason="The question is empty.")
        for _ in range(TRIES):
            catalog = self._open()
            allowed = {id_ for id_, chunk in self._chunks.items() if access.permits(chunk.document)}
            if not allowed:
                reason = "No document of the library fits these filters."
                return SearchResult(query, abstained=True, reason=reason)
            vector = self._embed.embed([query])[0]
            everything = len(allowed) == len(self._chunks)
            try:
                near = self._vectors.nearest(
                    catalog.collection, vector, None if everything else allowed, len(allowed)
                )
            except MissingCollectionError:
                # Two syncs went by since the catalogue was read.
                self._stamp = None
                continue
            return self._ranked(query, near, allowed, limit, named=access.is_named)
        raise damaged(self._folder)

    def document(self, doc_id: str) -> Document | None:
        """Look up a document, expired ones included."""
        return self._open().documents.get(doc_id)

    def documents(self, kind: str | None = None) -> list[Document]:
        """List documents of a kind, or all, expired ones included."""
        return [d for d in self._open().documents.values() if kind in {None, d.kind}]

    @property
    def _path(self) -> Path:
        return self._folder / "catalog.json"

    def _open(self) -> Catalog:
        """Read the catalogue again where another process has replaced it."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            status = None
        stamp = (status.st_mtime_ns, status.st_ino) if status else None
        if self._catalog is None or stamp != self._stamp:
            catalog = read_catalog(self._path)
            if catalog is None:
                raise LibraryError(
                    "The library is not indexed yet; run `weir ingest sample` or `weir demo` first."
                )
            self._catalog, self._stamp, self._keywords = catalog, stamp, None
            self._chunks = {chunk.id: chunk for chunk in catalog.chunks}
        self._check_model(self._catalog)
        return self._catalog

    def _check_model(self, catalog: Catalog) -> None:
        if catalog.model != self._embed.fingerprint:
            raise LibraryError(
                f"The library index at {self._folder} was built with the embedding model "
                f"{catalog.model}, not {self._embed.fingerprint}; choose that model again, or "
                "delete that folder and run the command again to rebuild it."
            )

    def _build(self, new: Catalog, old: Catalog | None) -> int:
        """Fill a new collection; only sections whose text is new are embedded."""
        known: dict[str, Floats] = {}
        if old is not None:
            stored = self._vectors.read(old.collection)
            known = {c.indexed: stored[c.id] for c in old.chunks if c.id in stored}
        chunks = new.chunks
        missing = list(dict.fromkeys(c.indexed for c in chunks if c.indexed not in known))
        known.update(zip(missing, self._embed.embed(missing), strict=True))
        self._vectors.write(
            new.collection,
            [chunk.id for chunk in chunks],
            [known[chunk.indexed] for chunk in chunks],
            [chunk.indexed for chunk in chunks],
            [
                {
                    "document": c.document.id,
                    "kind": c.document.kind,
                    "audience": c.document.audience,
                }
                for c in chunks
            ],
        )
        return len(missing)

    def _ranked(
        self, query: str, near: dict[str, float], allowed: set[str], limit: int, *, named: bool
    ) -> SearchResult:
        if self._keywords is None:
            self._keywords = Keywords(list(self._chunks.values()))
        best = max(near.values(), default=0.0)
        if best < ABSTAIN_BELOW and not named and not self._keywords.covers(query, allowed):
            reason = (
                f"Nothing in the library is close to this (best {best:.2f}, needs {ABSTAIN_BELOW})."
            )
            return SearchResult(query, abstained=True, reason=reason, best=best)
        fused = fuse(near, self._keywords.rank(query, allowed))
        hits = tuple(
            self._hit(self._chunks[id_], query, fused[id_], near.get(id_), self._keywords)
            for id_ in spread(fused, limit)
        )
        return SearchResult(query, hits, best=best)

    @staticmethod
    def _hit(
        chunk: Chunk, query: str, score: float, similarity: float | None, keywords: Keywords
    ) -> Hit:
        said, start = quote(chunk.section, query, keywords)
        document = chunk.document
        metadata = document.model_dump(
            mode="json", include={*METADATA, "kind", "expires", "version"}
        )
        return Hit(
            id=chunk.id,
            doc_id=document.id,
            title=document.title,
            section=chunk.section.heading,
            text=chunk.section.text,
            score=round(score, 6),
            similarity=None if similarity is None else round(similarity, 4),
            quote=said,
            start=start,
            metadata=metadata,
        )


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _compare(old: Mapping[str, Document], new: Mapping[str, Document], embedded: int) -> SyncReport:
    kept = [id_ for id_ in new if id_ in old]
    return SyncReport(
        added=tuple(id_ for id_ in new if id_ not in old),
        changed=tuple(id_ for id_ in kept if new[id_].text != old[id_].text),
        removed=tuple(id_ for id_ in old if id_ not in new),
        unchanged=tuple(id_ for id_ in kept if new[id_].text == old[id_].text),
        embedded=embedded,
    )
