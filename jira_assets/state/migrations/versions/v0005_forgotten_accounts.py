"""Accounts whose names and addresses are not kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "forgotten_accounts",
        sa.Column("account_id", sa.String, primary_key=True),
        sa.Column("forgotten_at", TIME, nullable=False),
        sa.Column("erased_at", TIME),
    )
