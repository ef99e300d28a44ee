"""The form that edits a pending play: parameters by kind of action, and whom to take out."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.plays.actions import action_type
from agent.plays.edit import Edit
from agent.plays.errors import BadPlayError
from agent.slack.blocks import (
    BLOCKS_PER_VIEW,
    OPTION_TEXT,
    OPTIONS,
    Block,
    context,
    field,
    header,
    menu,
    modal,
    option,
    section,
)
from agent.slack.plays.parameters import (
    VALUE,
    BadValueError,
    changed_value,
    form_field,
    parameters,
)
from agent.slack.plays.words import Shown, change, label, short, treated
from agent.slack.text import clip, plain
from agent.words import counted

EDIT = "play_edit_form"
DROP = "drop"
_MENUS = 10
_MOST_BYTES = 240_000
_MOST_OWNERS = 500
_NAME_LENGTHS = (OPTION_TEXT, 30, 8)
_ERROR = 300
_TITLES = {
    "reroute_lead": "Reroute",
    "create_task": "Task",
    "update_field": "Field",
    "send_content": "E-mail",
}
_PLACE = re.compile(r"The action (\w+) can't be used: (\w+)[:.]")

Errors = dict[str, str]


def edit_view(
    shown: Shown,
    *,
    owners: Sequence[Mapping[str, Any]],
    writable: Sequence[str],
    private: str,
) -> Block:
    """Build the form.

    Args:
        shown: The play, as ``PlayDesk.show`` gives it.
        owners: Active owners with ``id, name, team``.
        writable: Fields that the policy lets plays write.
        private: Opaque id of what is edited, which comes back with the form.
    """
    # A view may take so much room in all; where names are long and many, they are cut shorter.
    for name_length in _NAME_LENGTHS:
        view = _view(shown, owners, writable, private, name_length)
        if len(json.dumps(view)) < _MOST_BYTES:
            break
    return view


def _view(
    shown: Shown,
    owners: Sequence[Mapping[str, Any]],
    writable: Sequence[str],
    private: str,
    name_length: int,
) -> Block:
    owners = [
        {**owner, "name": label(owner["name"] or owner["id"], name_length)}
        for owner in owners[:_MOST_OWNERS]
    ]
    blocks = [
        section(f"*{short(shown['title'], 200)}*"),
        context("An edit is a new proposal: approvals given so far start over."),
    ]
    for kind in _kinds(shown):
        actions = [action for action in shown["actions"] if action["kind"] == kind]
        title = _TITLES.get(kind, kind.replace("_", " ").capitalize())
        blocks += [
            header(title),
            context(f"{counted(len(actions), 'write')}, such as: {change(actions[0])}"),
            *[
                form_field(parameter, owners=owners, writable=writable)
                for parameter in parameters(shown["actions"], kind)
            ],
        ]
    blocks += _drop_menus(shown, name_length)
    return modal(
        "Edit play",
        blocks[:BLOCKS_PER_VIEW],
        callback_id=EDIT,
        submit="Save",
        close="Cancel",
        private=private,
    )


def read_edit(shown: Shown, values: Mapping[str, Mapping[str, Any]]) -> tuple[Edit, Errors]:
    """Read what was filled in, with a sentence for each field that can't be used.

    Args:
        shown: The play that the form was built from.
        values: ``view.state.values`` of the submission.
    """
    errors: Errors = {}
    changes: dict[str, dict[str, Any]] = {}
    for kind in _kinds(shown):
        for parameter in parameters(shown["actions"], kind):
            try:
                is_new, value = changed_value(
                    parameter, values.get(parameter.block_id, {}).get(VALUE)
                )
            except BadValueError as error:
                errors[parameter.block_id] = str(error)
                continue
            if is_new:
                changes.setdefault(kind, {})[parameter.name] = value
    if not errors:
        errors = _checked(shown, changes)
    edit = Edit(drop=_dropped(shown, values), params=changes)
    if not errors and not edit.drop and not edit.params:
        errors = {first_block(shown): "Nothing is changed yet: change a value or take a lead out."}
    return edit, errors


def errors_beside(shown: Shown, sentence: str) -> Errors:
    """Put a refused edit's sentence beside the field that it is about, else the first one."""
    found = _PLACE.search(sentence)
    place = f"{found.group(1)}.{found.group(2)}" if found else ""
    named = [t for t in treated(shown) if sentence.startswith(f"{t['name']} can't stay")]
    gone = [t for t in treated(shown) if sentence.startswith(f"{t['name']} is no longer")]
    if place not in _field_ids(shown):
        place = f"{DROP}.0" if named or gone else first_block(shown)
    return {place: clip(plain(sentence), _ERROR)}


def first_block(shown: Shown) -> str:
    """Name the first field of the form."""
    return _field_ids(shown)[0]


def _kinds(shown: Shown) -> list[str]:
    return list(dict.fromkeys(action["kind"] for action in shown["actions"]))


def _field_ids(shown: Shown) -> list[str]:
    ids = [p.block_id for kind in _kinds(shown) for p in parameters(shown["actions"], kind)]
    return [*ids, f"{DROP}.0"]


def _checked(shown: Shown, changes: Mapping[str, Mapping[str, Any]]) -> Errors:
    """Have the action types look at the changed values before the desk does."""
    errors: Errors = {}
    for kind, params in changes.items():
        present = next(a["params"] for a in shown["actions"] if a["kind"] == kind)
        try:
            action_type(kind).check({**present, **params})
        except BadPlayError as error:
            errors |= errors_beside(shown, str(error))
    return errors


def _by_name(shown: Shown) -> list[dict[str, Any]]:
    return sorted(treated(shown), key=lambda target: (plain(target["name"]).lower(), target["id"]))


def _drop_menus(shown: Shown, name_length: int) -> list[Block]:
    """Build menus of a hundred leads each, in the order of their names."""
    targets = _by_name(shown)
    parts = [targets[start : start + OPTIONS] for start in range(0, len(targets), OPTIONS)]
    blocks = [header("Take leads out")]
    for number, part in enumerate(parts[:_MENUS]):
        options = [
            option(
                label(target["name"], name_length),
                # A place in this order says nothing to who reads it, and the digest holds it.
                str(number * OPTIONS + place),
            )
            for place, target in enumerate(part)
        ]
        title = "Leads to take out"
        if len(parts) > 1:
            span = f"{clip(plain(part[0]['name']), 30)} to {clip(plain(part[-1]['name']), 30)}"
            title = f"{title}: {span}"
        chooser = menu(VALUE, options, placeholder="Nobody", several=True)
        blocks.append(field(title, chooser, f"{DROP}.{number}", optional=True))
    return blocks


def _dropped(shown: Shown, values: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    targets = _by_name(shown)
    chosen = []
    for block_id, elements in values.items():
        if block_id.startswith(f"{DROP}."):
            chosen += [o["value"] for o in elements.get(VALUE, {}).get("selected_options") or ()]
    places = [int(value) for value in chosen if str(value).isdecimal()]
    return tuple(targets[place]["id"] for place in places if place < len(targets))
