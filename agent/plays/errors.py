"""Errors of the play protocol."""

from knowledge.errors import BadInputError, WeirError


class PlayError(WeirError):
    """Report that a play could not be drafted, found or run."""


class BadPlayError(BadInputError):
    """Report a play, template or change that can't be used as it is."""


class UnfitTargetError(BadPlayError):
    """Report that an action makes no sense for one target, which others need not share."""


class PolicyError(BadInputError):
    """Report a policy file that can't be used as it is."""


class PlayHeldError(Exception):
    """Stop a run that must go on later: kill switch, shutdown, or a CRM that did not answer."""


class LeaseLostError(Exception):
    """Stop a run because another worker has taken the play over."""
