"""The mapping file: how a folder of source files becomes canonical tables."""

import hashlib
import json
import re
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from knowledge.warehouse.mapping_errors import MappingError, describe, load_yaml, or_nearest
from knowledge.warehouse.schema import PROVENANCE, STANDARD_SEGMENTS, TABLES, Kind
from knowledge.warehouse.stages import DEFAULT_STAGES, EXITS, StageMap

# Bumped when the loader would read the same files into different rows, so that they are read anew.
READER_VERSION = 2

EVENT_LOG = "event_log"
# Rows of these tables are events: nothing refers to them, and without a key they are told apart
# by all that is mapped.
EVENT_TABLES = ("touch", "stage_change", "assignment", EVENT_LOG)
OWN_TABLES = {"identity", "load", "quality_issue"}  # the warehouse fills these itself
TARGETS = (*(name for name in TABLES if name not in OWN_TABLES), EVENT_LOG)
STAGED = ("person", "opportunity")
IGNORE = "ignore"
# Columns whose values must be stages or exits.
STAGE_COLUMNS = {"stage_change": ("from_stage", "to_stage"), "opportunity": ("stage",)}
NAME = re.compile(r"^[a-z][a-z0-9_]*$")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except Exception:  # noqa: BLE001 - zoneinfo raises several kinds for a bad key
        raise ValueError(
            f"'{value}' is not a time zone; use a name such as Europe/Berlin or UTC"
        ) from None
    return value


def _name(value: str) -> str:
    if not NAME.match(value):
        raise ValueError(
            f"'{value}' must be lower case letters, digits and underscores, beginning with a letter"
        )
    return value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_spec(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


def _as_date(value: Any) -> Any:
    # Left to itself pydantic makes midnight of a bare date, which is when the day begins.
    text = str(value)
    try:
        is_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", text)
        return date.fromisoformat(text) if is_day else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"'{text}' is not a date; write 2024-06-30 or 2024-06-30T12:00:00Z"
        ) from None


Zone = Annotated[str, AfterValidator(_zone)]
Name = Annotated[str, AfterValidator(_name)]
Names = Annotated[list[str], BeforeValidator(_as_list)]
Filter = dict[str, Names]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Column(_Part):
    """Name the source column that fills a canonical one."""

    column: str = Field(alias="from")
    source: Name | None = None
    format: str | None = None


class StageRule(_Part):
    """Name the source column that holds when a stage was entered, and for which rows."""

    column: str = Field(alias="from")
    where: Filter = {}
    format: str | None = None


ColumnSpec = Annotated[Column, BeforeValidator(_as_spec)]
StageSpec = Annotated[StageRule, BeforeValidator(_as_spec)]


class TableMapping(_Part):
    """Map the files of one source table into a canonical table."""

    file: Names
    into: str
    key: Names = []
    columns: dict[str, ColumnSpec] = {}
    constant: dict[str, str] = {}
    required: Names = []
    expected: Names = []
    stages: dict[str, StageSpec] = {}
    journey: ColumnSpec | None = None
    where: Filter = {}
    values: dict[str, dict[str, str]] = {}
    source: Name | None = None
    time_zone: Zone | None = None
    delimiter: str | None = None
    encoding: str | None = None

    @property
    def canonical(self) -> str:
        """Name the canonical table whose columns the rows fill."""
        return "person" if self.into == EVENT_LOG else self.into

    @cached_property
    def source_columns(self) -> tuple[str, ...]:
        """List every source column that the mapping reads, each once."""
        names = [
            *self.key,
            *(spec.column for spec in self.columns.values()),
            *(spec.column for spec in self.stages.values()),
            *(name for spec in self.stages.values() for name in spec.where),
            *([self.journey.column] if self.journey else []),
            *self.where,
            *self.required,
            *self.expected,
        ]
        return tuple(dict.fromkeys(names))

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.into not in TARGETS:
            raise ValueError(
                f"into: '{self.into}' is not a canonical table; {or_nearest(self.into, TARGETS)}"
            )
        if not self.key and self.into not in EVENT_TABLES:
            raise ValueError(
                f"key: name the column (or columns) that identify a row of {self.into}"
            )
        if self.stages and self.into not in STAGED:
            raise ValueError(
                f"stages: dates of stages belong to a person or opportunity table, not {self.into}"
            )
        if self.journey and not self.stages and self.into != "opportunity":
            raise ValueError("journey: has a meaning only beside stages or for opportunities")
        for needed in NEEDED.get(self.into, ()):
            if needed not in self.columns and needed not in self.constant:
                raise ValueError(f"columns: {self.into} needs '{needed}'")
        for name in self.columns:
            if name in self.constant:
                raise ValueError(f"constant: '{name}' is already filled by columns")
        return self


