"""Sentences for what can be wrong with a mapping file: file, place and remedy."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from knowledge.errors import BadInputError

Place = tuple[str, ...]


class MappingError(BadInputError):
    """Report a mapping file that can't be used."""


def or_nearest(name: str, known: Iterable[str]) -> str:
    """Suggest the name that was probably meant, or list the known ones."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(sorted(names))}"


def load_yaml(path: Path) -> tuple[Any, dict[Place, int]]:
    """Read a YAML file with every scalar as text, and the line of every place in it.

    Text only, because YAML's own types would turn a value map's ``No`` into false and an id's
    leading zeros into nothing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise MappingError(f"There is no mapping file at {path}; check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(
            f"The mapping file {path} can't be read as UTF-8 text ({error}); save it as UTF-8."
        ) from None
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader builds text only
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not YAML"
        raise MappingError(
            f"{path.name}{line}: {problem}; check indentation and quotes there."
        ) from None
    if not isinstance(document, dict):
        raise MappingError(
            f"{path.name} holds no mapping; it needs at least source and tables (docs/mapping.md)."
        )
    lines: dict[Place, int] = {}
    _index(node, (), lines, path)
    return document, lines


def _index(node: Any, place: Place, lines: dict[Place, int], path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if name in seen:
                raise MappingError(
                    f"{path.name}, line {line}: '{name}' is given twice; remove one of the two."
                )
            seen.add(name)
            lines[(*place, name)] = line
            _index(value, (*place, name), lines, path)


def describe(error: ValidationError, path: Path, lines: dict[Place, int]) -> str:
    """Turn the first validation error into one sentence with file, line and place."""
    first = error.errors()[0]
    place = tuple(str(part) for part in first["loc"] if not str(part).startswith("function-"))
    message = str(first["msg"]).removeprefix("Value error, ")
    kind = first["type"]
    if not place and message.startswith("tables."):
        place = tuple(message.split(":", 1)[0].split("."))
        message = message.split(":", 1)[1].strip()
    inner, _, rest = message.partition(": ")
    if (*place, inner) in lines:
        place, message = (*place, inner), rest
    if kind == "missing":
        message = f"'{place[-1]}' is missing; add it"
        place = place[:-1]
    elif kind == "extra_forbidden":
        message = f"'{place[-1]}' is not known here; remove it or see docs/mapping.md"
    line = next((lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines), None)
    where = f", line {line}" if line else ""
    inside = f" ({'.'.join(place)})" if place else ""
    return f"{path.name}{where}{inside}: {message}" + ("" if message.endswith("?") else ".")
