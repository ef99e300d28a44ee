"""Asked: split "the champion at Acme after yesterday's demo" into whom, where and what for."""

import re
from dataclasses import dataclass

_AFTER = re.compile(
    r"(?:^|[\s,]+)(?:right |straight |just |now )?(?:after|following|since|on the heels of)\s+"
    r"(?P<what>\S.*)$",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^(?:to|for)?\s*(?:the|our|their|a|an|my|some)\s+", re.IGNORECASE)
_AT = re.compile(
    r"^(?P<role>[^,@]{2,60}?)(?:,|\s+(?:over\s+)?(?:at|from|of|in|with))\s+(?:the\s+)?"
    r"(?P<account>\S.*)$",
    re.IGNORECASE,
)
_OF = re.compile(r"^(?P<account>\S.{0,80}?)['\u2019]s?\s+(?P<role>[^,@]{2,60})$", re.IGNORECASE)
_QUESTION = re.compile(
    r"(?:\bto|\bfor|\bwith|\bfits?|\bsuits?|\bgive|\bsend|\boffer|\bshow)\s+"
    r"(?P<role>(?:the|our|their|an?|my|some(?:one|body)?|any(?:one|body)?)"
    r"(?:\s+(?!to\b|for\b|with\b)[\w/-]+){0,4}?)\s+(?:over\s+)?(?:at|from|of|in)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_OWNED = re.compile(r"^['\u2019]s?\s+(?P<role>[\w/-]+(?:\s+[\w/-]+){0,2})", re.IGNORECASE)
# After "Acme's" stands as often what somebody has ("Jane's situation") as who is there.
_IS_ROLE = re.compile(
    r"\b(?:champions?|contacts?|buyers?|sponsors?|boss|chief|c[a-z]o|ciso|vp|presidents?|founders?|"
    r"heads?|directors?|managers?|leads?|leaders?|admins?|engineers?|architects?|analysts?|users?|"
    r"owners?|makers?|executives?|people|persons?|team|someone|somebody|anyone|security|technical|"
    r"it|finance|procurement|purchasing|operations|ops|compliance|legal|marketing|sales)\b",
    re.IGNORECASE,
)
_NO_ROLE = re.compile(
    r"\b(?:after|following|since|next|now|today|account|deal)\b.*$", re.IGNORECASE
)


@dataclass(frozen=True)
class Asked:
    """Hold whom somebody asks for.

    Attributes:
        name: The person, or the account where a role was named.
        role: What they are there, such as ``champion``.
        after: What just happened, in the words that were used.
    """

    name: str
    role: str | None = None
    after: str | None = None


def read_asked(text: str, after: str | None = None) -> Asked:
    """Read what somebody typed for a name."""
    found = _AFTER.search(text)
    if found:
        after = after or found["what"].strip(" .?!")
        text = text[: found.start()]
    whom = _LEADING.sub("", text.strip(" .,?!")).strip()
    for pattern in (_AT, _OF):
        if match := pattern.match(whom):
            return Asked(match["account"].strip(), match["role"].strip(), after)
    return Asked(whom or text.strip(), None, after)


def whom_in(question: str, name: str) -> str:
    """Give whom a question asks for, with the role that stands before or after a name in it.

    Args:
        question: Such as "what should I send to the champion at Acme after yesterday's demo?".
        name: The name that it has, such as "Acme".

    Returns:
        Such as "champion at Acme"; the name alone where no role is named.
    """
    place = question.lower().find(name.lower())
    if place < 0:
        return name
    before, behind = question[:place], question[place + len(name) :]
    match = _QUESTION.search(before)
    role = match["role"] if match else None
    if role is None and (owned := _OWNED.match(behind)):
        role = _NO_ROLE.sub("", owned["role"]).strip()
        role = role if _IS_ROLE.search(role) else None
    role = _LEADING.sub("", f"{role} ").strip() if role else None
    return f"{role} at {name}" if role else name


def after_in(question: str) -> str | None:
    """Give what a question says just happened."""
    found = _AFTER.search(question)
    return found["what"].strip(" .?!") if found else None
