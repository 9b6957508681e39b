"""The requests in flight of hosts that share a lake; SQLite has the table, and nothing in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "request_shares",
        sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("shares", sa.String, nullable=False),
    )
