"""Arguments: what a question names, such as a segment, a stage, a record, a number or a period."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import prompts
from agent.models.periods import Period, find_period
from agent.models.vocabulary import WORD, Vocabulary, words_of
from tools.content.asked import whom_in

# The name that stands for every other when a question is routed.
MASK = "Jane Smith"
# The words that stand for any product of the company.
PRODUCT = "our product"
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_FINDING = re.compile(r"\bleak_\w+\b")
_RECORD = re.compile(r"\b[A-Za-z][\w-]*:(?=[\w-]*\d)[\w-]+|\b00[0-9QDAM]\w{3,}\b")
_QUOTED = re.compile("[\"\u201c'\u2018]([^\"\u201d'\u2019]{2,60})[\"\u201d'\u2019]")
_COMPARE = re.compile(
    r"\b(?:compar\w*|versus|vs\.?|against|rest|others?|than|differ\w*|stack up)\b", re.IGNORECASE
)
# A comparison with its own past asks about one value, not about all values of its column.
_OWN_PAST = re.compile(
    r"\b(?:used to|own|past|histor\w+|earlier|before|previous\w*|usual\w*|once|formerly|ever)\b"
    r"|\blast (?:week|month|quarter|year)\b",
    re.IGNORECASE,
)
_BOOK = (
    r"(?:leads?|deals?|prospects?|accounts?|contacts?|people|opportunities|pipeline|book|portfolio)"
)
# What belongs to whoever asks: not "my team's leads", nor "my manager's".
_MINE = re.compile(
    rf"\bmy\s+(?:(?!team|rep|colleague|manager|boss|region|compan)[\w-]+\s+){{0,3}}?{_BOOK}\b"
    rf"|\b{_BOOK}\s+(?:of mine\b|(?:that )?(?:i (?:own|have|look after|work on)|"
    r"(?:are |is )?assigned to me|belong(?:ing)? to me)\b)",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"\b(?:by|per|across|between|which|what|each|every|split by|cut by|best|worst|for all|all|"
    r"how (?:do|are|did))\s+"
    r"(?:the |our |individual |different )?$",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:top|first|worst|best|next|the|list|give me|show|show me)?\s*(?P<count>\d{1,3}|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|fifty)\s+"
    r"(?:\w+\s+){0,2}?(?:leads?|people|prospects?|deals?|accounts?|contacts?|opportunities|ones)\b"
    r"|\btop\s+(?P<top>\d{1,3}|three|five|ten|twenty)\b",
    re.IGNORECASE,
)
_COUNTS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "fifty": 50,
}
_KINDS = {
    "account": "account",
    "company": "account",
    "opportunity": "opportunity",
    "deal": "opportunity",
    "contact": "person",
    "person": "person",
    "owner": "owner",
    "rep": "owner",
    "lead": "lead",
}
# Words in capitals or at the start of a sentence that are no names.
_COMMON = frozenset(prompts.examples("routing")["common_words"].split())
_TRIGGER = re.compile(
    r"\b(?:who is|who's|tell me about|know about|look ?up|who owns|who looks after|owner of|"
    r"details (?:of|on|for)|record (?:of|for)|show me|find|pull up|status of|next for|"
    r"content for|send to|send|recommend for|stage is|stage of)\s+(?:the |our |lead |account |"
    r"contact |opportunity |person )*(?P<name>[^?.,!]+)",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s+(?:account|deal|opportunity|lead|contact|next|now|today|please|right now|in|at the moment|"
    r"then|again|and .*|with .*|to .*)\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Segment:
    """A segment that a question names: a column, and a value of it where one is named."""

    column: str
    value: str | None = None


@dataclass(frozen=True)
class Arguments:
    """Hold what a question names; what it doesn't name is None."""

    segment: Segment | None = None
    stages: tuple[str, ...] = ()
    transition: tuple[str, str] | None = None
    name: str | None = None
    kind: str | None = None
    finding_id: str | None = None
    limit: int | None = None
    period: Period | None = None
    owner: str | None = None
    mine: bool = False


def extract(text: str, vocabulary: Vocabulary) -> Arguments:
    """Find what a question names."""
    stages = tuple(_stages(text, vocabulary))
    name = find_name(text, vocabulary)
    finding = _FINDING.search(text)
    # "Globex - Flow Core" is a deal: nothing is said of the product line in its name.
    proper = name is not None and name.lower() not in vocabulary.values
    rest = _spelled(name).sub(" ", text) if name and proper else text
    return Arguments(
        segment=_segment(rest, vocabulary),
        stages=stages,
        transition=_transition(stages, vocabulary),
        name=name,
        kind=_kind(text, name),
        finding_id=finding.group() if finding else None,
        limit=_limit(text),
        period=find_period(text, vocabulary.as_of),
        owner=_owner(text, name, vocabulary),
        mine=bool(_MINE.search(text)),
    )


