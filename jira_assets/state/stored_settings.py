"""Read the settings kept in a SQLite state without SQLAlchemy: all commands need them, most need no more."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from jira_assets.errors import DamagedFile, SettingsError
from jira_assets.resource_limits import as_resource_exhausted
from jira_assets.state.sqlite_file import connect

DAMAGED_STATE = (
    "Stop what uses it (`jira-assets up`) and put back a copy from a backup. Without one, move it to another "
    "folder, with the files of its name that end with -wal and -shm, then run `jira-assets connect` and "
    "`jira-assets projects track KEY`: what was read is kept in the lake."
)
_PRIMARY_CODE = 0xFF
"""SQLite's error codes say more in the bits above these."""


def folder_remedy(folder: Path) -> str:
    """Say what to do where SQLite cannot use a file in this folder; reading writes beside the file, too."""
    return (
        f"Check that {folder} is a folder in which this user may create and change files, or select another "
        "home with --home or JIRA_ASSETS_HOME (JIRA_ASSETS_STATE_URL moves only the state)."
    )


def is_damage(error: object) -> bool:
    """Return whether SQLite says that the file itself is not what it should be."""
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def read_site_settings(file: Path) -> dict[str, str]:
    """Read the settings that stand in this state; none when it has no tables yet.

    Raises `DamagedFile` when it is no whole database, `SettingsError` when it cannot be read.
    """
    try:
        with closing(connect(file)) as connection:
            return dict(connection.execute("select name, value from site_settings"))
    except sqlite3.DatabaseError as error:
        if "no such table" in str(error):  # another process is about to create them
            return {}
        if is_damage(error):
            raise DamagedFile(f"The state database {file} is damaged: {error}.", DAMAGED_STATE) from None
        raise as_resource_exhausted(error, file) or SettingsError(
            f"The state database {file} cannot be opened: {error}.", folder_remedy(file.parent)
        ) from None
