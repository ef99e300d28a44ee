"""Errors that reach a user: each carries one sentence that says what to do."""


class WeirError(Exception):
    """Report that something could not be done (exit code 1)."""


class BadInputError(WeirError):
    """Report input that can't be used as it is (exit code 2)."""
