"""Plays: proposals, approvals, actions, the audit chain and the kill switch."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "play",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
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
        sa.Column("thread", sa.String, nullable=False),
    )
    op.create_index("ix_play_state", "play", ["state"])
    op.create_table(
        "play_target",
        sa.Column("play_id", sa.String, sa.ForeignKey("play.id"), primary_key=True),
        sa.Column("target", sa.String, primary_key=True),
        sa.Column("arm", sa.String, nullable=False),
        sa.Column("claim", sa.String, unique=True),
    )
    op.create_table(
        "approval",
        sa.Column("play_id", sa.String, sa.ForeignKey("play.id"), primary_key=True),
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("approver", sa.String, primary_key=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("via", sa.String, nullable=False),
        sa.Column("reason", sa.String),
    )
    op.create_table(
        "action",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("play_id", sa.String, sa.ForeignKey("play.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("direction", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("started_at", sa.String),
        sa.Column("finished_at", sa.String),
        sa.Column("verified_at", sa.String),
        sa.Column("receipt", sa.JSON),
        sa.Column("note", sa.String),
        sa.UniqueConstraint("play_id", "direction", "position", name="uq_action_place"),
    )
    op.create_index("ix_action_play_id", "action", ["play_id"])
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("play_id", sa.String),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("prev_hash", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
    op.create_index("ix_audit_play_id", "audit", ["play_id"])
    op.create_table(
        "control",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_refuses_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )


def downgrade() -> None:
    for table in ("control", "audit", "action", "approval", "play_target", "play"):
        op.drop_table(table)