NEEDED = {
    "stage_change": ("journey_id", "to_stage", "at"),
    "assignment": ("journey_id", "to_owner_id", "at"),
    "touch": ("at",),
    EVENT_LOG: ("case", "activity", "at"),
}


def target_columns(into: str, segments: tuple[str, ...]) -> dict[str, Kind]:
    """List the columns that a mapping may fill, with their kinds.

    Args:
        into: Canonical table, or ``event_log``.
        segments: The mapping's own segments; people, opportunities and accounts may carry them.
    """
    own: dict[str, Kind] = {name: "text" for name in segments if name not in STANDARD_SEGMENTS}
    if into == EVENT_LOG:
        return {
            "case": "text",
            "activity": "text",
            **target_columns("touch", ()),
            **target_columns("person", segments),
        }
    hidden = {"id", *PROVENANCE}
    columns = {name: kind for name, kind in TABLES[into].columns.items() if name not in hidden}
    return {**own, **columns} if into in {"person", "opportunity", "account"} else columns


class Mapping(_Part):
    """Hold a validated mapping file."""

    source: Name
    time_zone: Zone = "UTC"
    stages: list[Name] = list(DEFAULT_STAGES)
    segments: list[Name] = []
    as_of: Annotated[datetime | date | None, BeforeValidator(_as_date)] = None
    tables: dict[Name, TableMapping]

    _path: Path = PrivateAttr(default=Path("mapping.yaml"))

    @property
    def name(self) -> str:
        """Name the mapping file for messages."""
        return self._path.name

    @cached_property
    def digest(self) -> str:
        """Digest what the mapping says, so that a changed mapping reads its files again."""
        said = json.dumps([READER_VERSION, self.model_dump(mode="json")], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def own_segments(self) -> tuple[str, ...]:
        """List the segments that are not standard names."""
        return tuple(name for name in self.segments if name not in STANDARD_SEGMENTS)

    @cached_property
    def stage_map(self) -> StageMap:
        """Give the stage map that the mapping defines."""
        digest = hashlib.sha256("|".join(self.stages).encode()).hexdigest()[:12]
        return StageMap(tuple(self.stages), digest)

    @property
    def as_of_time(self) -> datetime | None:
        """Give the as-of time in UTC without zone; a bare date means the end of that day there."""
        if self.as_of is None:
            return None
        if not isinstance(self.as_of, datetime):
            moment = datetime.combine(self.as_of, time.max)
        else:
            moment = self.as_of
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(self.time_zone))
        return moment.astimezone(UTC).replace(tzinfo=None)

    @model_validator(mode="after")
    def _check(self) -> Self:
        known = (*self.stages, *EXITS)
        if len(set(known)) < len(known):
            raise ValueError("stages: a stage is named twice, or named like an exit")
        if not self.stages or not self.tables:
            raise ValueError("name at least one stage and one table")
        for label, table in self.tables.items():
            self._check_table(label, table, known)
        return self

    def _check_table(self, label: str, table: TableMapping, known: tuple[str, ...]) -> None:
        place = f"tables.{label}"
        allowed = target_columns(table.into, tuple(self.segments))
        for part in ("columns", "constant"):
            for name in getattr(table, part):
                if name not in allowed:
                    raise ValueError(
                        f"{place}.{part}: '{name}' is no column of {table.into} and not listed in "
                        f"segments; {or_nearest(name, allowed)}"
                    )
        for name in table.stages:
            _check_stage(f"{place}.stages", name, known)
        for name, values in table.values.items():
            if name not in table.columns:
                raise ValueError(f"{place}.values: '{name}' is not filled by columns")
            if name in STAGE_COLUMNS.get(table.into, ()):
                for meant in values.values():
                    _check_stage(f"{place}.values.{name}", meant, (*known, IGNORE))


def _check_stage(place: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise ValueError(
            f"{place}: '{name}' is not a stage of this funnel; {or_nearest(name, known)}"
        )


def read_mapping(path: Path) -> Mapping:
    """Read and validate a mapping file.

    Args:
        path: A YAML file as described in docs/mapping.md.

    Raises:
        MappingError: The file is missing, is not YAML, or says something that can't be; the
            message names the file, the place in it and the remedy.
    """
    document, lines = load_yaml(path)
    try:
        mapping = Mapping.model_validate(document)
    except ValidationError as error:
        raise MappingError(describe(error, path, lines)) from None
    mapping._path = path  # noqa: SLF001 - its own private attribute, set where it is built
    return mapping
