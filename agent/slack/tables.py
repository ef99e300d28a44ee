"""Tables of the Slack surface; migration 0003 creates them, a test holds both equal.

Slack itself remembers little that can be relied on: what came in, where a card stands and what a
button means is kept here, so that a restart forgets nothing and two processes agree.
"""

import sqlalchemy as sa

METADATA = sa.MetaData()

# Everything that came in, once: the key is Slack's own id of the event or click, so a redelivery
# finds its row. Work is claimed from here, by whichever process is free.
INBOX = sa.Table(
    "slack_inbox",
    METADATA,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("team", sa.String, nullable=False),
    sa.Column("actor", sa.String),
    # What must happen in order, such as the messages of one thread; null where nothing must.
    sa.Column("lane", sa.String),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("received_at", sa.String, nullable=False),
    sa.Column("due_at", sa.String, nullable=False),
    sa.Column("lease_owner", sa.String),
    sa.Column("lease_until", sa.String),
    sa.Column("finished_at", sa.String),
    # What a modal was answered, to answer its redelivery alike.
    sa.Column("answer", sa.JSON(none_as_null=True)),
    sa.Column("note", sa.String),
    sa.Index("ix_slack_inbox_state_due_at", "state", "due_at"),
    sa.Index("ix_slack_inbox_lane", "lane", "state"),
)

# Who a Slack user is, as Slack last said.
USER = sa.Table(
    "slack_user",
    METADATA,
    sa.Column("team", sa.String, primary_key=True),
    sa.Column("user", sa.String, primary_key=True),
    sa.Column("email", sa.String, index=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("time_zone", sa.String, nullable=False),
    sa.Column("standing", sa.String, nullable=False),
    sa.Column("fetched_at", sa.String, nullable=False),
)

# What the opaque id on a button stands for.
BUTTON = sa.Table(
    "slack_button",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("team", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("created_at", sa.String, nullable=False),
    sa.UniqueConstraint("team", "what", "subject", name="uq_slack_button_subject"),
)

# Where a card about a play stands, and which form of it is shown there.
CARD = sa.Table(
    "slack_card",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("play_id", sa.String, nullable=False, index=True),
    sa.Column("team", sa.String, nullable=False),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("ts", sa.String),
    sa.Column("thread_ts", sa.String),
    # ``channel``, ``person`` (a direct message) or ``thread`` and its ts (a conversation).
    sa.Column("place", sa.String, nullable=False),
    sa.Column("recipient", sa.String),
    # ``posting`` from before the message is sent until its ts is known, ``shown``, or ``gone``.
    sa.Column("state", sa.String, nullable=False),
    sa.Column("shown", sa.String),
    # What was told in the card's own thread so far: progress, receipt, reminders.
    sa.Column("told", sa.JSON, nullable=False),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("updated_at", sa.String, nullable=False),
    sa.UniqueConstraint("play_id", "team", "channel", "place", name="uq_slack_card_place"),
)

# Answers that were given, for the evidence behind them and for feedback.
ANSWER = sa.Table(
    "slack_answer",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("team", sa.String, nullable=False),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("thread_ts", sa.String, nullable=False),
    sa.Column("ts", sa.String),
    sa.Column("asked_by", sa.String, nullable=False),
    sa.Column("question", sa.String, nullable=False),
    sa.Column("answer", sa.JSON(none_as_null=True)),
    # ``streaming``, ``done``, ``stopped`` or ``failed``.
    sa.Column("state", sa.String, nullable=False),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("finished_at", sa.String),
    sa.Index("ix_slack_answer_thread", "team", "channel", "thread_ts"),
)

# What people thought of answers.
FEEDBACK = sa.Table(
    "feedback",
    METADATA,
    sa.Column("answer_id", sa.String, primary_key=True),
    sa.Column("by", sa.String, primary_key=True),
    sa.Column("verdict", sa.String, nullable=False),
    sa.Column("reason", sa.String),
    sa.Column("question", sa.String, nullable=False),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("at", sa.String, nullable=False),
)

# Every alert for every recipient, whether it was sent, held back or acted upon.
ALERT = sa.Table(
    "slack_alert",
    METADATA,
    sa.Column("signal", sa.String, primary_key=True),
    sa.Column("team", sa.String, primary_key=True),
    # A user id or a channel id.
    sa.Column("recipient", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    # ``waiting``, ``sending``, ``sent``, ``digest`` (kept for the morning), ``snoozed``, or
    # ``dropped`` where the recipient wants none or may see none any more.
    sa.Column("state", sa.String, nullable=False),
    sa.Column("message", sa.String),
    sa.Column("channel", sa.String),
    sa.Column("ts", sa.String),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("sent_at", sa.String),
    sa.Column("snoozed_until", sa.String),
    sa.Column("acted_at", sa.String),
    sa.Column("acted", sa.String),
    sa.Index("ix_slack_alert_state", "state", "kind"),
)

# What a person, or a workspace under the subject ``*``, has set.
PREFERENCE = sa.Table(
    "slack_preference",
    METADATA,
    sa.Column("team", sa.String, primary_key=True),
    sa.Column("subject", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

# Which process does a background job just now.
LEASE = sa.Table(
    "slack_lease",
    METADATA,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("owner", sa.String, nullable=False),
    sa.Column("until", sa.String, nullable=False),
    sa.Column("ran_at", sa.String),
)
