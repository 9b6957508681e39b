"""Run the migrations that a state lacks, after a copy of it was made."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect

from jira_assets.state.tables import alembic_version

_log = logging.getLogger(__name__)


def migrate(connection: Connection, version: str, to: str = "head") -> None:
    """Bring the state up to date inside the caller's transaction: all migrations happen, or none."""
    database = connection.engine.url.database
    if connection.dialect.name == "sqlite" and database:
        copy = back_up(Path(database), version)
        _log.info("A copy of the state from before the schema migration is in %s.", copy)
    config = alembic_config(connection)
    if not inspect(connection).has_table(alembic_version.name):
        command.stamp(config, version)
    command.upgrade(config, to)


def back_up(file: Path, version: str) -> Path:
    """Copy an SQLite state as it was last committed; only its owner may read the copy."""
    moment = datetime.now(UTC)
    copy = file.with_name(f"{file.name}.{version}-{moment:%Y%m%dT%H%M%S.%fZ}.backup")
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.Error:
        copy.unlink()  # half a copy helps with nothing, and takes space that is missing
        raise
    return copy


def alembic_config(connection: Connection) -> Config:
    """Tell alembic where the migrations are and which connection to use."""
    config = Config()
    config.set_main_option("script_location", "jira_assets.state:migrations")
    config.attributes["connection"] = connection
    return config
