"""Failures: which are worth another try, and how each is noted without anybody's words."""

import http.client
import logging
import secrets
import sqlite3
import ssl
import traceback
from pathlib import Path
from urllib.error import URLError

import sqlalchemy as sa
from slack_sdk.errors import SlackApiError

from agent.slack.text import clip

_TRANSPORT = (URLError, ConnectionError, TimeoutError, http.client.HTTPException, ssl.SSLError)
_LOCKED = (sa.exc.OperationalError, sa.exc.TimeoutError, sqlite3.OperationalError)
_PASSING = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "internal_error",
        "service_unavailable",
        "fatal_error",
        "request_timeout",
        # A stream that could not be ended yet; it is ended at the next try.
        "streaming_state_conflict",
    }
)
_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429
_SENTENCE = 300
SORRY = "Something went wrong on my side and nothing was changed; try again. (Reference {})"


def passes(error: Exception) -> bool:
    """Tell whether an error is likely to pass: Slack is out of reach, or a lock is held."""
    if isinstance(error, SlackApiError):
        status = error.response.status_code
        return status >= _SERVER_ERROR or status == _TOO_MANY_REQUESTS or code_of(error) in _PASSING
    return isinstance(error, (*_TRANSPORT, *_LOCKED))


def code_of(error: SlackApiError) -> str:
    """Give Slack's name of an error."""
    answer = error.response.data
    return str(answer.get("error")) if isinstance(answer, dict) else "no answer"


def described(error: Exception) -> str:
    """Describe an error in one line: its type, where it arose and what it said.

    Of Slack's answer only the error's name is given, of the database's only the kind of error:
    either could repeat what people wrote.
    """
    if isinstance(error, SlackApiError):
        said = f"{code_of(error)} from {error.response.api_url}"
    elif isinstance(error, sa.exc.SQLAlchemyError):
        said = str(getattr(error, "orig", None) or "")
    else:
        said = str(error)
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return clip(f"{type(error).__name__}{where}: {' '.join(said.split())}", _SENTENCE)


def note_bug(log: logging.Logger, what: str, error: Exception) -> str:
    """Log an error that will not pass; give the reference that its log line carries."""
    reference = secrets.token_hex(4)
    log.error("%s failed for good (reference %s): %s", what, reference, described(error))
    log.debug("reference %s", reference, exc_info=error)
    return reference
