"""Slack: the inbox, users, buttons, cards, answers, feedback, alerts and preferences.

Beside them what plays and content learn from people there: attention and judgements.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "slack_inbox",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("actor", sa.String),
        sa.Column("lane", sa.String),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("received_at", sa.String, nullable=False),
        sa.Column("due_at", sa.String, nullable=False),
        sa.Column("lease_owner", sa.String),
        sa.Column("lease_until", sa.String),
        sa.Column("finished_at", sa.String),
        sa.Column("answer", sa.JSON),
        sa.Column("note", sa.String),
    )
    op.create_index("ix_slack_inbox_state_due_at", "slack_inbox", ["state", "due_at"])
    op.create_index("ix_slack_inbox_lane", "slack_inbox", ["lane", "state"])
    op.create_table(
        "slack_user",
        sa.Column("team", sa.String, primary_key=True),
        sa.Column("user", sa.String, primary_key=True),
        sa.Column("email", sa.String),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("standing", sa.String, nullable=False),
        sa.Column("fetched_at", sa.String, nullable=False),
    )
    op.create_index("ix_slack_user_email", "slack_user", ["email"])
    op.create_table(
        "slack_button",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.UniqueConstraint("team", "what", "subject", name="uq_slack_button_subject"),
    )
    op.create_table(
        "slack_card",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("play_id", sa.String, nullable=False),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("ts", sa.String),
        sa.Column("thread_ts", sa.String),
        sa.Column("place", sa.String, nullable=False),
        sa.Column("recipient", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("shown", sa.String),
        sa.Column("told", sa.JSON, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("updated_at", sa.String, nullable=False),
        sa.UniqueConstraint("play_id", "team", "channel", "place", name="uq_slack_card_place"),
    )
    op.create_index("ix_slack_card_play_id", "slack_card", ["play_id"])
    op.create_table(
        "slack_answer",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("team", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("thread_ts", sa.String, nullable=False),
        sa.Column("ts", sa.String),
        sa.Column("asked_by", sa.String, nullable=False),
        sa.Column("question", sa.String, nullable=False),
        sa.Column("answer", sa.JSON),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("finished_at", sa.String),
    )
    op.create_index("ix_slack_answer_thread", "slack_answer", ["team", "channel", "thread_ts"])
    op.create_table(
        "feedback",
        sa.Column("answer_id", sa.String, primary_key=True),
        sa.Column("by", sa.String, primary_key=True),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("question", sa.String, nullable=False),
        sa.Column("answer", sa.JSON, nullable=False),
        sa.Column("at", sa.String, nullable=False),
    )
    op.create_table(
        "slack_alert",
        sa.Column("signal", sa.String, primary_key=True),
        sa.Column("team", sa.String, primary_key=True),
        sa.Column("recipient", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("message", sa.String),
        sa.Column("channel", sa.String),
        sa.Column("ts", sa.String),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("sent_at", sa.String),
        sa.Column("snoozed_until", sa.String),
        sa.Column("acted_at", sa.String),
        sa.Column("acted", sa.String),
    )
    op.create_index("ix_slack_alert_state", "slack_alert", ["state", "kind"])
    op.create_table(
        "slack_preference",
        sa.Column("team", sa.String, primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )
    op.create_table(
        "slack_lease",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("until", sa.String, nullable=False),
        sa.Column("ran_at", sa.String),
    )
    # The three tables of slack_sdk's installation and state stores, as these describe them.
    op.create_table(
        "slack_bots",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("client_id", sa.String(32), nullable=False),
        sa.Column("app_id", sa.String(32), nullable=False),
        sa.Column("enterprise_id", sa.String(32)),
        sa.Column("enterprise_name", sa.String(200)),
        sa.Column("team_id", sa.String(32)),
        sa.Column("team_name", sa.String(200)),
        sa.Column("bot_token", sa.String(200)),
        sa.Column("bot_id", sa.String(32)),
        sa.Column("bot_user_id", sa.String(32)),
        sa.Column("bot_scopes", sa.String(1000)),
        sa.Column("bot_refresh_token", sa.String(200)),
        sa.Column("bot_token_expires_at", sa.DateTime),
        sa.Column("is_enterprise_install", sa.Boolean, nullable=False),
        sa.Column("installed_at", sa.DateTime, nullable=False),
    )
    op.create_index(
        "slack_bots_idx",
        "slack_bots",
        ["client_id", "enterprise_id", "team_id", "installed_at"],
    )
    op.create_table(
        "slack_installations",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("client_id", sa.String(32), nullable=False),
        sa.Column("app_id", sa.String(32), nullable=False),
        sa.Column("enterprise_id", sa.String(32)),
        sa.Column("enterprise_name", sa.String(200)),
        sa.Column("enterprise_url", sa.String(200)),
        sa.Column("team_id", sa.String(32)),
        sa.Column("team_name", sa.String(200)),
        sa.Column("bot_token", sa.String(200)),
        sa.Column("bot_id", sa.String(32)),
        sa.Column("bot_user_id", sa.String(32)),
        sa.Column("bot_scopes", sa.String(1000)),
        sa.Column("bot_refresh_token", sa.String(200)),
        sa.Column("bot_token_expires_at", sa.DateTime),
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("user_token", sa.String(200)),
        sa.Column("user_scopes", sa.String(1000)),
        sa.Column("user_refresh_token", sa.String(200)),
        sa.Column("user_token_expires_at", sa.DateTime),
        sa.Column("incoming_webhook_url", sa.String(200)),
        sa.Column("incoming_webhook_channel", sa.String(200)),
        sa.Column("incoming_webhook_channel_id", sa.String(200)),
        sa.Column("incoming_webhook_configuration_url", sa.String(200)),
        sa.Column("is_enterprise_install", sa.Boolean, nullable=False),
        sa.Column("token_type", sa.String(32)),
        sa.Column("installed_at", sa.DateTime, nullable=False),
    )
    op.create_index(
        "slack_installations_idx",
        "slack_installations",
        ["client_id", "enterprise_id", "team_id", "user_id", "installed_at"],
    )
    op.create_table(
        "slack_oauth_states",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("state", sa.String(200), nullable=False),
        sa.Column("expire_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "play_attention",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("play_id", sa.String, sa.ForeignKey("play.id")),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("person", sa.String),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("until", sa.String),
        sa.Column("reason", sa.String),
    )
    op.create_index("ix_play_attention_play_id", "play_attention", ["play_id"])
    op.create_table(
        "content_judgement",
        sa.Column("content_id", sa.String, primary_key=True),
        sa.Column("entity", sa.String, primary_key=True),
        sa.Column("by", sa.String, primary_key=True),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("at", sa.String, nullable=False),
    )


def downgrade() -> None:
    for table in (
        "content_judgement",
        "play_attention",
        "slack_oauth_states",
        "slack_installations",
        "slack_bots",
        "slack_lease",
        "slack_preference",
        "slack_alert",
        "feedback",
        "slack_answer",
        "slack_card",
        "slack_button",
        "slack_user",
        "slack_inbox",
    ):
        op.drop_table(table)
