"""The policy: which people may approve, edit, undo and stop, closed by default."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agent.plays.errors import PolicyError
from agent.plays.play import Play, canonical
from agent.plays.stamps import spoken

DEFAULT_POLICY = Path(__file__).with_name("policy.yaml")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(_Part):
    """Name a person and their roles."""

    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    name: str = Field(min_length=1)
    roles: frozenset[str]


class Tier(_Part):
    """Bound what a tier takes in, and say who approves it and who is reminded when.

    Attributes:
        remind_hours: Hours after the draft, or the last edit, at which those who have not decided
            are reminded.
        escalate_hours: Hours after which people with a role of ``escalate_to`` are told.
    """

    actions: frozenset[str]
    max_targets: int = Field(ge=1)
    max_value: float | None = Field(default=None, gt=0)
    approvers: frozenset[str] = Field(min_length=1)
    quorum: int = Field(ge=1)
    self_approval: bool
    expires_hours: float = Field(gt=0)
    remind_hours: tuple[Annotated[float, Field(gt=0)], ...] = ()
    escalate_hours: float | None = Field(default=None, gt=0)
    escalate_to: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _asks_in_time(self) -> Self:
        for hours in self.remind_hours:
            if hours >= self.expires_hours:
                raise ValueError(
                    f"a reminder after {hours:g} hours would come too late, because plays of this "
                    f"tier expire after {self.expires_hours:g}"
                )
        if (self.escalate_hours is None) != (not self.escalate_to):
            raise ValueError("escalate_hours and escalate_to go together; give both or neither")
        if self.escalate_hours is not None and self.escalate_hours >= self.expires_hours:
            raise ValueError(
                f"an escalation after {self.escalate_hours:g} hours would come too late, because "
                f"plays of this tier expire after {self.expires_hours:g}"
            )
        return self


class Access(_Part):
    """Say which roles see the company's data, and which only what is theirs."""

    all: frozenset[str] = frozenset({"manager", "revops"})
    own: frozenset[str] = frozenset({"sales"})


class Caps(_Part):
    """Bound what plays may do at all."""

    targets_per_play: int = Field(ge=1)
    writes_per_day: int = Field(ge=1)
    messages_per_person_per_week: int = Field(default=2, ge=0)


