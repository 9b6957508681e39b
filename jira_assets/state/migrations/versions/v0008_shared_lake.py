"""The documents and leases of a lake that hosts share; SQLite has the tables, and nothing in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jira_assets.state.tables import UtcTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables, and the sequence where the database has any."""
    op.create_table(
        "lake_documents",
        sa.Column("lake", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "lake_leases",
        sa.Column("lake", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("since", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
    )
    op.create_table(
        "lake_trash",
        sa.Column("lake", sa.String, primary_key=True),
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("unnamed_at", UtcTime, nullable=False),
    )
    op.create_index("lake_trash_owner", "lake_trash", ["lake", "owner"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.CreateSequence(sa.Sequence("lake_tokens")))
