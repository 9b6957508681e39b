"""Create the tables of a new state, bring an older one up to date, refuse one that is newer than this code.

The first process to open a state does it; the others wait. alembic is imported only when there is
something to do.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, insert, inspect, select, text

from jira_assets.errors import SettingsError
from jira_assets.state.models import FIRST_SITE
from jira_assets.state.sqlite_file import Snapshot
from jira_assets.state.tables import alembic_version, metadata, sites

SCHEMA_VERSION = "0009"
_SCHEMA_LOCK = 54_672_031  # any number, as long as it is always the same: the key of an advisory lock
_BEFORE_ALEMBIC = "0001"


def prepare_schema(engine: Engine) -> None:
    """Make the schema today's; raises `SettingsError` for a state of a later version."""
    if engine.dialect.name == "sqlite":
        _write_ahead(engine)
    with engine.connect() as connection:
        if _is_current(_version(connection)):
            return
    with engine.connect().execution_options(state_writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":  # SQLite lets one writer in at a time anyway
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})
        version = _version(connection)
        if version is None:
            _create(connection)
        elif not _is_current(version):
            from jira_assets.state.migrate import migrate  # late: alembic costs half a start

            migrate(connection, version)


def _version(connection: Connection) -> str | None:
    tables = inspect(connection)
    if tables.has_table(alembic_version.name):
        return connection.scalar(select(alembic_version.c.version_num))
    return _BEFORE_ALEMBIC if tables.has_table("schema_version") else None


def _is_current(version: str | None) -> bool:
    if version is not None and version > SCHEMA_VERSION:
        raise SettingsError(
            f"The state database has version {version}, but this jira-assets supports versions up "
            f"to {SCHEMA_VERSION}.",
            "Use the newer jira-assets version that wrote it, or restore the copy that was made "
            "before the migration.",
        )
    return version == SCHEMA_VERSION


def _create(connection: Connection) -> None:
    metadata.create_all(connection)
    connection.execute(insert(sites).values(site_id=FIRST_SITE, grant_id=FIRST_SITE))
    connection.execute(insert(alembic_version).values(version_num=SCHEMA_VERSION))


def _write_ahead(engine: Engine) -> None:
    raw = engine.raw_connection()
    try:
        if isinstance(raw.dbapi_connection, Snapshot):
            return
        mode = raw.cursor().execute("pragma journal_mode").fetchone()
        if mode != ("wal",):
            raw.cursor().execute("pragma journal_mode = wal")
    finally:
        raw.close()