def mask(text: str, vocabulary: Vocabulary) -> str:
    """Put one name in the place of any record that a text names.

    Whom a question is about says nothing of what it asks, yet it moves the sentence embedding.
    A single unknown word in capitals is left alone, as it may be anything ("Japan", "Jaws").
    """
    name = find_name(text, vocabulary)
    if name and _owner(text, name, vocabulary):
        # Whose leads they are says as little: "Bob's leads" ask what "my leads" do.
        words = _spelled(name).pattern
        text = re.sub(rf"\s+(?:of|owned by|belonging to)\s+{words}", "", text, flags=re.IGNORECASE)
        return re.sub(rf"{words}['\u2019]s?(?!\w)", "my", text, flags=re.IGNORECASE)
    known = name is not None and (
        " " in name
        or not name.isalpha()
        or name.lower() in vocabulary.known_names
        # "the champion at Acme": only a company has one.
        or whom_in(text, name) != name
    )
    text = _spelled(name).sub(MASK, text) if name and known else text
    own = [
        pattern
        for product in vocabulary.products
        if (pattern := re.compile(rf"(?<!\w){re.escape(product)}(?!\w)", re.IGNORECASE)).search(
            text
        )
    ]
    return own[0].sub(PRODUCT, text) if len(own) == 1 else text


def find_name(text: str, vocabulary: Vocabulary) -> str | None:
    """Find the record that a text names: an address, an id, a known name, or a proper noun."""
    for pattern in (_EMAIL, _RECORD):
        if match := pattern.search(text):
            return match.group().rstrip(".")
    if match := _QUOTED.search(text):
        return match.group(1)
    return _known(text, vocabulary) or _joined(_proper(text, vocabulary), text)


def name_after_trigger(text: str) -> str | None:
    """Find the words where a name has to stand, as in "who owns acme", written in any case."""
    match = _TRIGGER.search(text)
    if not match:
        return None
    name = match["name"].strip()
    while (shorter := _TAIL.sub("", name)) != name:
        name = shorter
    words = [word for word in name.split() if word.lower() not in _COMMON]
    return " ".join(words) or None


def _words(text: str) -> list[re.Match[str]]:
    return list(WORD.finditer(text))


def _spelled(name: str) -> re.Pattern[str]:
    """Match a name by its words, whatever stands between them."""
    words = words_of(name) if " " in name else [name]
    return re.compile(r"[\W_]+".join(map(re.escape, words)) or r"(?!)", re.IGNORECASE)


def _joined(name: str | None, text: str) -> str | None:
    """Add what a dash joins to a proper noun, as in "Acme - Flow Core"."""
    if not name:
        return None
    more = re.search(
        rf"{re.escape(name)}\s+[-\u2013\u2014]\s+[A-Z][\w&]*(?:\s+[A-Z\d][\w&]*)*", text
    )
    return more.group() if more else name


def _owner(text: str, name: str | None, vocabulary: Vocabulary) -> str | None:
    """Find the owner whose leads are meant, as in "Bob's riskiest leads" or "leads of Bob"."""
    if not name:
        return None
    words = _spelled(name).pattern
    theirs = re.search(
        rf"(?<!\w){words}['\u2019]s?\s+(?:[\w-]+\s+){{0,3}}?{_BOOK}\b"
        rf"|\b{_BOOK}\s+(?:of|owned by|belonging to)\s+{words}(?!\w)",
        text,
        re.IGNORECASE,
    )
    if not theirs:
        return None
    owner = vocabulary.owner(name)
    # Leads of an account that is known are no owner's.
    return owner or (None if " ".join(words_of(name)).lower() in vocabulary.known_names else name)


