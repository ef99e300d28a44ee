"""Vocabulary: the words of a company's own data that questions may use."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from knowledge.errors import BadInputError
from knowledge.warehouse.stages import DEFAULT_STAGES
from knowledge.warehouse.versions import Snapshot

# What people call the standard segment columns.
COLUMN_WORDS: dict[str, tuple[str, ...]] = {
    "lead_source": ("lead source", "source", "channel", "acquisition channel", "origin"),
    "campaign": ("campaign",),
    "region": ("region", "territory", "geography", "geo"),
    "country": ("country", "nation"),
    "industry": ("industry", "vertical", "sector"),
    "size_band": ("company size", "size band", "size"),
    "persona": ("persona", "buyer role", "job role"),
    "product_line": ("product line", "product"),
    "owner": ("owner", "rep", "salesperson", "account executive", "seller"),
    "team": ("team",),
}
# What people call the standard stages.
STAGE_WORDS: dict[str, tuple[str, ...]] = {
    "raw": ("raw lead", "raw"),
    "inquiry": ("inquiry", "enquiry"),
    "mql": ("mql", "marketing qualified lead"),
    "accepted": ("accepted", "sal", "sales accepted lead", "acceptance"),
    "sql": ("sql", "sales qualified lead"),
    "opportunity": ("opportunity", "opp"),
    "won": ("won", "customer", "closed won", "win"),
}


@dataclass(frozen=True)
class Vocabulary:
    """Hold what a question can name in this company's data.

    Attributes:
        stages: Stages of the funnel, in order.
        segments: Segment column to its values.
        names: Names of people, accounts, owners and opportunities.
        as_of: Newest day in the data, from which "last quarter" counts.
    """

    stages: tuple[str, ...] = DEFAULT_STAGES
    segments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    as_of: date | None = None

    @cached_property
    def columns(self) -> dict[str, str]:
        """Map what people say to the segment column that they mean."""
        known = dict.fromkeys([*self.segments, *COLUMN_WORDS])
        if self.segments:
            known = dict.fromkeys(self.segments)
        words = {name.replace("_", " "): name for name in known}
        for column in known:
            for word in COLUMN_WORDS.get(column, ()):
                words.setdefault(word, column)
        return words

    @cached_property
    def stage_words(self) -> dict[str, str]:
        """Map what people say to the stage that they mean."""
        words = {stage.replace("_", " "): stage for stage in self.stages}
        for stage in self.stages:
            for word in STAGE_WORDS.get(stage, ()):
                words.setdefault(word, stage)
        return words

    @cached_property
    def values(self) -> dict[str, tuple[str, str]]:
        """Map a segment value in lower case to its column and its spelling.

        Owners are left to names, and a value of two columns belongs to the first.
        """
        found: dict[str, tuple[str, str]] = {}
        for column, values in self.segments.items():
            if column != "owner":
                for value in values:
                    found.setdefault(value.lower(), (column, value))
        return found

    @cached_property
    def known_names(self) -> dict[str, str]:
        """Map a name in lower case to its spelling; single short words are too ambiguous."""
        return {
            re.sub(r"\s+", " ", name.lower()): name
            for name in self.names
            if len(name) > 3  # noqa: PLR2004 - shorter names collide with common words
        }


def vocabulary_of(open_snapshot: Callable[[], Snapshot]) -> Callable[[], Vocabulary]:
    """Give a function that reads the vocabulary of the newest warehouse version, once a version.

    Before anything is loaded the vocabulary holds the standard words alone.
    """
    kept: dict[tuple[int, str], Vocabulary] = {}

    def read() -> Vocabulary:
        try:
            opened = open_snapshot()
        except BadInputError:
            return Vocabulary()
        with opened as snapshot:
            key = (snapshot.version, snapshot.pinned.load_id)
            if key not in kept:
                kept.clear()
                kept[key] = _read(snapshot)
            return kept[key]

    return read


def _read(snapshot: Snapshot) -> Vocabulary:
    # rapidfuzz and the tables of names are behind it
    from tools.crm.directory import directory_of  # noqa: PLC0415

    journeys = snapshot.table("journeys")
    segments = {}
    for name in snapshot.segments:
        values = journeys.select(name).unique().collect("pyarrow")[name].to_list()
        segments[name] = tuple(sorted(str(value) for value in values if value is not None))
    return Vocabulary(
        stages=snapshot.stage_map.stages,
        segments=segments,
        names=frozenset(directory_of(snapshot).names()),
        as_of=snapshot.as_of.date(),
    )
