"""Problems that were noticed and reported, and messages about them that wait to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the two tables."""
    op.create_table(
        "alerts",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("about", sa.String, primary_key=True),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("remedy", sa.String, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("noticed_at", TIME, nullable=False),
        sa.Column("cleared_at", TIME),
        sa.Column("sent_at", TIME),
    )
    op.create_table(
        "alert_messages",
        sa.Column("message_id", sa.Integer, primary_key=True),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("is_recovery", sa.Boolean, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", TIME, nullable=False),
    )