class Policy(_Part):
    """Hold the whole policy; anything it does not allow is refused."""

    version: int
    people: tuple[Person, ...]
    tiers: dict[str, Tier] = Field(min_length=1)
    edit: frozenset[str]
    undo: frozenset[str]
    kill_switch: frozenset[str]
    writable_fields: frozenset[str]
    caps: Caps
    # A policy that was written before there was this part means the same as the packaged one.
    access: Access = Access()

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        emails = [p.email.casefold() for p in self.people]
        for email in emails:
            if emails.count(email) > 1:
                raise ValueError(f"{email} is listed twice")
        for name, tier in self.tiers.items():
            able = [p for p in self.people if p.roles & tier.approvers]
            if len(able) < tier.quorum:
                raise ValueError(
                    f"tier '{name}' needs {tier.quorum} approvals, but only {len(able)} people "
                    f"have one of its roles ({', '.join(sorted(tier.approvers))})"
                )
            for role in sorted(tier.escalate_to):
                if not any(role in p.roles for p in self.people):
                    raise ValueError(f"tier '{name}' escalates to {role}, and nobody has this role")
        return self

    @cached_property
    def label(self) -> str:
        """Tell policies apart in the ledger and the audit log."""
        text = canonical(_plain(self.model_dump()))
        return f"{self.version}:{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def person(self, email: str) -> Person | None:
        """Find a person by e-mail, in any spelling of case."""
        wanted = email.strip().casefold()
        return next((p for p in self.people if p.email.casefold() == wanted), None)

    def called(self, email: str) -> str:
        """Name a person as others know them."""
        person = self.person(email)
        return person.name if person else email

    def tier_for(self, kinds: frozenset[str], targets: int, value: float) -> str | None:
        """Find the mildest tier that takes a play in, or None where no tier does."""
        for name, tier in self.tiers.items():
            fits_value = tier.max_value is None or value <= tier.max_value
            if kinds <= tier.actions and targets <= tier.max_targets and fits_value:
                return name
        return None

    def tier_of(self, play: Play) -> str | None:
        """Find the tier that a play falls into under this policy."""
        kinds = frozenset(a.kind for a in play.actions)
        treated = sum(t.arm == "treatment" for t in play.targets)
        return self.tier_for(kinds, treated, play.value)

    def refusal(self, email: str, play: Play) -> str | None:
        """Say why a person may not approve a play, or None where they may."""
        tier = self.tiers.get(play.tier)
        if tier is None:
            return f"the policy has no tier '{play.tier}' any more"
        person = self.person(email)
        if person is None:
            return f"{email} is not in the policy"
        if not person.roles & tier.approvers:
            return (
                f"{person.name} has the role {_either(person.roles)}, and plays of tier "
                f"'{play.tier}' are approved by {_either(tier.approvers)}"
            )
        authors = {a.casefold() for a in play.authors}
        if not tier.self_approval and person.email.casefold() in authors:
            return f"{person.name} wrote this play, and tier '{play.tier}' needs a second person"
        return None

    def allows(self, what: frozenset[str], email: str) -> bool:
        """Tell whether a person has one of the roles."""
        person = self.person(email)
        return person is not None and bool(person.roles & what)

    def allows_author(self, email: str, play: Play) -> bool:
        """Tell whether somebody wrote a play and may approve it all the same.

        Who may approve their own play may also edit it, and take back what it wrote.
        """
        tier = self.tiers.get(play.tier)
        is_author = email.casefold() in {author.casefold() for author in play.authors}
        alone = tier is not None and tier.self_approval and tier.quorum == 1
        return alone and is_author and self.refusal(email, play) is None

    def approvers(self, play: Play) -> list[Person]:
        """List who may approve a play."""
        return [p for p in self.people if self.refusal(p.email, play) is None]

    def explain(self, play: Play) -> str:
        """Say in words who may approve a play, how many of them are needed, and until when."""
        if play.tier not in self.tiers:
            return f"Nobody can approve this play: the policy has no tier '{play.tier}' any more."
        able = self.approvers(play)
        quorum = self.tiers[play.tier].quorum
        if len(able) < quorum:
            return (
                f"Nobody can approve this play as things stand: tier '{play.tier}' needs "
                f"{quorum}, and {len(able)} may. Change the policy or let someone else draft it."
            )
        names = " or ".join(f"{p.name} <{p.email}>" for p in able)
        count = "One approval is" if quorum == 1 else f"{quorum} approvals are"
        return (
            f"{count} needed (tier '{play.tier}'), from {names}, until {spoken(play.expires_at)}."
        )


def load_policy(home: Path) -> Policy:
    """Read WEIR_HOME/policy.yaml, or the default policy where there is none."""
    own = home / "policy.yaml"
    return read_policy(own if own.exists() else DEFAULT_POLICY)


def read_policy(path: Path) -> Policy:
    """Read and check a policy file.

    Raises:
        PolicyError: The file can't be read or breaks a rule; one sentence with the place.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Policy.model_validate(content)
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"The policy {path} can't be read: {error}.") from error
    except yaml.YAMLError as error:
        detail = " ".join(str(error).split())
        raise PolicyError(f"The policy {path} is not valid YAML: {detail}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        where = f", {place}" if place else ""
        raise PolicyError(f"The policy {path}{where}: {message}.") from error


def _either(roles: frozenset[str]) -> str:
    return " or ".join(sorted(roles)) or "none"


def _plain(value: object) -> object:
    """Give sets an order, so that equal policies have equal text in every process."""
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, dict):
        return [[key, _plain(item)] for key, item in value.items()]
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
