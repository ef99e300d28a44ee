"""Tables of the play ledger; migration 0002 creates them, a test holds both equal."""

import sqlalchemy as sa

METADATA = sa.MetaData()

# ``document`` is the play as JSON; the columns beside it are what the protocol decides by.
PLAY = sa.Table(
    "play",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("state", sa.String, nullable=False, index=True),
    sa.Column("digest", sa.String, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("expires_at", sa.String, nullable=False),
    sa.Column("decided_by", sa.String),
    sa.Column("decided_at", sa.String),
    sa.Column("finished_at", sa.String),
    sa.Column("note", sa.String),
    sa.Column("lease_owner", sa.String),
    sa.Column("lease_until", sa.String),
    # Whether its LangGraph thread still has to be started or closed.
    sa.Column("thread", sa.String, nullable=False),
)

# One row for each target of an open play. ``claim`` is unique while the play is open and null
# afterwards, so two open plays can never hold one record, whoever drafts at the same moment.
PLAY_TARGET = sa.Table(
    "play_target",
    METADATA,
    sa.Column("play_id", sa.String, sa.ForeignKey("play.id"), primary_key=True),
    sa.Column("target", sa.String, primary_key=True),
    sa.Column("arm", sa.String, nullable=False),
    sa.Column("claim", sa.String, unique=True),
)

# Approvals are bound to a digest: an edit leaves them behind without deleting history.
APPROVAL = sa.Table(
    "approval",
    METADATA,
    sa.Column("play_id", sa.String, sa.ForeignKey("play.id"), primary_key=True),
    sa.Column("digest", sa.String, primary_key=True),
    sa.Column("approver", sa.String, primary_key=True),
    sa.Column("at", sa.String, nullable=False),
    sa.Column("via", sa.String, nullable=False),
    sa.Column("reason", sa.String),
)

# One row a write, forward ("do") or back ("undo"), under the key that travels to the CRM.
ACTION = sa.Table(
    "action",
    METADATA,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("play_id", sa.String, sa.ForeignKey("play.id"), nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("direction", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("started_at", sa.String),
    sa.Column("finished_at", sa.String),
    sa.Column("verified_at", sa.String),
    sa.Column("receipt", sa.JSON(none_as_null=True)),
    sa.Column("note", sa.String),
    sa.UniqueConstraint("play_id", "direction", "position", name="uq_action_place"),
)

AUDIT = sa.Table(
    "audit",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String, nullable=False),
    sa.Column("who", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("play_id", sa.String, index=True),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("prev_hash", sa.String, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
)

# Switches and marks: the kill switch, and the head of the audit chain.
CONTROL = sa.Table(
    "control",
    METADATA,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

# What asks for people's attention, or spares them it: snoozed, reminded, escalated, handed over,
# requested again. Nothing here decides about a play. ``person`` is whom it concerns, from ``at``
# until ``until``; only a standing hand-over (somebody is away) belongs to no play.
ATTENTION = sa.Table(
    "play_attention",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("play_id", sa.String, sa.ForeignKey("play.id"), index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("person", sa.String),
    sa.Column("at", sa.String, nullable=False),
    sa.Column("until", sa.String),
    sa.Column("reason", sa.String),
)
