"""Parameters of actions as fields of a form: built from the action types, read back strictly."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.plays.actions import action_type
from agent.slack.blocks import (
    INPUT_TEXT,
    OPTION_TEXT,
    OPTIONS,
    Block,
    Element,
    field,
    menu,
    option,
    plain_text,
    text_input,
)
from agent.slack.plays.words import label

# What the drafter chose for each lead, or what follows from something else; not for typing.
_FIXED = {
    "reroute_lead": {"to_name"},
    "send_content": {"content_id", "title", "url", "channel"},
}
_LABELS = {
    ("reroute_lead", "to"): "New owner of all leads",
    ("create_task", "subject"): "Task",
    ("create_task", "due_in_days"): "Days until it is due",
    ("create_task", "assignee"): "Who does it",
    ("update_field", "field"): "Field",
    ("update_field", "value"): "New value",
    ("send_content", "subject"): "Subject",
    ("send_content", "note"): "Message",
}
_HINTS = {
    ("create_task", "subject"): "Write {name} where the lead's name belongs.",
    ("send_content", "note"): "Write {name} where the lead's name belongs.",
    ("reroute_lead", "to"): "Leave empty to keep the owners as proposed.",
}
_ASSIGNEES = {"owner": "The lead's owner", "manager": "The owner's manager"}
_LONG = 300
VALUE = "value"
KEPT = "kept"
_INTEGER = re.compile(r"[+-]?\d{1,9}")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?")


class BadValueError(ValueError):
    """Report what is wrong with a typed value, in one sentence."""


@dataclass(frozen=True)
class Parameter:
    """Describe one parameter of a kind of action in a play.

    Attributes:
        kind: Kind of action.
        name: Name of the parameter.
        schema: JSON schema of it.
        present: Its value, where all actions of the kind have the same.
        is_mixed: True where they have not.
    """

    kind: str
    name: str
    schema: Mapping[str, Any]
    present: Any
    is_mixed: bool

    @property
    def block_id(self) -> str:
        """Name its field, so that an error can be shown beside it."""
        return f"{self.kind}.{self.name}"

    @property
    def choices(self) -> list[str] | None:
        """List the values that it may take, where these are few."""
        if "enum" in self.schema:
            return [str(value) for value in self.schema["enum"]]
        alternatives = re.fullmatch(r"\^\((\w+(?:\|\w+)*)\)\$", self.schema.get("pattern", ""))
        return alternatives.group(1).split("|") if alternatives else None


def parameters(actions: Sequence[Mapping[str, Any]], kind: str) -> list[Parameter]:
    """List the parameters of a kind of action that a person may change."""
    model = getattr(action_type(kind), "params", None)
    if model is None:
        return []
    schema = model.model_json_schema()["properties"]
    given = [action["params"] for action in actions if action["kind"] == kind]
    found = []
    for name, described in schema.items():
        if name in _FIXED.get(kind, ()):
            continue
        values = [params.get(name) for params in given]
        is_mixed = any(value != values[0] for value in values)
        found.append(Parameter(kind, name, described, None if is_mixed else values[0], is_mixed))
    return found


def form_field(
    parameter: Parameter, *, owners: Sequence[Mapping[str, Any]], writable: Sequence[str]
) -> Block:
    """Build the field of a parameter.

    Args:
        parameter: What it is for.
        owners: Active owners with ``id, name, team``, for leads to be given to.
        writable: Fields of records that the policy lets plays write.
    """
    place = (parameter.kind, parameter.name)
    title = _LABELS.get(place, parameter.name.replace("_", " ").capitalize())
    hint = _HINTS.get(place)
    element = _element(parameter, owners, writable)
    if parameter.is_mixed and hint is None:
        hint = "The leads have different values now; leave it empty to keep them."
    return field(title, element, parameter.block_id, hint=hint, optional=True)


def changed_value(parameter: Parameter, state: Mapping[str, Any] | None) -> tuple[bool, Any]:
    """Read what was typed or chosen; first whether that is a change.

    Raises:
        BadValueError: It is not a value of this parameter.
    """
    state = state or {}
    chosen = (state.get("selected_option") or {}).get("value")
    typed = state.get("value")
    given = chosen if chosen is not None else (typed or "").strip()
    if not given or chosen == KEPT:
        return False, None
    value = _parsed(parameter, given)
    return parameter.is_mixed or value != parameter.present, value


def _element(
    parameter: Parameter, owners: Sequence[Mapping[str, Any]], writable: Sequence[str]
) -> Element:
    if (parameter.kind, parameter.name) == ("reroute_lead", "to"):
        return _owner_menu(parameter, owners)
    choices = parameter.choices
    if (parameter.kind, parameter.name) == ("update_field", "field"):
        choices = sorted(writable)
    if choices:
        options = {choice: option(_choice(parameter, choice), choice) for choice in choices}
        present = options.get(str(parameter.present))
        return menu(VALUE, list(options.values()), chosen=present)
    if parameter.schema.get("type") == "integer":
        return _number_input(parameter)
    most = min(int(parameter.schema.get("maxLength", INPUT_TEXT)), INPUT_TEXT)
    initial = "" if parameter.present is None else str(parameter.present)
    return text_input(VALUE, initial=initial, multiline=most > _LONG, most=most)


def _choice(parameter: Parameter, choice: str) -> str:
    words = choice.replace("_", " ")
    if (parameter.kind, parameter.name) == ("create_task", "assignee"):
        return _ASSIGNEES.get(choice, words)
    return words


def _number_input(parameter: Parameter) -> Element:
    element: Element = {
        "type": "number_input",
        "action_id": VALUE,
        "is_decimal_allowed": False,
    }
    limits = (("min_value", "minimum"), ("max_value", "maximum"))
    element |= {
        name: str(parameter.schema[limit]) for name, limit in limits if limit in parameter.schema
    }
    if parameter.present is not None:
        element["initial_value"] = str(parameter.present)
    return element


def _owner_menu(parameter: Parameter, owners: Sequence[Mapping[str, Any]]) -> Element:
    """Build a menu of owners; in groups by team, because a menu takes a hundred choices each."""
    kept = option("As proposed", KEPT)
    chosen = kept
    teams: dict[str, list[Element]] = {}
    for owner in owners:
        entry = option(label(owner["name"] or owner["id"]), str(owner["id"]))
        if str(owner["id"]) == parameter.present:
            chosen = entry
        teams.setdefault(str(owner["team"] or "No team"), []).append(entry)
    everybody = [entry for _, members in sorted(teams.items()) for entry in members]
    if len(everybody) < OPTIONS:
        return menu(VALUE, [kept, *everybody], chosen=chosen)
    groups = [("As it is", [kept])]
    for name, members in sorted(teams.items()):
        groups += [(name, members[at : at + OPTIONS]) for at in range(0, len(members), OPTIONS)]
    element = menu(VALUE, [], chosen=chosen)
    del element["options"]
    element["option_groups"] = [
        {"label": plain_text(label(name), OPTION_TEXT), "options": members}
        for name, members in groups
    ]
    return element


def _parsed(parameter: Parameter, given: str) -> Any:
    kinds = [parameter.schema.get("type")]
    kinds += [part.get("type") for part in parameter.schema.get("anyOf", ())]
    if kinds == ["integer"]:
        if not _INTEGER.fullmatch(given):
            raise BadValueError("Write a whole number, such as 2.")
        return int(given)
    if kinds == ["number"]:
        if not _NUMBER.fullmatch(given):
            raise BadValueError("Write a number, such as 2.5.")
        return float(given)
    # Where a field may hold anything, what it holds now says what is meant.
    present = parameter.present
    if isinstance(present, bool):
        if given.lower() not in {"true", "false"}:
            raise BadValueError("Write true or false.")
        return given.lower() == "true"
    if isinstance(present, int | float):
        if not _NUMBER.fullmatch(given):
            raise BadValueError("Write a number; the value is a number now.")
        return int(given) if _INTEGER.fullmatch(given) else float(given)
    return given
