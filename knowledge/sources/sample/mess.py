"""What makes the data untidy: typos, name variants, blanks, and rows that can't be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from knowledge.sources.sample.columns import Flags, Texts, some, stream
from knowledge.sources.sample.company import Companies
from knowledge.sources.sample.people import People

_LEGAL: Final = (" Inc", ", Inc.", " Ltd", " GmbH", " LLC", " Co.", " Corp")
_VARIED = 0.22  # share of leads whose company is written in another way
_SHOUTED = 0.015  # share of addresses in capitals
_SAME_ADDRESS = 0.6  # of the duplicates
_TYPO_IN_NAME = 0.3  # of the duplicates


@dataclass(frozen=True)
class Shown:
    """Hold names and addresses of the leads as somebody typed them; blanks as flags."""

    first: Texts
    last: Texts
    email: Texts
    company: Texts
    no_industry: Flags
    no_persona: Flags
    no_region: Flags
    no_size: Flags
    no_score: Flags


def untidy(seed: int, people: People, companies: Companies) -> Shown:
    """Write the leads down as people and forms do."""
    rng = stream(seed, "mess")
    count = len(people.created)
    duplicate = people.duplicate
    first, last = people.first.astype("U24"), people.last.astype("U24")
    email, company = people.email.astype("U96"), companies.name[people.company].astype("U72")
    for row in np.flatnonzero(duplicate & (rng.random(count) < _TYPO_IN_NAME)):
        last[row] = _typo(rng, str(last[row]))
    for row in np.flatnonzero(duplicate & (rng.random(count) >= _SAME_ADDRESS)):
        name, host = str(email[row]).split("@")
        other = (_typo(rng, name), f"{first[row][0]}{people.last[row]}".lower())
        email[row] = f"{other[rng.integers(2)]}@{host}"
    for row in np.flatnonzero(rng.random(count) < _SHOUTED):
        email[row] = str(email[row]).upper()
    varied = rng.random(count) < np.where(duplicate, 2 * _VARIED, _VARIED)
    for row in np.flatnonzero(varied):
        company[row] = _variant(rng, str(company[row]))
    company[people.free_mail & some(rng, 0.4, count)] = ""
    return Shown(
        first,
        last,
        email,
        company,
        *(rng.random(count) < share for share in (0.07, 0.03, 0.012, 0.05, 0.03)),
    )


def _typo(rng: np.random.Generator, word: str) -> str:
    """Swap two letters, drop one or double one."""
    place = int(rng.integers(0, max(1, len(word) - 1)))
    kind = int(rng.integers(3))
    if kind == 0:
        return word[:place] + word[place + 1 : place + 2] + word[place] + word[place + 2 :]
    return word[:place] + (word[place] * 2 if kind == 1 else "") + word[place + 1 :]


def _variant(rng: np.random.Generator, name: str) -> str:
    """Write a company's name in another way."""
    kind = int(rng.integers(6))
    legal = name + _LEGAL[int(rng.integers(len(_LEGAL)))]
    return {0: name.upper(), 1: name.lower(), 2: _typo(rng, name)}.get(kind, legal)


# Lines that no reader can use as they are: broken exports, impossible dates, cut-off records.
BROKEN: Final[dict[str, tuple[str, ...]]] = {
    "salesforce/lead_history.csv": (
        "0178d0000999001AAA,00Q8d0000999001AAA,Status",
        "0178d0000999002AAA,00Q8d0000999002AAA,Status,New,Unqualified,2026-02-30 25:61:00,,",
        "0178d0000999003AAA,00Q8d0000999003AAA,Status,New,Unqualified,0000-00-00 00:00:00,,",
    ),
    "marketing/activities.jsonl": (
        '{"id":99900001,"leadId":1000012,"activityDate":"2026-03-1',
        "<html><body>502 Bad Gateway</body></html>",
        '{"id":99900002,"leadId":1000013,"activityDate":"31/31/2026","activityType":"Open Email"}',
    ),
    "product/events.jsonl": (
        '{"event_id":"evt-99900001","user_id":"u-100003","event":"login","timestamp":',
        '{"event_id":"evt-99900002","user_id":"u-100004","event":"login","timestamp":"yesterday"}',
    ),
}
# Leads of a failed import: a date that is none, too few fields.
BROKEN_LEADS: Final = (
    ("00Q8d0000999011AAA", "2026-13-45 10:00:00"),
    ("00Q8d0000999012AAA", "n/a"),
    ("00Q8d0000999013AAA", None),
)


def spoil(path: Path, lines: Sequence[str]) -> None:
    """Put broken lines into the middle of a file of lines."""
    whole = path.read_bytes()
    cut = whole.index(b"\n", len(whole) * 2 // 5) + 1
    inserted = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(whole[:cut] + inserted + whole[cut:])
