"""The one assembly: wires settings to stores, models, tools and graphs, for every surface alike."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.config import Settings
from knowledge.database import open_database, reading
from knowledge.errors import BadInputError
from knowledge.warehouse.versions import Snapshot, Warehouse

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.tools import BaseTool
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from agent.conversation import Conversation
    from agent.lineage import Chain
    from agent.models.vocabulary import Vocabulary
    from agent.plays.desk import PlayDesk
    from agent.plays.play import Play
    from knowledge.library.embedding import Embedder
    from knowledge.library.index import Library, SyncReport
    from knowledge.warehouse.load import LoadReport
    from tools.content.judgements import Judgement, Verdict
    from tools.crm.embedded import EmbeddedCrm

# The parts are imported where they are first used: `weir funnel` needs no graph, `weir plays list`
# no embeddings, and each of them costs more CPU than these commands do.
# ruff: noqa: PLC0415

Progress = Callable[[str, float], None]

SAMPLE_MAPPING = Path(__file__).parents[1] / "knowledge" / "sources" / "sample" / "mapping.yaml"


@dataclass
class Weir:
    """Hold one deployment's parts, each opened when it is first used."""

    settings: Settings

    @classmethod
    def open(cls) -> "Weir":
        """Open the deployment that the environment describes."""
        return cls(Settings())

    @property
    def home(self) -> Path:
        """Locate the folder of all stores."""
        return self.settings.home

    @cached_property
    def warehouse(self) -> Warehouse:
        """Open the warehouse."""
        return Warehouse(self.home / "warehouse", open_database(self.settings.database_url))

    def snapshot(self, version: int | None = None) -> Snapshot:
        """Open a whole version of the warehouse, the newest by default."""
        return self.warehouse.snapshot(version)

    def leaks(self, snapshot: Snapshot) -> dict[str, Any]:
        """Find leaks; every surface asks here, so that all of them speak of the same ones."""
        from tools.leakage.detect import find_leaks

        return find_leaks(snapshot)

    @cached_property
    def embedder(self) -> "Embedder":
        """Give the embedding model; its weights load at the first text."""
        from knowledge.library.embedding import Embedder

        return Embedder(self.settings.embedding_model)

    @cached_property
    def library(self) -> "Library":
        """Open the library of playbooks and content."""
        from knowledge.library.index import Library

        return Library(self.home / "library", embed=self.embedder)

    def sync_library(self) -> "SyncReport":
        """Bring the index in line with the documents: the packaged ones and the team's own."""
        from knowledge.library.index import PACKAGED

        own = [folder for folder in (self.home / "documents",) if folder.is_dir()]
        return self.library.sync([*PACKAGED, *own])

    def judgements(self) -> "list[Judgement]":
        """Read what people thought of pieces of content, from oldest to newest."""
        from tools.content.judgements import read

        with reading(self.warehouse.database).connect() as tx:
            return read(tx)

    def judge(
        self, content_id: str, entity: str, verdict: "Verdict", *, by: str, reason: str | None
    ) -> None:
        """Keep what somebody thinks of a piece for a person, so that the ranking learns it.

        Raises:
            BadInputError: There is no such piece.
        """
        from agent.plays.stamps import stamp, utc_now
        from tools.content.judgements import judge

        piece = self.library.document(content_id)
        if piece is None or piece.kind != "content":
            raise BadInputError(f"The library has no piece of content `{content_id}`.")
        with self.warehouse.database.begin() as tx:
            judge(
                tx, content_id, entity, by=by, verdict=verdict, reason=reason, at=stamp(utc_now())
            )

    @cached_property
    def crm(self) -> "EmbeddedCrm":
        """Open the CRM that plays write to."""
        from tools.crm.embedded import EmbeddedCrm

        return EmbeddedCrm(self.home / "crm.db")

    @cached_property
    def plays(self) -> "PlayDesk":
        """Open the desk where plays are drafted, decided, run and undone."""
        from agent.plays.desk import PlayDesk

        return PlayDesk.open(self.home, self.warehouse.database, self.crm)

    def whoami(self, named: str | None = None) -> str:
        """Tell who is acting: as named, or as the settings say.

        Raises:
            BadInputError: Neither names anybody.
        """
        who = named or self.settings.user
        if not who:
            raise BadInputError("Say who you are: --as you@company.com, or set WEIR_USER.")
        return who

    def sources(self) -> set[str]:
        """Name the sources that have been loaded."""
        newest = self.warehouse.newest()
        return set(newest.meta["sources"]) if newest else set()

    def ingest(
        self, folder: Path, mapping: Path | None = None, *, progress: Progress | None = None
    ) -> "LoadReport":
        """Load a folder through a mapping file, and bring the embedded CRM in line.

        Raises:
            BadInputError: The files or the mapping can't be used; nothing was loaded.
            WeirError: Another load runs.
        """
        from knowledge.warehouse.load import ingest
        from knowledge.warehouse.mapping import read_mapping
        from tools.crm.seed import seed_crm

        if not folder.is_dir():
            raise BadInputError(f"There is no folder {folder}; name the one that holds your files.")
        described = read_mapping(mapping or folder / "mapping.yaml")
        report = ingest(self.warehouse, described, folder, progress=progress)
        with self.snapshot() as snapshot:
            # Also where nothing was new: an earlier load may have been killed just before this.
            seed_crm(self.crm, snapshot)
        return report

    def ingest_sample(
        self,
        *,
        seed: int = 7,
        scale: float = 1.0,
        truth: Path | None = None,
        progress: Progress | None = None,
    ) -> "LoadReport":
        """Make the sample company, unless it lies there already, and load it.

        Raises:
            BadInputError: The scale is too small, or another sample was loaded before.
        """
        folder = self.home / "sample"
        made = folder / "made.json"
        wanted = {"seed": seed, "scale": scale}
        if made.exists() and json.loads(made.read_text()) != wanted:
            # Loading one over the other would mix two companies.
            raise BadInputError(
                f"{self.home} holds another sample company ({made.read_text()}); give this one a "
                "home of its own: WEIR_HOME=.weir-sample weir ingest sample."
            )
        if truth is not None or not made.exists():
            from knowledge.sources.sample import generate

            made.unlink(missing_ok=True)
            generate(folder, truth=truth, seed=seed, scale=scale, progress=progress)
            made.write_text(json.dumps(wanted))
        return self.ingest(folder, SAMPLE_MAPPING, progress=progress)

    def propose(
        self, *, by: str, finding_id: str | None = None, journey_ids: Sequence[str] = ()
    ) -> "Play":
        """Draft a play for a finding, the worst by default, or for named leads at risk.

        Raises:
            BadInputError: There is no such finding or lead.
            WeirError: Nothing is left to draft a play for.
        """
        from agent.proposal import find, propose

        with self.snapshot() as snapshot:
            finding = None if journey_ids else find(self._findings(snapshot), finding_id)
            self.sync_library()
            return propose(
                snapshot,
                finding,
                desk=self.plays,
                library=self.library,
                by=by,
                journey_ids=journey_ids,
            )

    def propose_message(
        self,
        *,
        by: str,
        journey_id: str,
        content_id: str,
        note: str | None = None,
        subject: str | None = None,
    ) -> "Play":
        """Draft a play that sends one piece of content to one lead by e-mail.

        Raises:
            BadInputError: There is no such lead or piece, or it is not for them.
            WeirError: The lead may not be written to now, or is in another play.
        """
        from agent.message import propose_message

        self.sync_library()
        with self.snapshot() as snapshot:
            return propose_message(
                snapshot,
                desk=self.plays,
                library=self.library,
                by=by,
                journey_id=journey_id,
                content_id=content_id,
                note=note,
                subject=subject,
            )

    def lineage(self, what: str) -> "Chain":
        """Trace an id back to files and lines."""
        from agent.lineage import Tracer

        return Tracer(self.snapshot, self._findings, self.plays).trace(what)

    def _findings(self, snapshot: Snapshot) -> list[dict[str, Any]]:
        return list(self.leaks(snapshot)["findings"])

    @cached_property
    def vocabulary(self) -> "Callable[[], Vocabulary]":
        """Give what a question can name in the newest data, read once a warehouse version."""
        from agent.models.vocabulary import vocabulary_of

        return vocabulary_of(self.snapshot)

    def chat_model(self) -> "BaseChatModel":
        """Load the chat model of the settings."""
        from agent.models.load import load_chat_model

        return load_chat_model(
            self.settings.model,
            vocabulary=self.vocabulary,
            embedder=self.embedder,
            cache=self.home / "cache",
        )

    def tools(self) -> "list[BaseTool]":
        """List the tools of the conversation: all read, except the one that drafts."""
        from agent.plays.tool import play_tools
        from tools.content.tool import content_tools
        from tools.crm.tool import build_tools as crm_tools
        from tools.funnel.tool import funnel_tools
        from tools.leakage.tool import leakage_tools

        return [
            *funnel_tools(self.snapshot),
            *leakage_tools(self.snapshot),
            *crm_tools(self.snapshot),
            *content_tools(self.snapshot, self.library, self.judgements),
            *play_tools(self),
        ]

    def conversation(
        self, checkpointer: "BaseCheckpointSaver[Any] | None" = None
    ) -> "Conversation":
        """Build the conversation; without a checkpointer each question stands alone."""
        from agent.conversation import build_conversation
        from agent.guarded_tools import AccessMiddleware
        from agent.models.offline import OfflineChatModel

        model, fallback = self.chat_model(), None
        if not isinstance(model, OfflineChatModel):
            fallback = OfflineChatModel.create(
                vocabulary=self.vocabulary, embedder=self.embedder, cache=self.home / "cache"
            )
        self.sync_library()
        return build_conversation(
            model,
            self.tools(),
            checkpointer=checkpointer,
            fallback=fallback,
            extra=(AccessMiddleware(self),),
        )

    @contextmanager
    def remembering_conversation(self) -> "Iterator[Conversation]":
        """Build the conversation that remembers its threads."""
        from agent.conversation import open_memory

        with open_memory(self.home / "checkpoints.db") as memory:
            yield self.conversation(memory)
