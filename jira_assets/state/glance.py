"""Read the settings kept in a SQLite state without SQLAlchemy: all commands need them, most need no more."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from jira_assets.errors import SettingsError


def read_site_settings(file: Path) -> dict[str, str]:
    """Read the settings that stand in this state; none when it has no tables yet."""
    with closing(sqlite3.connect(file, timeout=30)) as connection:
        try:
            return dict(connection.execute("select name, value from site_settings"))
        except sqlite3.DatabaseError as error:
            if "no such table" in str(error):  # another process is about to create them
                return {}
            raise SettingsError(
                f"The state {file} cannot be read: {error}.",
                "Restore it from a copy, or set JIRA_ASSETS_HOME to another folder.",
            ) from None
