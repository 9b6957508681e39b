"""The connected site, the credential for it, and tracked projects that belong to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add both tables; the projects tracked so far belong to the one site there was."""
    sites = op.create_table(
        "sites",
        sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("cloud_id", sa.String, unique=True),
        sa.Column("url", sa.String),
        sa.Column("name", sa.String),
        sa.Column("connected_at", TIME),
    )
    op.bulk_insert(sites, [{"site_id": 1}])
    op.create_table(
        "credentials",
        sa.Column("site_id", sa.Integer, sa.ForeignKey("sites.site_id"), primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("account_id", sa.String, nullable=False),
        sa.Column("display_name", sa.String, nullable=False),
        sa.Column("email", sa.String),
        sa.Column("client_id", sa.String),
        sa.Column("scopes", sa.String),
        sa.Column("through_gateway", sa.Boolean, nullable=False),
        sa.Column("secrets", sa.String, nullable=False),
        sa.Column("consented_at", TIME, nullable=False),
        sa.Column("refreshed_at", TIME, nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("consent_lost_at", TIME),
        sa.Column("consent_lost_why", sa.String),
    )
    _let_projects_belong_to_the_site()
    op.drop_table("schema_version")


def _let_projects_belong_to_the_site() -> None:
    # Neither database changes a primary key in place the same way; a new table does it on both.
    op.create_table(
        "tracked_projects_of_sites",
        sa.Column("site_id", sa.Integer, sa.ForeignKey("sites.site_id"), primary_key=True),
        sa.Column("project_id", sa.String, primary_key=True),
        sa.Column("project_key", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("story_points_field", sa.String),
        sa.Column("sprint_field", sa.String),
        sa.Column("tracked_at", TIME, nullable=False),
        sa.Column("untracked_at", TIME),
    )
    columns = (
        "project_id, project_key, name, is_active, story_points_field, sprint_field, tracked_at, untracked_at"
    )
    op.execute(
        f"insert into tracked_projects_of_sites (site_id, {columns}) "
        f"select 1, {columns} from tracked_projects"
    )
    op.drop_table("tracked_projects")
    op.rename_table("tracked_projects_of_sites", "tracked_projects")
