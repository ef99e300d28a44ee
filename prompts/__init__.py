"""Prompts and reply texts: Markdown files with a version, and the loader that reads them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import frontmatter

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Prompt:
    """Hold a prompt as it was written.

    Attributes:
        name: File name without its ending, with its folder (``replies/leaks``).
        version: Version in the front matter; it changes with every change of the words.
        text: The words.
        sections: Text under each second-level heading, for files that hold several texts.
    """

    name: str
    version: str
    text: str
    sections: dict[str, str]

    def fill(self, section: str, **fields: object) -> str:
        """Fill in the placeholders of one section.

        Raises:
            KeyError: The section, or a placeholder's value, is missing.
        """
        return self.sections[section].format(**fields)


@cache
def load(name: str) -> Prompt:
    """Load a prompt by name.

    Raises:
        FileNotFoundError: There is no such prompt.
    """
    page = frontmatter.loads((_FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    text = page.content.strip()
    return Prompt(name, str(page["version"]), text, _sections(text))


@cache
def examples(name: str) -> dict[str, Any]:
    """Load a YAML file of examples, such as the phrasings that a router learns from."""
    # python-frontmatter carries the YAML reader, so that this package needs no second one.
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return dict(frontmatter.loads(f"---\n{text}\n---\n").metadata)


def names() -> list[str]:
    """List the names of all prompts."""
    return sorted(
        path.relative_to(_FOLDER).with_suffix("").as_posix() for path in _FOLDER.rglob("*.md")
    )


def _sections(text: str) -> dict[str, str]:
    """Split a text at its second-level headings."""
    _, *parts = f"\n{text}".split("\n## ")
    pairs = (part.partition("\n") for part in parts)
    # Spaces at the ends belong to a part of a sentence; only the lines around it go.
    return {title.strip(): body.strip("\n") for title, _, body in pairs}