def _known(text: str, vocabulary: Vocabulary) -> str | None:
    """Find the longest known name among the runs of words, in any case."""
    words = [match.group().rstrip(".") for match in _words(text)]
    for length in range(min(vocabulary.longest_name, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            written = " ".join(words[start : start + length])
            run = written.lower()
            # A single word in lower case is more likely a word than the account of its name.
            common = length == 1 and (
                run == written or run in _COMMON or run in vocabulary.stage_words
            )
            if not common and run in vocabulary.known_names and run not in vocabulary.values:
                return vocabulary.known_names[run]
    return None


def _proper(text: str, vocabulary: Vocabulary) -> str | None:
    """Find the longest run of capitalised words that are no common words or segment values."""
    blocked = {word for value in vocabulary.values for word in value.split()}
    runs: list[list[str]] = [[]]
    last_end = None
    for match in _words(text):
        word = match.group().rstrip(".")
        low = word.lower()
        plain = low in _COMMON or low in blocked or _names_stage(low, vocabulary)
        plain = plain or word in vocabulary.parts
        gap = last_end is not None and text[last_end : match.start()] != " "
        if gap:
            runs.append([])
        if word[0].isupper() and not plain:
            runs[-1].append(word)
        else:
            runs.append([])
        last_end = match.start() + len(word)
    first = next(iter(_words(text)), None)
    # The first word of a sentence has a capital anyway, unless it is an owner's: "Maria's leads".
    opens = first is not None and bool(re.match(r"['\u2019]s\b", text[first.end() :]))
    opens = opens and first is not None and vocabulary.owner(first.group()) is not None
    named = [run for run in runs if len(run) > 1 or (first and (opens or run != [first.group()]))]
    return " ".join(max(named, key=_length, default=())) or None


def _names_stage(word: str, vocabulary: Vocabulary) -> bool:
    """Say whether a word, or a part of it as in "MQL-to-SQL", is a stage."""
    return any(part.rstrip("s") in vocabulary.stage_words for part in word.split("-"))


def _length(run: Iterable[str]) -> int:
    return len(list(run))


def _stages(text: str, vocabulary: Vocabulary) -> Iterator[str]:
    """Give the stages that a text names, in the order of naming."""
    words = vocabulary.stage_words
    names = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    pattern = re.compile(rf"\b({names})(?:s|es)?\b|\b(opportunities|inquiries)\b", re.IGNORECASE)
    for match in pattern.finditer(text):
        word = (match[1] or {"o": "opportunity", "i": "inquiry"}[match[2][0].lower()]).lower()
        if word in words:
            yield words[word]


def _transition(stages: tuple[str, ...], vocabulary: Vocabulary) -> tuple[str, str] | None:
    """Take two neighbouring stages for a transition, in whichever order they are named."""
    for pair in pairwise(stages):
        for first, second in (pair, pair[::-1]):
            if (first, second) in pairwise(vocabulary.stages):
                return first, second
    return None


def _segment(text: str, vocabulary: Vocabulary) -> Segment | None:
    """Find a segment by a value that the data has, or by a column that a cut is asked for."""
    low = text.lower()
    hits = {
        found
        for value, found in vocabulary.values.items()
        # "it" is no "IT": a value that is also a common word has to be written as the data has it.
        if (value not in _COMMON and _says(value, low)) or _says(found[1], text)
    }
    # "North America" also contains "America": the longest value is the one that was meant.
    hits = {
        (column, value)
        for column, value in hits
        if not any(value != other and value.lower() in other.lower() for _, other in hits)
    }
    hits = hits or {
        found
        for part, found in vocabulary.parts.items()
        if part not in _COMMON and _says(part, text if part.isupper() else low)
    }
    if hits:
        column, value = min(hits, key=lambda hit: list(vocabulary.segments).index(hit[0]))
        several = sum(other == column for other, _ in hits) > 1
        across = _COMPARE.search(text) and not _OWN_PAST.search(text)
        return Segment(column, None if several or across else value)
    for word, column in sorted(vocabulary.columns.items(), key=lambda item: -len(item[0])):
        plural = re.sub(r"y$", "(?:y|ies)", re.escape(word))
        for match in re.finditer(rf"\b{plural}s?\b", low):
            compared = match.group().endswith("s") and _COMPARE.search(low)
            if compared or _CUT.search(low[: match.start()]):
                return Segment(column)
    return None


def _says(value: str, text: str) -> bool:
    """Say whether a text has a value, or its plural, as words of their own."""
    return value in text and bool(re.search(rf"(?<!\w){re.escape(value)}s?(?!\w)", text))


def _kind(text: str, name: str | None) -> str | None:
    """Read the kind of record from the word beside its name."""
    if not name:
        return None
    kinds = "|".join(_KINDS)
    around = re.search(
        rf"\b(?P<a>{kinds})\s+{re.escape(name)}|{re.escape(name)}(?:['\u2019]s)?\s+(?P<b>{kinds})\b",
        text,
        re.IGNORECASE,
    )
    # "Jane's leads" speaks of the leads, not of Jane.
    return _KINDS[(around["a"] or around["b"]).lower()] if around else None


def _limit(text: str) -> int | None:
    match = _LIMIT.search(text)
    if not match:
        return None
    count = (match["count"] or match["top"]).lower()
    return int(count) if count.isdigit() else _COUNTS[count]
