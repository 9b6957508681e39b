"""Create the tables of a new state, once, whoever comes first; refuse one that is newer than this code."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, insert, inspect, select, text

from jira_assets.errors import SettingsError
from jira_assets.state.tables import metadata, schema_version

SCHEMA_VERSION = 1
_SCHEMA_LOCK = 54_672_031  # any number, as long as it is always the same: the key of an advisory lock


def create_schema(engine: Engine) -> None:
    """Create what is missing; raises `SettingsError` for a state of a later version."""
    if engine.dialect.name == "sqlite":
        _write_ahead(engine)
    with engine.connect() as connection:
        if inspect(connection).has_table(schema_version.name):
            return _check_version(connection)
    with engine.connect().execution_options(state_writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":  # SQLite lets one writer in at a time anyway
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})
        metadata.create_all(connection)
        if not connection.scalar(select(schema_version.c.version)):
            connection.execute(insert(schema_version).values(version=SCHEMA_VERSION))
    return None


def _write_ahead(engine: Engine) -> None:
    raw = engine.raw_connection()
    try:
        mode = raw.cursor().execute("pragma journal_mode").fetchone()
        if mode != ("wal",):
            raw.cursor().execute("pragma journal_mode = wal")
    finally:
        raw.close()


def _check_version(connection: Connection) -> None:
    version = connection.scalar(select(schema_version.c.version))
    if version is not None and version > SCHEMA_VERSION:
        raise SettingsError(
            f"The state database is of version {version}; this jira-assets knows up to {SCHEMA_VERSION}.",
            "Use the newer jira-assets that wrote it.",
        )
