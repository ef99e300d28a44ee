"""Documents of the library: Markdown with front matter, checked when read."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from knowledge.errors import BadInputError
from knowledge.library.sections import Section, split

Kind = Literal["playbook", "content"]
Audience = Literal["internal", "external"]
AUDIENCES: tuple[Audience, ...] = ("internal", "external")

# Which parameters an action needs; only kinds that the executor can run are allowed.
ACTION_PARAMS: dict[str, dict[str, type]] = {
    "reroute_lead": {"to": str},
    "create_task": {"subject": str, "due_in_days": int},
    "update_field": {"field": str, "value": object},
}


class DocumentError(BadInputError):
    """Report a document that can't be used, in one sentence with its file and field."""


def _listed(value: Any) -> Any:
    """Take a single value, or nothing, for a list."""
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class ActionTemplate(BaseModel):
    """Hold what a playbook proposes to do, to be filled with a target when a play is drafted."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    kind: Literal["reroute_lead", "create_task", "update_field"]
    whom: Literal["lead", "owner", "manager"] = Field(alias="for", default="lead")
    params: dict[str, str | int | float | bool] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _params_fit(self) -> "ActionTemplate":
        wanted = ACTION_PARAMS[self.kind]
        if set(self.params) != set(wanted):
            raise ValueError(f"{self.kind} takes the params {', '.join(wanted)}")
        for name, value in self.params.items():
            if not isinstance(value, wanted[name]) or (wanted[name] is int and value is True):
                raise ValueError(f"the param {name} must be of type {wanted[name].__name__}")
        return self


class Document(BaseModel):
    """Hold one document of the library.

    Attributes:
        stage: Stages (or transitions) that it helps with; empty means all. So for ``persona``,
            ``industry`` and ``channel``.
        leak_kinds: Drivers and situations that a playbook is for.
        audience: ``internal`` documents never leave the company.
        expires: Last day on which it may be used.
        url: Where the piece itself lies, for people to open.
        text: The file's text, as it is.
        body_start: Offset in ``text`` at which the front matter ends.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str = Field(min_length=1)
    kind: Kind
    stage: Names = ()
    persona: Names = ()
    industry: Names = ()
    leak_kinds: Names = ()
    channel: Names = ()
    format: str | None = None
    audience: Audience = "internal"
    owner: str = Field(min_length=1)
    expires: date | None = None
    url: str | None = Field(default=None, pattern=r"^https?://[^\s<>\"]+$")
    version: int = Field(default=1, ge=1)
    actions: tuple[ActionTemplate, ...] = ()
    text: str
    body_start: int = 0

    @cached_property
    def sections(self) -> list[Section]:
        """Split the body into what is searched and cited."""
        return split(self.text, self.body_start)

    @property
    def body(self) -> str:
        """Give the text without its front matter."""
        return self.text[self.body_start :].strip()

    @property
    def digest(self) -> str:
        """Digest the file's text, front matter included."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def is_expired(self, today: date) -> bool:
        """Tell whether its last day has passed."""
        return self.expires is not None and self.expires < today

    def matches(self, filters: Mapping[str, Sequence[str]]) -> bool:
        """Tell whether it fits metadata filters: any listed value, or none where it is for all."""
        for field, wanted in filters.items():
            have = getattr(self, field)
            have = have if isinstance(have, tuple) else (str(have),)
            open_to_all = not have and field in {"stage", "persona", "industry", "channel"}
            if not open_to_all and not set(have) & set(wanted):
                return False
        return True


@dataclass(frozen=True)
class Chunk:
    """Hold one section of one document, as it is indexed."""

    document: Document
    section: Section

    @property
    def id(self) -> str:
        """Name the section as it is cited."""
        return f"{self.document.id}#{self.section.slug}"

    @property
    def indexed(self) -> str:
        """Give what is embedded and matched: the section under its title and leak kinds."""
        kinds = ", ".join(kind.replace("_", " ") for kind in self.document.leak_kinds)
        title = f"{self.document.title} ({kinds})" if kinds else self.document.title
        return f"{title} > {self.section.heading}\n\n{self.section.text}"


FILTERS = ("stage", "persona", "industry", "leak_kinds", "channel", "format", "owner", "id")


def markdown_files(sources: Iterable[Path]) -> list[Path]:
    """List the Markdown files of folders (and single files), in a stable order.

    Raises:
        DocumentError: A source is not there.
    """
    files: list[Path] = []
    for source in sources:
        if not source.exists():
            raise DocumentError(f"There is no library folder or file at {source}.")
        files.extend(sorted(source.rglob("*.md")) if source.is_dir() else [source])
    return files


def read_documents(files: Iterable[Path]) -> dict[str, Document]:
    """Read documents by id.

    Raises:
        DocumentError: A file can't be read, a field is wrong, or two files share an id.
    """
    documents: dict[str, Document] = {}
    origin: dict[str, Path] = {}
    for file in files:
        document = read_document(file)
        if document.id in documents:
            raise DocumentError(
                f"{file}: the id `{document.id}` is taken by {origin[document.id]}; "
                "give one of them another."
            )
        documents[document.id] = document
        origin[document.id] = file
    return documents


def read_document(file: Path) -> Document:
    """Read and check one Markdown file.

    Raises:
        DocumentError: In one sentence with the file and the field.
    """
    # PyYAML's pure parser is slow; an unchanged library is never parsed.
    import frontmatter  # noqa: PLC0415

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{file}: can't be read as UTF-8 text ({error}).") from error
    try:
        metadata, body = frontmatter.parse(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" near line {mark.line + 2}" if mark else ""
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise DocumentError(f"{file}: the front matter can't be read{place}: {problem}.") from error
    if not metadata:
        raise DocumentError(f"{file}: starts without front matter; begin it with `---` lines.")
    if not body.strip():
        raise DocumentError(f"{file}: has no text after its front matter.")
    reserved = sorted({"text", "body_start"} & metadata.keys())
    if reserved:
        raise DocumentError(f"{file}: front matter has no field `{reserved[0]}`; remove it.")
    start = len(text.rstrip()) - len(body.strip())
    try:
        return Document.model_validate({**metadata, "text": text, "body_start": start})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part != "text") or "front matter"
        reason = first["msg"].removeprefix("Value error, ")
        raise DocumentError(f"{file}: front matter field `{field}`: {reason}.") from error
