"""What alembic runs; the connection comes from `migrate.py`, with a transaction that is open already."""

from __future__ import annotations

from alembic import context

from jira_assets.state.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
