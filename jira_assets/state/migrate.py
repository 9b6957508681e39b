"""Run the migrations that a state lacks, after a copy of it was made."""

from __future__ import annotations

import filecmp
import glob
import logging
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from jira_assets.errors import SettingsError
from jira_assets.resource_limits import as_resource_exhausted
from jira_assets.state.stored_settings import is_damage
from jira_assets.state.tables import alembic_version

_log = logging.getLogger(__name__)


COPIES_KEPT = 3


def migrate(connection: Connection, version: str, to: str = "head") -> None:
    """Bring the state up to date inside the caller's transaction: all migrations happen, or none.

    Raises `SettingsError`, which names the copy, when the database refuses a migration.
    """
    database = connection.engine.url.database
    copy = None
    if connection.dialect.name == "sqlite" and database:
        copy = back_up(Path(database), version)
        _log.info("A copy of the state from before the schema migration is in %s.", copy)
    config = alembic_config(connection)
    if not inspect(connection).has_table(alembic_version.name):
        command.stamp(config, version)
    try:
        command.upgrade(config, to)
    except DBAPIError as error:
        if is_damage(error.orig) or (copy and as_resource_exhausted(error, copy)):
            raise
        raise SettingsError(
            f"The state database could not be migrated from version {version}: {error.orig}.",
            "Nothing was changed in it, and the version of jira-assets that was used before still opens it."
            + (f" A copy of it is in {copy}." if copy else ""),
        ) from error


def back_up(file: Path, version: str) -> Path:
    """Copy an SQLite state as it was last committed, and return the copy; only its owner may read it.

    The newest copy is returned where it holds the same: attempts that fail add no further ones. Of others,
    only the newest are kept.
    """
    moment = datetime.now(UTC)
    copy = file.with_name(f"{file.name}.{version}-{moment:%Y%m%dT%H%M%S.%fZ}.backup")
    before = copies_of(file)
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.Error:
        copy.unlink()  # half a copy helps with nothing, and takes space that is missing
        raise
    if before and filecmp.cmp(before[-1], copy, shallow=False):
        copy.unlink()
        return before[-1]
    for old in [*before, copy][:-COPIES_KEPT]:
        old.unlink(missing_ok=True)
    return copy


def copies_of(file: Path) -> list[Path]:
    """List the copies that migrations have made of a state, the oldest first."""
    copies = file.parent.glob(f"{glob.escape(file.name)}.*-*.backup")
    return sorted(copies, key=lambda copy: copy.name.rpartition("-")[2])


def alembic_config(connection: Connection) -> Config:
    """Configure alembic with the place of the migrations and the connection."""
    config = Config()
    config.set_main_option("script_location", "jira_assets.state:migrations")
    config.attributes["connection"] = connection
    return config
