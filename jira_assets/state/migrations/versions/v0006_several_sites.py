"""Several sites in one home: short names, credentials that sites share, and a ledger of points for each.

Ids of projects carry the name of their site from now on; those of the first site stay as they are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the connected site the first one, and its credential the first grant."""
    op.add_column("sites", sa.Column("short_name", sa.String))
    op.add_column("sites", sa.Column("grant_id", sa.Integer, nullable=False, server_default="1"))
    op.create_index("sites_short_name", "sites", ["short_name"], unique=True)
    _replace(
        "credentials",
        sa.Column("grant_id", sa.Integer, primary_key=True, autoincrement=False),
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
    _replace(
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
    _replace(
        "points_spent",
        sa.Column("hour", TIME, primary_key=True),
        sa.Column("grant_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("points", sa.Integer, nullable=False),
    )
    # A request for all projects is one for each site: that of the first has the empty id.
    op.execute("update sync_requests set project_id = '' where project_id is null")


def _replace(table: str, *columns: sa.Column[object]) -> None:
    """Copy a table into one with these columns.

    Neither database changes a primary key in place the same way; a new table does it on both.
    """
    names = [column.name for column in columns]
    sources = ["1" if name == "grant_id" else name for name in names]
    op.create_table(f"new_{table}", *columns)
    op.execute(f"insert into new_{table} ({', '.join(names)}) select {', '.join(sources)} from {table}")
    op.drop_table(table)
    op.rename_table(f"new_{table}", table)
