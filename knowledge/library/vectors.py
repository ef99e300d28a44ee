"""Vectors in Chroma: collections that are written once, then only read."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.library.catalog import damaged
from knowledge.library.minilm import Floats
from knowledge.library.search import POOL

BATCH = 1_000
NAMED = "library-"


class MissingCollectionError(Exception):
    """Say that a collection is gone, because newer ones replaced it."""


class Vectors:
    """Keep vectors in a Chroma folder, which is opened at first use.

    Args:
        folder: The folder of the persistent client.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: Any = None

    def exists(self) -> bool:
        """Tell whether anything has been stored."""
        return (self._folder / "chroma.sqlite3").is_file()

    def nearest(
        self, collection: str, vector: Floats, allowed: Collection[str] | None, count: int
    ) -> dict[str, float]:
        """Find the nearest vectors, only among some ids where given.

        Returns:
            Id to cosine similarity, nearest first.

        Raises:
            MissingCollectionError: The collection was replaced.
        """
        found = self._collection(collection).query(
            query_embeddings=vector[None, :],
            n_results=min(POOL, count),
            ids=None if allowed is None else sorted(allowed),
            include=["distances"],
        )
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return {id_: 1.0 - float(distance) for id_, distance in pairs}

    def read(self, collection: str) -> dict[str, Floats]:
        """Read all vectors of a collection; none where it is gone."""
        try:
            stored = self._collection(collection).get(include=["embeddings"])
        except MissingCollectionError:
            return {}
        vectors = np.asarray(stored["embeddings"], dtype=np.float32)
        return dict(zip(stored["ids"], vectors, strict=True))

    def write(
        self,
        collection: str,
        ids: Sequence[str],
        vectors: Sequence[Floats],
        texts: Sequence[str],
        metadata: Sequence[Mapping[str, str]],
    ) -> None:
        """Store a new collection."""
        stored = self._client().create_collection(
            collection,
            # Vectors are always given; Chroma's default function would download a model.
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": 4 * POOL}},
        )
        for start in range(0, len(ids), BATCH):
            batch = slice(start, start + BATCH)
            stored.add(
                ids=list(ids[batch]),
                embeddings=np.stack(vectors[batch]),
                documents=list(texts[batch]),
                metadatas=[dict(row) for row in metadata[batch]],
            )

    def drop_all_but(self, keep: Collection[str]) -> None:
        """Delete collections that no catalogue names any more."""
        client = self._client()
        for stored in client.list_collections():
            if stored.name.startswith(NAMED) and stored.name not in keep:
                client.delete_collection(stored.name)

    def _client(self) -> Any:
        # 0.7 s of CPU: only a process that searches or syncs pays for it.
        import chromadb  # noqa: PLC0415
        from chromadb.config import Settings  # noqa: PLC0415
        from chromadb.errors import ChromaError  # noqa: PLC0415

        if self._opened is None:
            try:
                self._opened = chromadb.PersistentClient(
                    path=str(self._folder), settings=Settings(anonymized_telemetry=False)
                )
            except (ChromaError, OSError, ValueError) as error:
                raise damaged(self._folder.parent) from error
        return self._opened

    def _collection(self, name: str) -> Any:
        from chromadb.errors import ChromaError, NotFoundError  # noqa: PLC0415 - as above

        try:
            return self._client().get_collection(name, embedding_function=None)
        except NotFoundError as error:
            raise MissingCollectionError(name) from error
        except ChromaError as error:
            raise damaged(self._folder.parent) from error
