"""Vocabulary: the words of a company's own data that questions may use."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from knowledge.errors import BadInputError
from knowledge.warehouse.remember import per_version
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


# A word of a name: "O'Neil" and "AT&T" are one; a possessive ending is no part of it.
WORD = re.compile(r"[^\W_][\w&.-]*(?:['\u2019](?!s\b)\w+)*")
_JOINT = re.compile(r"\s*[/,;|()]\s*|\s+(?:&|and|or)\s+")
_SHORT = 3
_PLACES = frozenset({"region", "country"})


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
    def parts(self) -> dict[str, tuple[str, str]]:
        """Map a part of a value such as "Student / Researcher", or its initials, to the value.

        What could mean several values means none. Parts are in lower case, and short ones and
        initials in capitals, so that "IT" is found and "it" is not.
        """
        found: dict[str, set[tuple[str, str]]] = {}
        for column, value in self.values.values():
            # Places go by their initials; "EU" is no "End User".
            for part in _parts(value) | (_initials(value) if column in _PLACES else set()):
                found.setdefault(part, set()).add((column, value))
        return {
            part: next(iter(meant))
            for part, meant in found.items()
            if len(meant) == 1 and part.lower() not in {**self.values, **self.stage_words}
        }

    @cached_property
    def products(self) -> tuple[str, ...]:
        """Give the names of the company's own products, in lower case."""
        return tuple(
            value.lower()
            for column, values in self.segments.items()
            if "product" in column
            for value in values
        )

    @cached_property
    def known_names(self) -> dict[str, str]:
        """Map a name's words in lower case to its spelling; short names are too ambiguous."""
        return {
            " ".join(words_of(name)).lower(): name
            for name in self.names
            if len(name) > 3  # noqa: PLR2004 - shorter names collide with common words
        }

    @cached_property
    def longest_name(self) -> int:
        """Give the number of words of the longest name."""
        return max((name.count(" ") + 1 for name in self.known_names), default=1)

    def owner(self, name: str) -> str | None:
        """Give the owner that a name, or a part of one, can only mean."""
        wanted = {word.lower() for word in words_of(name)}
        meant = [
            owner
            for owner in self.segments.get("owner", ())
            if wanted <= {word.lower() for word in words_of(owner)}
        ]
        return meant[0] if wanted and len(meant) == 1 else None


def words_of(text: str) -> list[str]:
    """Give the words of a text, without the marks between and after them."""
    return [match.group().rstrip(".") for match in WORD.finditer(text)]


def _parts(value: str) -> set[str]:
    """Give the words that stand for a value of several parts."""
    pieces = [piece.strip() for piece in _JOINT.split(value) if piece.strip()]
    return {
        piece if len(piece) <= _SHORT and piece.isupper() else piece.lower()
        for piece in pieces
        if len(pieces) > 1 and (len(piece) > _SHORT or piece.isupper())
    }


def _initials(value: str) -> set[str]:
    """Give the initials of a value of several words."""
    initials = "".join(word[0] for word in value.split())
    return {initials} if len(initials) > 1 and initials.isupper() else set()


def vocabulary_of(open_snapshot: Callable[[], Snapshot]) -> Callable[[], Vocabulary]:
    """Give a function that reads the vocabulary of the newest warehouse version.

    Before anything is loaded the vocabulary holds the standard words alone.
    """

    def read() -> Vocabulary:
        try:
            opened = open_snapshot()
        except BadInputError:
            return Vocabulary()
        with opened as snapshot:
            return _read(snapshot)

    return read


@per_version(most=2)
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
