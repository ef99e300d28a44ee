"""Named: the people and accounts that a message names, as the directory knows them."""

import re
from collections.abc import Iterable

from tools.crm.directory import Entry

_WORD = re.compile(r"[^\W_][\w&.-]*(?:['\u2019](?!s\b)\w+)*")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_KINDS = frozenset({"lead", "person", "account"})
_LONGEST = 5
_MOST = 5
_SHORTEST = 4


def named_in(text: str, entries: Iterable[Entry]) -> list[str]:
    """Find whom a message names, in the order of naming, people before accounts.

    Args:
        text: The message.
        entries: Records that the reader may see.

    Returns:
        Up to five e-mail addresses and names, as they are spelled in the data.
    """
    people: dict[str, str] = {}
    accounts: dict[str, str] = {}
    emails: set[str] = set()
    for entry in entries:
        if entry.kind not in _KINDS:
            continue
        if entry.email:
            emails.add(entry.email)
        if len(entry.name) >= _SHORTEST:
            known = accounts if entry.kind == "account" else people
            known[entry.name.casefold()] = entry.name
    found = [address for address in _EMAIL.findall(text) if address.lower() in emails]
    runs = list(_runs(text))
    found += [people[run] for run in runs if run in people]
    found += [accounts[run] for run in runs if run in accounts]
    return list(dict.fromkeys(found))[:_MOST]


def _runs(text: str) -> Iterable[str]:
    """Give runs of words that begin with a capital, the longer ones first at each place."""
    words = [match.group().rstrip(".") for match in _WORD.finditer(text)]
    for start, word in enumerate(words):
        if word[0].isupper() or word[0].isdigit():
            for end in range(min(start + _LONGEST, len(words)), start, -1):
                yield " ".join(words[start:end]).casefold()
