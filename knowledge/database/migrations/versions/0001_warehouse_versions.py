"""Warehouse versions: one row pins a Delta version of every table."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "warehouse_version",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("load_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("tables", sa.JSON, nullable=False),
        sa.Column("meta", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("warehouse_version")
