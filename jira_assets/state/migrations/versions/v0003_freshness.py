"""When projects were probed and why they failed, syncs that people ask for, and what Jira's API cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns and the two tables; what was kept so far says nothing about either."""
    op.add_column("sync_records", sa.Column("probed_at", TIME))
    op.add_column("sync_records", sa.Column("error_kind", sa.String))
    op.add_column("sync_records", sa.Column("inactive_since", TIME))
    op.create_table(
        "sync_requests",
        sa.Column("request_id", sa.Integer, primary_key=True),
        sa.Column("project_id", sa.String),
        sa.Column("requested_at", TIME, nullable=False),
    )
    op.create_table(
        "points_spent",
        sa.Column("hour", TIME, primary_key=True),
        sa.Column("points", sa.Integer, nullable=False),
    )
