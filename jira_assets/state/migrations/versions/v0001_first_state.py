"""The tables that states had before they were migrated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables of tracked projects, outcomes, team, decisions, pauses and settings."""
    op.create_table("schema_version", sa.Column("version", sa.Integer, primary_key=True))
    op.create_table(
        "tracked_projects",
        sa.Column("project_id", sa.String, primary_key=True),
        sa.Column("project_key", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("story_points_field", sa.String),
        sa.Column("sprint_field", sa.String),
        sa.Column("tracked_at", TIME, nullable=False),
        sa.Column("untracked_at", TIME),
    )
    op.create_table(
        "sync_records",
        sa.Column("project_id", sa.String, primary_key=True),
        sa.Column("project_key", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("last_sync_at", TIME),
        sa.Column("last_success_at", TIME),
        sa.Column("watermark", TIME),
        sa.Column("issues", sa.Integer, nullable=False),
        sa.Column("issues_synced", sa.Integer, nullable=False),
        sa.Column("issues_created", sa.Integer, nullable=False),
        sa.Column("issues_updated", sa.Integer, nullable=False),
        sa.Column("issues_deleted", sa.Integer, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("errors", sa.Integer, nullable=False),
        sa.Column("last_error", sa.String),
        sa.Column("last_instruction", sa.String),
        sa.Column("proved_complete_at", TIME),
        sa.Column("missing_issues", sa.Integer),
    )
    op.create_table(
        "team_members",
        sa.Column("member_id", sa.String, primary_key=True),
        sa.Column("display_name", sa.String, nullable=False),
        sa.Column("email", sa.String),
        sa.Column("jira_account_id", sa.String),
        sa.Column("imported_at", TIME, nullable=False),
    )
    op.create_table(
        "user_overrides",
        sa.Column("account_id", sa.String, primary_key=True),
        sa.Column("member_id", sa.String),
        sa.Column("decided_at", TIME, nullable=False),
    )
    op.create_table(
        "pauses",
        sa.Column("scope", sa.String, primary_key=True),
        sa.Column("until", TIME, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
    )
    op.create_table(
        "site_settings",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
