"""Redaction: hide personal data from a hosted model and put it back in what it returns."""

import hashlib
import re
import secrets
from collections import OrderedDict
from functools import partial

_PATTERNS = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "phone": re.compile(
        r"(?<![\w.])(?:\+\d[\d\s().-]{7,}\d|\(\d{3}\)\s?\d{3}-\d{4}|\d{3}[-.]\d{3}[-.]\d{4})(?!\w)"
    ),
    "card": re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w.])"),
    "ip": re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"),
}
_TOKEN = re.compile(r"\[(?:email|phone|card|ip)-[0-9a-f]{8}\]")
_LONGEST_TOKEN = len("[phone-00000000]")
# Enough for every person that a few hundred turns can name.
_KEPT = 20_000


class Redactor:
    """Replace personal data by tokens that mean the same thing for as long as a process lives."""

    def __init__(self) -> None:
        # A secret of this process, so that a token can't be reversed by hashing likely addresses.
        self._secret = secrets.token_bytes(16)
        self._hidden: OrderedDict[str, str] = OrderedDict()

    def hide(self, text: str) -> str:
        """Replace e-mail addresses, telephone and card numbers and IP addresses by tokens."""
        for kind, pattern in _PATTERNS.items():
            text = pattern.sub(partial(self._replace, kind), text)
        return text

    def restore(self, text: str) -> str:
        """Put back what the tokens in a text stand for."""
        return _TOKEN.sub(lambda match: self._hidden.get(match.group(), match.group()), text)

    def _replace(self, kind: str, match: re.Match[str]) -> str:
        return self._token(kind, match.group())

    def _token(self, kind: str, value: str) -> str:
        if kind == "card" and not _is_card(value):
            return value
        digest = hashlib.blake2b(value.encode(), key=self._secret, digest_size=4).hexdigest()
        token = f"[{kind}-{digest}]"
        self._hidden[token] = value
        self._hidden.move_to_end(token)
        if len(self._hidden) > _KEPT:
            self._hidden.popitem(last=False)
        return token


class Restorer:
    """Put personal data back into a stream, where a token may arrive in pieces."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""

    def feed(self, text: str) -> str:
        """Take the next piece and give what can be shown of it by now."""
        text = self._held + text
        start = text.rfind("[")
        open_ = start >= 0 and "]" not in text[start:] and len(text) - start < _LONGEST_TOKEN
        self._held = text[start:] if open_ else ""
        return self._redactor.restore(text[:start] if open_ else text)

    def close(self) -> str:
        """Give what was held back at the end of the stream."""
        held, self._held = self._held, ""
        return self._redactor.restore(held)


def _is_card(value: str) -> bool:
    """Check the Luhn digit, so that long ids and figures are left alone."""
    digits = [int(char) for char in reversed(value) if char.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
